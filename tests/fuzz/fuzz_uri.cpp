// Any bytes as a request target, and as arguments, cookies, ranges, entity tags, dates and authorities.

#include <memory>
#include <vector>

#include "http/authority.hpp"
#include "http/date.hpp"
#include "http/etag.hpp"
#include "http/range.hpp"
#include "http/tokens.hpp"
#include "http/uri.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti::http;
using namespace drishti::http::testing;

namespace {

struct Result {
  UriError error;
  std::string path, args;
  bool is_plain;
};

Result normalize(std::string_view target, bool merge_slashes) {
  const std::unique_ptr<char[]> scratch(new char[target.size()]);
  NormalizedTarget out;
  const UriError error = normalize_target(target, merge_slashes, scratch.get(), out);
  return {error, std::string(out.path), std::string(out.args), out.is_plain};
}

void check_path(const std::string& path, bool merge_slashes) {
  FUZZ_CHECK(path.starts_with('/'));
  const std::string closed = path + "/";
  FUZZ_CHECK(closed.find("/./") == closed.npos && closed.find("/../") == closed.npos);
  FUZZ_CHECK(!merge_slashes || path.find("//") == path.npos);
  FUZZ_CHECK(path.find_first_of(std::string_view("\0\r\n", 3)) == path.npos);
}

void check_target(std::string_view input, bool merge_slashes) {
  const Result once = normalize(input, merge_slashes);
  if (once.error != UriError::none) return;
  check_path(once.path, merge_slashes);
  const std::string_view raw_path = input.substr(0, input.find('?'));
  FUZZ_CHECK(once.is_plain == (once.path == raw_path));
  std::string escaped;
  escape_uri(once.path, escaped);
  const Result again = normalize(escaped, merge_slashes);
  FUZZ_CHECK(again.error == UriError::none && again.path == once.path && again.args.empty());
}

void check_escapes(std::string_view input) {
  std::string escaped, back;
  escape_args(input, escaped);
  unescape(escaped, back);
  FUZZ_CHECK(back == input);
}

void check_ranges(std::string_view input) {
  std::vector<ByteRange> ranges;
  constexpr std::uint64_t entity = 1000;
  const RangeOutcome outcome = parse_range(input, entity, 5, ranges);
  std::uint64_t total = 0;
  for (const ByteRange& range : ranges) {
    FUZZ_CHECK(range.first <= range.last && range.last < entity);
    total += range.size();
  }
  FUZZ_CHECK(total <= entity && ranges.size() <= 5);
  FUZZ_CHECK((outcome == RangeOutcome::ranges) == !ranges.empty());
}

void check_authority(std::string_view input) {
  Authority authority;
  if (!parse_authority(input, authority)) return;
  FUZZ_CHECK(!authority.host.empty() && authority.host.find_first_of("/\\@#?, ") == authority.host.npos);
  FUZZ_CHECK(authority.host.size() + authority.port.size() + 1 >= input.size());
}

void check_date(std::string_view input) {
  const auto seconds = parse_http_date(input);
  if (seconds && *seconds >= 0) FUZZ_CHECK(parse_http_date(http_date(*seconds)) == seconds);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_target(input, true);
  check_target(input, false);
  check_escapes(input);
  check_ranges(input);
  check_authority(input);
  check_date(input);
  const std::size_t half = size / 2;
  for (const std::string_view found :
       {find_argument(input, input.substr(0, half)), find_cookie(input, input.substr(half))}) {
    FUZZ_CHECK(found.size() <= size);
  }
  if (is_etag(input)) FUZZ_CHECK(etag_in_list(input, input, EtagComparison::weak));
  for_each_token(input, [&](std::string_view token) { FUZZ_CHECK(lies_inside(token, input)); });
  return 0;
}
