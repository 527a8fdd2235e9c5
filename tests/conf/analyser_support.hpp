#pragma once
// Analysing a text in a test.

#include <memory>
#include <string>

#include "conf/analyser.hpp"
#include "conf/readers.hpp"

namespace drishti::conf {

inline AnalyserOptions test_options() {
  AnalyserOptions options;
  options.prefix = "/srv/";
  options.conf_path = "test.conf";
  return options;
}

inline std::shared_ptr<const Config> analyse_text(const std::string& text, AnalyserOptions options = test_options()) {
  return analyse(read_nginx_text(text, "test.conf"), options);
}

/// The message of the error that TEXT gives, `REASON in FILE:LINE`; empty when there is none.
inline std::string error_of(const std::string& text, AnalyserOptions options = test_options()) {
  try {
    analyse_text(text, std::move(options));
  } catch (const ConfigError& error) {
    return error.text();
  }
  return {};
}

inline std::string error_in_http(const std::string& text) { return error_of("http { " + text + " }"); }
inline std::string error_in_server(const std::string& text) { return error_in_http("server { " + text + " }"); }
inline std::string error_in_location(const std::string& text) { return error_in_server("location / { " + text + " }"); }

/// The only location of a server with TEXT in it.
inline std::shared_ptr<const Location> only_location(const Config& config) {
  return config.servers.at(0)->root->children.at(0);
}

/// All warnings (not the notices) in one text.
inline std::string warnings_of(const Config& config) {
  std::string all;
  for (const auto& notice : config.notices)
    if (notice.level == Notice::Level::warn) all += notice.text + "\n";
  return all;
}
inline std::string notices_of(const Config& config) {
  std::string all;
  for (const auto& notice : config.notices)
    if (notice.level == Notice::Level::notice) all += notice.text + "\n";
  return all;
}

}  // namespace drishti::conf
