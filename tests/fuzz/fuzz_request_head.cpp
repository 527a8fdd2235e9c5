// Any bytes as a request head. The first two bytes of the input choose limits and how the rest is cut into pieces.

#include "tests/support/beast_oracle.hpp"
#include "tests/support/fuzz_check.hpp"
#include "tests/support/http_heads.hpp"
#include "tests/support/oracle_compare.hpp"

using namespace drishti::http;
using namespace drishti::http::testing;

namespace {

void check_views(const RequestHead& head, std::string_view buffer) {
  for (const std::string_view view : {head.request_line, head.method_text}) FUZZ_CHECK(lies_inside(view, buffer));
  FUZZ_CHECK(head.host.empty() || lies_inside(head.host, buffer));
  FUZZ_CHECK(head.target.empty() || head.target_storage.data() == head.target.data() ||
             lies_inside(head.target, buffer));
  check_field_views(head.fields, buffer);
}

void check_round_trip(const RequestHead& head, const HeadLimits& limits) {
  const std::string canonical = serialise(head);
  RequestHead again;
  RequestParser parser;
  parser.start(limits, again);
  FUZZ_CHECK(parser.parse(canonical) == ParseState::done);
  FUZZ_CHECK(describe(again, false) == describe(head, false));
}

void check_oracle(const RequestHead& head, std::string_view text) {
  if (has_odd_connection(head.fields) || head.fields.size() == 0) return;
  if (!head.request_line.ends_with("HTTP/1.1") && !head.request_line.ends_with("HTTP/1.0")) return;
  text.remove_prefix(static_cast<std::size_t>(head.request_line.data() - text.data()));  // an empty line before it
  std::string why;
  const auto theirs = ask_beast<true>(text, why);
  FUZZ_CHECK(theirs);
  FUZZ_CHECK(theirs->method == head.method_text && theirs->version == head.version);
  FUZZ_CHECK(same_fields(head.fields, *theirs));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned choice = data[0], step = data[1];
  const std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
  HeadLimits limits;
  if (choice & 1) limits = {.line = 64, .total = 256, .fields = 4};
  limits.underscores = (choice & 2) != 0;
  limits.ignore_invalid = (choice & 4) != 0;

  const Outcome whole = parse_request(input, limits);
  FUZZ_CHECK((parse_split<RequestParser, RequestHead>(input, steps(step), limits)) == whole);
  RequestHead head;
  RequestParser parser;
  parser.start(limits, head);
  if (parser.parse(input) != ParseState::done) return 0;
  check_views(head, input.substr(0, parser.head_size()));
  HeadLimits wide = limits;  // a Host added and "/" written out may need more room
  wide.line = wide.total = 1 << 20;
  wide.fields = 1000;
  check_round_trip(head, wide);
  if (!limits.ignore_invalid) check_oracle(head, input.substr(0, parser.head_size()));
  return 0;
}
