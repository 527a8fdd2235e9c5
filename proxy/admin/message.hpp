#pragma once
// What comes in on the admin listener and what goes out, both whole.

#include <string>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace drishti::admin {

struct Request {
  http::Method method = http::Method::other;
  std::string path;           ///< normalised
  std::string host;           ///< lower case, without the port; "" without a Host field
  std::string host_port;
  std::string origin;         ///< "" without the field, as are those below
  std::string fetch_site;     ///< Sec-Fetch-Site
  std::string authorization;
  std::string content_type;
  std::string accept;
  bool has_origin = false;
  bool keep_alive = true;
  std::string body;

  bool is_reading() const { return method == http::Method::get || method == http::Method::head; }
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields = {};  ///< more of them
};

/// `{"error":REASON,"status":STATUS}`
Response error_response(int status, std::string_view reason);

}  // namespace drishti::admin
