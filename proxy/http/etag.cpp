#include "http/etag.hpp"

#include "http/chars.hpp"

namespace drishti::http {

namespace {

bool is_weak(std::string_view etag) { return etag.starts_with("W/"); }
std::string_view opaque_tag(std::string_view etag) { return is_weak(etag) ? etag.substr(2) : etag; }

/// The length of the entity tag at the start of TEXT; 0 when there is none. A tag may contain commas.
std::size_t etag_size(std::string_view text) {
  const std::size_t begin = is_weak(text) ? 2 : 0;
  if (text.size() < begin + 2 || text[begin] != '"') return 0;
  const std::size_t close = text.find('"', begin + 1);
  return close == text.npos ? 0 : close + 1;
}

}  // namespace

bool is_etag(std::string_view text) { return !text.empty() && etag_size(text) == text.size(); }

bool etag_equal(std::string_view a, std::string_view b, EtagComparison comparison) {
  if (!is_etag(a) || !is_etag(b)) return false;
  if (comparison == EtagComparison::strong && (is_weak(a) || is_weak(b))) return false;
  return opaque_tag(a) == opaque_tag(b);
}

bool etag_in_list(std::string_view list, std::string_view etag, EtagComparison comparison) {
  list = trim_ows(list);
  if (list == "*") return true;
  while (!list.empty()) {
    if (is_ows(list.front()) || list.front() == ',') {
      list.remove_prefix(1);
      continue;
    }
    const std::size_t size = etag_size(list);
    if (size == 0) return false;
    if (etag_equal(list.substr(0, size), etag, comparison)) return true;
    list.remove_prefix(size);
    if (!list.empty() && !is_ows(list.front()) && list.front() != ',') return false;
  }
  return false;
}

}  // namespace drishti::http
