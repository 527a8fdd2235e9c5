#include "http/uri.hpp"

#include "http/chars.hpp"
#include "http/field.hpp"

namespace drishti::http {

namespace {

/// Whether a segment that is `.` or `..` begins at TEXT.
bool is_dot_segment(std::string_view text) {
  const auto ends_at = [&](std::size_t i) { return i == text.size() || text[i] == '/' || text[i] == '?'; };
  if (!text.starts_with('.')) return false;
  return ends_at(1) || (text[1] == '.' && ends_at(2));
}

/// The length of the path at the start of TARGET when it needs no change; npos when it does.
std::size_t plain_path_size(std::string_view target, bool merge_slashes) {
  const char* const end = target.data() + target.size();
  for (const char* at = target.data(); (at = find_path_break(at, end)) != end; ++at) {
    if (*at == '?') return static_cast<std::size_t>(at - target.data());
    if (*at != '/') return target.npos;
    const std::string_view rest(at + 1, static_cast<std::size_t>(end - at - 1));
    if ((merge_slashes && rest.starts_with('/')) || is_dot_segment(rest)) return target.npos;
  }
  return target.size();
}

/// Builds the decoded path; segments are judged when their end is seen, on decoded bytes as nginx does.
class PathBuilder {
 public:
  PathBuilder(char* out, bool merge_slashes) : out_(out), merge_slashes_(merge_slashes) {}

  UriError add(char c) {
    if (c == '\0' || c == '\r' || c == '\n') return UriError::forbidden_byte;
    if (c != '/') {
      out_[size_++] = c;
      return UriError::none;
    }
    return end_segment(true);
  }
  UriError finish() { return end_segment(false); }
  std::string_view path() const { return {out_, size_}; }

 private:
  UriError end_segment(bool slash) {
    const std::string_view segment(out_ + segment_, size_ - segment_);
    if (segment == ".") {
      size_ = segment_;
    } else if (segment == "..") {
      if (segment_ <= 1) return UriError::above_root;
      size_ = path().rfind('/', segment_ - 2) + 1;
    } else if (slash && !(merge_slashes_ && segment.empty() && size_ > 0)) {
      out_[size_++] = '/';
    }
    segment_ = size_;
    return UriError::none;
  }

  char* out_;
  std::size_t size_ = 0;
  std::size_t segment_ = 0;  ///< where the segment being read begins, behind its `/`
  bool merge_slashes_;
};

/// Decodes the escape at the start of TEXT; -1 when it is none.
int decode_escape(std::string_view text) {
  if (text.size() < 3) return -1;
  const int high = hex_value(text[1]), low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

UriError rewrite_path(std::string_view target, std::size_t& path_size, PathBuilder& builder) {
  std::size_t i = 0;
  for (; i < target.size() && target[i] != '?'; ++i) {
    char c = target[i];
    if (c == '#') return UriError::forbidden_byte;
    if (c == '%') {
      const int byte = decode_escape(target.substr(i));
      if (byte < 0) return UriError::bad_escape;
      c = static_cast<char>(byte);
      i += 2;
    }
    if (const UriError error = builder.add(c); error != UriError::none) return error;
  }
  path_size = i;
  return builder.finish();
}

void set_args(std::string_view target, std::size_t path_size, NormalizedTarget& out) {
  out.has_args = path_size < target.size();
  out.args = out.has_args ? target.substr(path_size + 1) : std::string_view();
}

void escape(std::string_view text, CharClass which, std::string& out) {
  for (const char c : text) {
    if (!is(which, c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += "0123456789ABCDEF"[byte >> 4];
    out += "0123456789ABCDEF"[byte & 15];
  }
}

/// The value behind `NAME =` at the start of one cookie pair, or npos-like null view.
std::string_view cookie_value(std::string_view pair, std::string_view name) {
  const std::size_t equals = pair.find('=');
  if (equals == pair.npos || !iequals(trim_ows(pair.substr(0, equals)), name)) return {};
  std::string_view value = pair.substr(equals + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

}  // namespace

UriError normalize_target(std::string_view target, bool merge_slashes, char* scratch, NormalizedTarget& out) {
  out = {};
  if (!target.starts_with('/')) return UriError::not_absolute;
  std::size_t path_size = plain_path_size(target, merge_slashes);
  if (path_size != target.npos) [[likely]] {
    out.path = target.substr(0, path_size);
    out.is_plain = true;
    set_args(target, path_size, out);
    return UriError::none;
  }
  PathBuilder builder(scratch, merge_slashes);
  if (const UriError error = rewrite_path(target, path_size, builder); error != UriError::none) return error;
  out.path = builder.path();
  out.is_plain = out.path == target.substr(0, path_size);
  set_args(target, path_size, out);
  return UriError::none;
}

void escape_uri(std::string_view path, std::string& out) { escape(path, char_escape_uri, out); }

void escape_args(std::string_view text, std::string& out) { escape(text, char_escape_args, out); }

void unescape(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == '%' ? decode_escape(text.substr(i)) : -1;
    if (byte >= 0) i += 2;
    out += byte >= 0 ? static_cast<char>(byte) : text[i];
  }
}

std::string_view find_argument(std::string_view args, std::string_view name) {
  while (!args.empty()) {
    const std::size_t end = std::min(args.find('&'), args.size());
    const std::string_view pair = args.substr(0, end);
    if (pair.size() > name.size() && pair[name.size()] == '=' && iequals(pair.substr(0, name.size()), name)) {
      return pair.substr(name.size() + 1);
    }
    args.remove_prefix(std::min(end + 1, args.size()));
  }
  return {};
}

std::string_view find_cookie(std::string_view cookie_field, std::string_view name) {
  while (!cookie_field.empty()) {
    const std::size_t end = std::min(cookie_field.find_first_of(";,"), cookie_field.size());
    const std::string_view value = cookie_value(cookie_field.substr(0, end), name);
    if (value.data() != nullptr) return value;
    cookie_field.remove_prefix(std::min(end + 1, cookie_field.size()));
  }
  return {};
}

}  // namespace drishti::http
