#pragma once
// Certificates that the openssl command makes, in a folder of their own.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace drishti::testing {

class OpensslFiles {
 public:
  OpensslFiles() {
    char name[] = "/tmp/drishti-certificates-XXXXXX";
    directory_ = ::mkdtemp(name);
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));  // the workers are another user
    run("req -x509 " + new_key + " -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem");
  }
  ~OpensslFiles() { std::filesystem::remove_all(directory_); }
  OpensslFiles(const OpensslFiles&) = delete;
  OpensslFiles& operator=(const OpensslFiles&) = delete;

  /// NAME.pem and NAME.key, signed by the authority. DAYS: valid for so many, negative: expired.
  void make(const std::string& name, const std::string& alternative_names, int days = 2) {
    run("req " + new_key + " -nodes -subj /CN=" + name + " -addext subjectAltName=" + alternative_names + " -keyout " +
        name + ".key -out " + name + ".csr");
    run("x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -days " +
        std::to_string(days) + " -out " + name + ".pem");
    std::filesystem::permissions(file(name + ".key"), std::filesystem::perms(0644));
  }
  /// Encrypts NAME.key.
  void encrypt_key(const std::string& name, const std::string& passphrase) {
    run("ec -aes256 -passout pass:" + passphrase + " -in " + name + ".key -out " + name + ".encrypted");
    std::filesystem::rename(file(name + ".encrypted"), file(name + ".key"));
  }
  /// crl.pem, with NAME in it.
  void revoke(const std::string& name) {
    std::system(("cd " + directory_ + " && touch index.txt && echo 01 > crlnumber && printf '" +
                 "[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index.txt\\ncrlnumber=crlnumber\\ndefault_md=sha256\\n" +
                 "default_crl_days=2\\n' > ca.conf").c_str());
    run("ca -config ca.conf -keyfile ca.key -cert ca.pem -revoke " + name + ".pem");
    run("ca -config ca.conf -keyfile ca.key -cert ca.pem -gencrl -out crl.pem");
  }
  std::string file(const std::string& name) const { return directory_ + "/" + name; }

 private:
  inline static const std::string new_key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
  void run(const std::string& arguments) {
    const std::string command = "cd " + directory_ + " && openssl " + arguments + " 2> log || { cat log; exit 1; }";
    if (std::system(command.c_str()) != 0) ADD_FAILURE() << "openssl " << arguments;
  }
  std::string directory_;
};

}  // namespace drishti::testing
