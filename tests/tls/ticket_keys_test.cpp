#include "tls/ticket_keys.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "tests/support/test_certificates.hpp"
#include "tls/openssl_handles.hpp"

namespace drishti::tls {
namespace {

using std::chrono::hours;
using testing::write_file;

struct Ticket {
  unsigned char name[16], iv[16];
};

class Context {
 public:
  Context() : cipher_(EVP_CIPHER_CTX_new()), mac_(EVP_MAC_CTX_new(hmac())) {}
  ~Context() {
    EVP_CIPHER_CTX_free(cipher_);
    EVP_MAC_CTX_free(mac_);
  }
  static EVP_MAC* hmac() {
    static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    return mac;
  }
  Ticket encrypt(TicketKeys& keys) {
    Ticket ticket;
    EXPECT_EQ(keys.encrypt(ticket.name, ticket.iv, cipher_, mac_), 1);
    return ticket;
  }
  int decrypt(TicketKeys& keys, const Ticket& ticket) { return keys.decrypt(ticket.name, ticket.iv, cipher_, mac_); }

 private:
  EVP_CIPHER_CTX* cipher_;
  EVP_MAC_CTX* mac_;
};

TEST(TicketKeys, OfThePresentAreTakenAndOldOnesRenewed) {
  const auto start = TicketKeys::Clock::now();
  TicketKeys keys(start);
  Context context;
  const Ticket ticket = context.encrypt(keys);
  EXPECT_EQ(context.decrypt(keys, ticket), 1);
  keys.rotate(start + hours(7));
  EXPECT_EQ(context.decrypt(keys, ticket), 1);
  keys.rotate(start + hours(8));
  EXPECT_EQ(context.decrypt(keys, ticket), 2);
  keys.rotate(start + hours(16));
  EXPECT_EQ(context.decrypt(keys, ticket), 2);
  keys.rotate(start + hours(24));
  EXPECT_EQ(context.decrypt(keys, ticket), 0);
}

TEST(TicketKeys, OfAnotherProcessAreUnknown) {
  TicketKeys ours, theirs;
  Context context;
  EXPECT_EQ(context.decrypt(ours, context.encrypt(theirs)), 0);
}

class TicketKeyFiles : public ::testing::Test {
 protected:
  TicketKeyFiles() {
    char name[] = "/tmp/drishti-tickets-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~TicketKeyFiles() override { std::filesystem::remove_all(directory_); }
  std::string file(const std::string& name, std::size_t size, char first) const {
    std::string bytes(size, first);
    write_file(directory_ + "/" + name, bytes);
    return directory_ + "/" + name;
  }
  std::string directory_;
};

TEST_F(TicketKeyFiles, AreSharedBetweenMachinesAndTheFirstOneEncrypts) {
  const std::string a = file("a", 80, 'a'), b = file("b", 48, 'b');
  TicketKeys one({a, b}), other({b, a});
  Context context;
  EXPECT_EQ(context.decrypt(other, context.encrypt(one)), 2);
  EXPECT_EQ(context.decrypt(one, context.encrypt(one)), 1);
  one.rotate(TicketKeys::Clock::now() + hours(100));
  EXPECT_EQ(context.decrypt(other, context.encrypt(one)), 2);
}

TEST_F(TicketKeyFiles, HaveOneOfTwoSizes) {
  for (const std::size_t size : {0, 47, 49, 79, 81})
    EXPECT_THROW(TicketKeys({file("x", size, 'x')}), TlsError) << size;
}

}  // namespace
}  // namespace drishti::tls
