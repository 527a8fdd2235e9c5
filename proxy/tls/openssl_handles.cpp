#include "tls/openssl_handles.hpp"

#include <openssl/err.h>

namespace drishti::tls {

std::string take_openssl_errors() {
  std::string text;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    if (text.size() > 1024) continue;
    char buffer[256];
    ERR_error_string_n(code, buffer, sizeof buffer);
    text.append(text.empty() ? " (SSL: " : " ").append(buffer);
    if ((flags & ERR_TXT_STRING) != 0 && *data != '\0') text.append(":").append(data);
  }
  return text.empty() ? text : text + ")";
}

BioPtr open_file(const std::string& path, const std::string& failure) {
  ERR_clear_error();
  BioPtr file(BIO_new_file(path.c_str(), "r"));
  if (!file) throw TlsError(failure);
  return file;
}

}  // namespace drishti::tls
