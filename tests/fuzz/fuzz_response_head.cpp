// Any bytes as a response head. The first two bytes of the input choose limits, the method and the pieces.

#include "tests/support/beast_oracle.hpp"
#include "tests/support/fuzz_check.hpp"
#include "tests/support/http_heads.hpp"
#include "tests/support/oracle_compare.hpp"

using namespace drishti::http;
using namespace drishti::http::testing;

namespace {

void check_round_trip(const ResponseHead& head, Method method) {
  const std::string canonical = serialise(head);
  HeadLimits limits;
  limits.total = 1 << 20;
  limits.fields = 1000;
  ResponseHead again;
  ResponseParser parser;
  parser.start(limits, method, again);
  FUZZ_CHECK(parser.parse(canonical) == ParseState::done);
  FUZZ_CHECK(describe(again) == describe(head));
}

void check_oracle(const ResponseHead& head, std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\r'));
  const bool other_version = line[7] > '1', no_space = line.size() == 12;  // Beast refuses both
  if (other_version || no_space || has_odd_connection(head.fields)) return;
  std::string why;
  const auto theirs = ask_beast<false>(text, why);
  FUZZ_CHECK(theirs);
  FUZZ_CHECK(theirs->status == head.status && theirs->reason == head.reason && theirs->version == head.version);
  FUZZ_CHECK(same_fields(head.fields, *theirs));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const unsigned choice = data[0], step = data[1];
  const std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
  HeadLimits limits;
  if (choice & 1) limits = {.line = 64, .total = 256, .fields = 4};
  const Method method = (choice & 2) != 0 ? Method::head : (choice & 4) != 0 ? Method::connect : Method::get;

  const Outcome whole = parse_response(input, method, limits);
  FUZZ_CHECK((parse_split<ResponseParser, ResponseHead>(input, steps(step), limits, method)) == whole);
  ResponseHead head;
  ResponseParser parser;
  parser.start(limits, method, head);
  if (parser.parse(input) != ParseState::done) return 0;
  const std::string_view text = input.substr(0, parser.head_size());
  FUZZ_CHECK(head.reason.empty() || lies_inside(head.reason, text));
  check_field_views(head.fields, text);
  FUZZ_CHECK(head.status >= 100 && head.status <= 599);
  FUZZ_CHECK(!(head.keep_alive && head.body.kind == BodyKind::until_close));
  check_round_trip(head, method);
  check_oracle(head, text);
  return 0;
}
