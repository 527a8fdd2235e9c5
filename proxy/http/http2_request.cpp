#include "http/http2_request.hpp"

#include <algorithm>

#include "http/chars.hpp"
#include "http/hop_by_hop.hpp"

namespace drishti::http {
namespace {

std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::size_t size = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(std::min(text.size(), size + end.size()));
  return part;
}

}  // namespace

void make_http2_request(std::string_view head, std::string_view scheme, bool trailers, Http2Request& request) {
  std::string& text = request.text;
  request.fields.clear();
  text.assign(head);
  std::string_view rest = text;
  std::string_view line = take_until(rest, "\r\n");
  const std::string_view method = take_until(line, " ");
  const std::string_view target = line.substr(0, line.rfind(' '));
  request.fields.push_back({":method", method});
  request.fields.push_back({":scheme", scheme});
  request.fields.push_back({":path", target});
  while (!(line = take_until(rest, "\r\n")).empty()) {
    const std::size_t begin = static_cast<std::size_t>(line.data() - text.data());
    const std::string_view name = take_until(line, ": ");
    std::transform(name.begin(), name.end(), text.begin() + static_cast<std::ptrdiff_t>(begin), to_lower);
    const FieldId id = field_id(name);
    if (id == FieldId::host) request.fields.push_back({":authority", line, id});
    else if (!is_hop_by_hop(id)) request.fields.push_back({name, line, id});
  }
  // Pseudo-header fields come first.
  std::stable_partition(request.fields.begin(), request.fields.end(),
                        [](const Field& field) { return field.name.starts_with(':'); });
  if (trailers) request.fields.push_back({"te", "trailers", FieldId::te});
}

}  // namespace drishti::http
