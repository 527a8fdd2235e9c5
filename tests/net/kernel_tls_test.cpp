// TLS whose records the kernel makes. These tests need a kernel with TLS; tests/scripts/ktls_test boots one.

#include <cstdlib>
#include <vector>

#include "kernel_offer_pair.hpp"
#include "net/kernel_tls.hpp"

namespace drishti::net {
namespace {

struct Suite {
  int version;
  const char* cipher;  ///< of TLS 1.2
  const char* suite;   ///< of TLS 1.3
};

struct KernelTls : KernelOfferTest, ::testing::WithParamInterface<Suite> {
  void SetUp() override {
    KernelOfferTest::SetUp();
    SSL_CTX_set_options(server_context.get(), SSL_OP_ENABLE_KTLS | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_max_proto_version(client_context.get(), GetParam().version);
    SSL_CTX_set_cipher_list(client_context.get(), GetParam().cipher);
    SSL_CTX_set_ciphersuites(client_context.get(), GetParam().suite);
    shake_hands_with_offer();
    ASSERT_TRUE(server.tls()->settle_offer());
    ASSERT_TRUE(server.tls()->kernel_sends());
  }
  /// A file without a name.
  static int file_of(const std::string& text) {
    char name[] = "/tmp/drishti-file-XXXXXX";
    const int file = ::mkstemp(name);
    ::unlink(name);
    EXPECT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    return file;
  }
  static Task<void> send_file_and_close(Stream& stream, int file, std::size_t size, IoResult& result) {
    result = co_await stream.send_file(file, 10, size - 10, milliseconds(5000));
    ::close(file);
    stream.close();
  }
  /// The client asks for ANSWERED keys, and says something.
  void update_keys(int answered) {
    ASSERT_EQ(SSL_key_update(client.tls()->ssl(), answered), 1);
    std::string received;
    IoResult sent, last;
    run(send(client, "new keys", sent), receive(server, 8, 64, received, last));
    ASSERT_EQ(received, "new keys");
  }
};

TEST_P(KernelTls, CarriesMoreThanTheSocketHolds) {
  const std::string text = pattern(8 << 20);
  std::string received;
  IoResult sent, last;
  run(send(server, text, sent), receive(client, text.size(), 200'000, received, last));
  EXPECT_EQ(sent.bytes, text.size());
  EXPECT_TRUE(received == text);
}

TEST_P(KernelTls, AnswersWhatTheClientSends) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{16384}, std::size_t{100'000}}) {
    const std::string text = pattern(size);
    std::string up, down;
    IoResult sent, last;
    run(send(client, text, sent), receive(server, size, 200'000, up, last));
    run(send(server, up, sent), receive(client, size, 200'000, down, last));
    EXPECT_TRUE(down == text) << size;
  }
}

// The last record that a full socket takes is cut in two: closing must not overtake its rest.
TEST_P(KernelTls, WhatAFullSocketTookArrivesThoughItIsClosed) {
  const std::string text = pattern(64 << 20);
  std::size_t taken = 0;
  for (std::size_t part = 1; part > 0; taken += part) {
    iovec piece{const_cast<char*>(text.data()) + taken, 16 << 10};
    part = server.try_write(&piece, 1).bytes;
  }
  EXPECT_TRUE(server.has_unsent());
  std::string received;
  IoResult sent, last;
  run(send_and_close(server, "", sent), receive(client, text.size(), 200'000, received, last));
  EXPECT_EQ(received.size(), taken);
  EXPECT_TRUE(received == text.substr(0, taken));
  EXPECT_EQ(last.status, IoStatus::eof) << "close_notify";
}

TEST_P(KernelTls, WhatWasWrittenArrivesThoughItIsClosedAtOnce) {
  const std::string text = pattern(4 << 20);
  std::string received;
  IoResult sent, last;
  run(send_and_close(server, text, sent), receive(client, text.size() + 1, 3000, received, last));
  EXPECT_EQ(received.size(), text.size());
  EXPECT_TRUE(received == text);
  EXPECT_EQ(last.status, IoStatus::eof) << "close_notify";
}

TEST_P(KernelTls, SendsAFileAndClosesAtOnce) {
  const std::string text = pattern(6'000'001);
  std::string received;
  IoResult sent, last;
  run(send_file_and_close(server, file_of(text), text.size(), sent),
      receive(client, text.size(), 3000, received, last));
  EXPECT_EQ(sent.bytes, text.size() - 10);
  EXPECT_TRUE(received == text.substr(10));
  EXPECT_EQ(last.status, IoStatus::eof) << "close_notify";
}

TEST_P(KernelTls, TellsOfAFileThatIsShorter) {
  const std::string text = pattern(1000);
  std::string received;
  IoResult sent, last;
  run(send_file_and_close(server, file_of(text), 2000, sent), receive(client, 2000, 3000, received, last));
  EXPECT_EQ(sent.status, IoStatus::eof);
  EXPECT_TRUE(received == text.substr(10));
}

TEST_P(KernelTls, MovesToAnotherOwner) {
  Stream moved = std::move(server);
  std::string received;
  IoResult sent, last;
  run(send_and_close(moved, "from the new one", sent), receive(client, 100, 64, received, last));
  EXPECT_EQ(received, "from the new one");
  EXPECT_EQ(last.status, IoStatus::eof);
}

TEST_P(KernelTls, AClientThatLeavesEndsAWrite) {
  const std::string text = pattern(16 << 20);
  const auto leave = [](Stream& stream) -> Task<void> {
    std::string space(1000, '\0');
    co_await stream.read_some(space, milliseconds(5000));
    stream.reset_on_close();
    stream.close();
  };
  IoResult sent;
  run(send(server, text, sent), leave(client));
  EXPECT_EQ(sent.status, IoStatus::failed);
}

TEST_P(KernelTls, RefusesRenegotiation) {
  if (GetParam().version != TLS1_2_VERSION) GTEST_SKIP() << "TLS 1.3 has none";
  const auto renegotiate = [](Stream& stream) -> Task<void> {
    SSL_set_verify_result(stream.tls()->ssl(), X509_V_OK);
    EXPECT_EQ(SSL_renegotiate(stream.tls()->ssl()), 1);
    std::string text;
    IoResult result;
    co_await send(stream, "x", result);
    co_await receive(stream, 1, 64, text, result);
    stream.close();
  };
  std::string received;
  IoResult last;
  run(receive(server, 1, 64, received, last), renegotiate(client));
  EXPECT_NE(client.tls()->error().find("no renegotiation"), std::string::npos) << client.tls()->error();
}

TEST_P(KernelTls, KeysOfTheClientAloneMayChange) {
  if (GetParam().version != TLS1_3_VERSION) GTEST_SKIP() << "TLS 1.2 has no KeyUpdate";
  update_keys(SSL_KEY_UPDATE_NOT_REQUESTED);
  std::string received;
  IoResult sent, last;
  run(send(server, "old keys", sent), receive(client, 8, 64, received, last));
  EXPECT_EQ(received, "old keys");
}

// RFC 8446 4.6.3. The kernel has no way to take new keys; a record under old ones would be a bad one.
TEST_P(KernelTls, AnEndFollowsWhenTheClientWantsNewKeysOfUs) {
  if (GetParam().version != TLS1_3_VERSION) GTEST_SKIP() << "TLS 1.2 has no KeyUpdate";
  update_keys(SSL_KEY_UPDATE_REQUESTED);
  std::string received;
  IoResult sent, last, heard;
  run(receive(server, 1, 64, received, last), receive(client, 1, 64, received, heard));
  EXPECT_EQ(last.status, IoStatus::failed);
  EXPECT_NE(server.tls()->error().find("KeyUpdate"), std::string::npos) << server.tls()->error();
  EXPECT_EQ(received, "");
  EXPECT_EQ(heard.status, IoStatus::eof) << "close_notify: " << client.tls()->error();
  run(send(server, "old keys", sent), receive(client, 8, 64, received, heard));
  EXPECT_EQ(sent.status, IoStatus::failed);
}

/// None where the kernel has no TLS.
std::vector<Suite> suites() {
  if (!kernel_has_tls()) return {};
  return {{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"},
          {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_AES_128_GCM_SHA256"},
          {TLS1_3_VERSION, "DEFAULT", "TLS_AES_256_GCM_SHA384"},
          {TLS1_3_VERSION, "DEFAULT", "TLS_CHACHA20_POLY1305_SHA256"}};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(KernelTls);
INSTANTIATE_TEST_SUITE_P(
    Suites, KernelTls, ::testing::ValuesIn(suites()),
    [](const auto& used) {
      const std::string name = used.param.version == TLS1_2_VERSION ? used.param.cipher : used.param.suite;
      std::string text;
      for (const char c : name)
        if (c != '-' && c != '_') text += c;
      return text;
    });

}  // namespace
}  // namespace drishti::net
