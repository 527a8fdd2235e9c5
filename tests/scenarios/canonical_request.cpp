#include <map>

#include "proxy/http/chars.hpp"
#include "tests/scenarios/catalogue.hpp"

namespace drishti::testing::catalogue {

namespace {

// An independent, deliberately pedantic reader: what a proxy writes leaves no room for two readings.

bool is_token(const std::string& text) {
  for (char c : text)
    if (!http::is(http::char_token, c)) return false;
  return !text.empty();
}

std::string line_fault(const std::string& line) {
  std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string::npos || first == last) return "request line without three parts";
  if (!is_token(line.substr(0, first))) return "method is no token";
  if (line.substr(last) != " HTTP/1.1") return "not HTTP/1.1";
  std::string target = line.substr(first + 1, last - first - 1);
  if (target != "*" && !target.starts_with('/')) return "target not in origin-form";
  for (char c : target)
    if (c <= ' ' || c == 0x7f || c == '#') return "forbidden byte in the target";
  return {};
}

std::string field_fault(const std::string& line, std::map<std::string, std::string>& fields) {
  static const std::set<std::string> hop_by_hop{"keep-alive", "proxy-connection", "te", "trailer", "proxy-authorization",
                                                "http2-settings", "expect"};
  std::size_t colon = line.find(':');
  if (colon == std::string::npos) return "field without colon";
  std::string name = line.substr(0, colon);
  if (!is_token(name) || name.find('_') != std::string::npos) return "field name";
  if (line.substr(colon, 2) != ": ") return "no single space behind the colon";
  std::string value = line.substr(colon + 2);
  for (char c : value)
    if (http::is(http::char_control, c)) return "control in a value";
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (hop_by_hop.contains(name)) return "hop-by-hop field " + name;
  static const std::set<std::string> single{"host", "content-length", "transfer-encoding", "connection", "x-real-ip",
                                            "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"};
  if (single.contains(name) && fields.contains(name)) return "repeated " + name;
  fields[name] = value;
  return {};
}

std::string chunks_fault(const std::string& body) {
  for (std::size_t at = 0;;) {
    std::size_t end = body.find("\r\n", at);
    if (end == std::string::npos) return "chunk without end";
    std::string size = body.substr(at, end - at);
    if (size.empty() || size.find_first_not_of("0123456789abcdef") != std::string::npos) return "chunk size [" + size + "]";
    std::size_t length = std::stoul(size, nullptr, 16);
    if (body.substr(end + 2 + length, 2) != "\r\n") return "chunk data";
    at = end + 4 + length;
    if (length == 0) return at == body.size() ? "" : "bytes behind the last chunk";
  }
}

}  // namespace

std::string not_canonical(const UpstreamRequest& request) {
  if (request.head.empty()) return {};
  if (std::string fault = line_fault(request.line()); !fault.empty()) return fault;
  std::map<std::string, std::string> fields;
  std::size_t at = request.line().size() + 2;
  for (std::size_t end; (end = request.head.find("\r\n", at)) != at; at = end + 2)
    if (std::string fault = field_fault(request.head.substr(at, end - at), fields); !fault.empty()) return fault;
  if (!fields.contains("host")) return "no Host";
  bool is_chunked = fields.contains("transfer-encoding");
  if (is_chunked && fields["transfer-encoding"] != "chunked") return "Transfer-Encoding";
  if (is_chunked && fields.contains("content-length")) return "two framings";
  if (fields.contains("upgrade") != (fields.contains("connection") && fields["connection"] == "upgrade")) return "Upgrade";
  if (fields.contains("content-length")) {
    const std::string& length = fields["content-length"];
    if (std::to_string(std::stoul(length)) != length) return "Content-Length not canonical";
  }
  return is_chunked && !request.body.empty() ? chunks_fault(request.body) : "";
}

}  // namespace drishti::testing::catalogue
