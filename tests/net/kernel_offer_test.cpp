// A connection that is offered to a kernel which does not take it. What one that takes it does: kernel_tls_test.cpp.

#include "kernel_offer_pair.hpp"

namespace drishti::net {
namespace {

TEST_F(KernelOfferTest, WhatTheKernelDoesNotTakeIsAsIfNothingHadBeenOffered) {
  shake_hands_with_offer();  // without the option
  EXPECT_FALSE(server.tls()->settle_offer());
  EXPECT_FALSE(server.tls()->kernel_sends());
  EXPECT_EQ(SSL_get_wfd(server.tls()->ssl()), -1);
  const std::string text = pattern(3 << 20);
  std::string received;
  IoResult sent, last;
  run(send_and_close(server, text, sent), receive(client, text.size() + 1, 200'000, received, last));
  EXPECT_TRUE(received == text);
  EXPECT_EQ(last.status, IoStatus::eof);
}

TEST_F(KernelOfferTest, ASecondOfferChangesNothing) {
  start_server_tls();
  server.tls()->offer_to_kernel();
  const BIO* first = SSL_get_wbio(server.tls()->ssl());
  server.tls()->offer_to_kernel();
  EXPECT_EQ(SSL_get_wbio(server.tls()->ssl()), first);
}

// The certificates are longer than what the sockets hold: OpenSSL has to be called again when there is room.
TEST_F(KernelOfferTest, AHandshakeWaitsForRoomInTheSocket) {
  buffer = 2048;
  for (int i = 0; i < 250; ++i)
    SSL_CTX_add1_chain_cert(server_context.get(), SSL_CTX_get0_certificate(server_context.get()));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(client_context.get(), version);
    connect_again();
    shake_hands_with_offer();
    std::string received;
    IoResult sent, last;
    run(send(server, "after it", sent), receive(client, 8, 64, received, last));
    EXPECT_EQ(received, "after it") << version;
  }
}

TEST_F(KernelOfferTest, ARefusedHandshakeTellsTheClientWhy) {
  SSL_CTX_set_max_proto_version(server_context.get(), TLS1_2_VERSION);
  SSL_CTX_set_min_proto_version(client_context.get(), TLS1_3_VERSION);
  start_server_tls();
  server.tls()->offer_to_kernel();
  start_client_tls();
  IoResult as_server, as_client;
  run(shake(server, as_server), shake(client, as_client));
  EXPECT_EQ(as_server.status, IoStatus::failed);
  EXPECT_NE(client.tls()->error().find("alert protocol version"), std::string::npos) << client.tls()->error();
}

TEST_F(KernelOfferTest, OnlyARoomySendBufferIsFitForIt) {
  EXPECT_TRUE(has_room_for_records(server.fd()));
  buffer = 20'000;
  connect_again();
  EXPECT_FALSE(has_room_for_records(server.fd()));
}

}  // namespace
}  // namespace drishti::net
