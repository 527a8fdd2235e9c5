#pragma once
// A certificate for a redis-server of a test.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace drishti::cache::redis::testing {

/// A certificate for localhost and 127.0.0.1 that signed itself.
struct Certificate {
  Certificate() {
    char name[] = "/tmp/drishti-tls-XXXXXX";
    directory = ::mkdtemp(name);
    const std::string make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=redis "
                             "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
                             key() + " -out " + file() + " 2>/dev/null";
    if (std::system(make.c_str()) != 0) ADD_FAILURE() << "openssl made no certificate";
  }
  ~Certificate() { std::filesystem::remove_all(directory); }
  std::string file() const { return directory + "/cert.pem"; }
  std::string key() const { return directory + "/key.pem"; }
  /// Of a redis-server that speaks TLS on PORT, beside its plain one.
  std::vector<std::string> options(std::uint16_t port) const {
    return {"--tls-port", std::to_string(port), "--tls-cert-file", file(), "--tls-key-file", key(),
            "--tls-ca-cert-file", file(), "--tls-auth-clients", "no"};
  }
  std::string directory;
};

}  // namespace drishti::cache::redis::testing
