#pragma once
// Boost.Beast as a second opinion on heads: what ours accepts, Beast must accept with the same meaning.

#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drishti::http::testing {

struct OracleHead {
  std::string method, target, reason;
  int status = 0;
  int version = 0;
  std::vector<std::pair<std::string, std::string>> fields;
};

template <bool IsRequest>
class Oracle : public boost::beast::http::basic_parser<IsRequest> {
 public:
  using string_view = boost::beast::string_view;
  using error_code = boost::beast::error_code;
  OracleHead head;

  Oracle() {  // a head is judged by its grammar, not by what it announces
    this->header_limit(UINT32_MAX);
    this->body_limit(boost::none);
  }

 private:
  void on_request_impl(boost::beast::http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    head.method = std::string(method);
    head.target = std::string(target);
    head.version = version;
  }
  void on_response_impl(int status, string_view reason, int version, error_code&) override {
    head.status = status;
    head.reason = std::string(reason);
    head.version = version;
  }
  void on_field_impl(boost::beast::http::field, string_view name, string_view value, error_code&) override {
    head.fields.emplace_back(std::string(name), std::string(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override { return body.size(); }
  void on_finish_impl(error_code&) override {}
};

/// What Beast makes of a complete head, or nothing when it refuses it; `why` then says why.
template <bool IsRequest>
std::optional<OracleHead> ask_beast(std::string_view head, std::string& why) {
  Oracle<IsRequest> parser;
  if constexpr (!IsRequest) parser.skip(true);  // the head only
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == boost::beast::http::error::need_more) error = {};
  why = error.message();
  if (error || !parser.is_header_done()) return std::nullopt;
  return parser.head;
}

}  // namespace drishti::http::testing
