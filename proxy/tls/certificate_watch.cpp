#include "tls/certificate_watch.hpp"

#include <sys/stat.h>

namespace drishti::tls {

std::vector<std::string> files_of(const conf::SslSettings& settings) {
  std::vector<std::string> files{*settings.password_file,       *settings.dhparam,            *settings.stapling_file,
                                 *settings.trusted_certificate, *settings.client_certificate, *settings.crl};
  for (const auto* paths : {&*settings.certificates, &*settings.certificate_keys})
    for (const conf::Template& path : *paths)
      if (path.is_literal()) files.emplace_back(path.literal_text());
  files.insert(files.end(), settings.session_ticket_keys->begin(), settings.session_ticket_keys->end());
  std::erase(files, "");
  return files;
}

void CertificateWatch::follow(const conf::Config& config) {
  known_.clear();
  for (const auto& server : config.servers) {
    if (!*server->ssl.certificate_watch) continue;
    for (const std::string& file : files_of(server->ssl)) known_[file] = mark_of(file);
  }
  last_ = known_;
}

CertificateWatch::Mark CertificateWatch::mark_of(const std::string& path) {
  struct ::stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

CertificateWatch::Marks CertificateWatch::now() const {
  Marks marks;
  for (const auto& [path, mark] : known_) marks[path] = mark_of(path);
  return marks;
}

bool CertificateWatch::changed() {
  Marks marks = now();
  const bool is_settled = marks == last_;
  const bool is_new = marks != known_;
  last_ = std::move(marks);
  if (!is_settled || !is_new) return false;
  known_ = last_;
  return true;
}

}  // namespace drishti::tls
