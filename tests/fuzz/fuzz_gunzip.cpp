// Any bytes as a gzip body, whole and in pieces, with and without limits; and any bytes compressed and back.

#include <algorithm>
#include <string>

#include "compress/coder_pool.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti::compress;

namespace {

struct Result {
  bool is_good = true;
  std::string text;
  bool operator==(const Result&) const = default;
};

constexpr std::size_t most_text = 1 << 20;  // the fuzzer shall not spend its time on bombs

Result run(Coder& coder, std::string_view input, std::size_t step, std::size_t room) {
  Result result;
  std::string out(room, 0);
  for (;;) {
    const Op op = input.empty() ? Op::finish : Op::process;
    const Step done = coder.code(input.substr(0, step), out, op);
    FUZZ_CHECK(done.consumed <= input.size() && done.produced <= room);
    FUZZ_CHECK(done.failure != nullptr || done.wants_room || done.consumed > 0 || input.empty());
    result.text.append(out, 0, done.produced);
    input.remove_prefix(done.consumed);
    if (done.failure != nullptr) return {false, {}};
    if (result.text.size() > most_text) return {false, {}};
    if (op == Op::finish && !done.wants_room) return result;
  }
}

Result gunzip(CoderPool& pool, const GrowthLimits& limits, std::string_view input, std::size_t step, std::size_t room) {
  const CoderPool::Lease decoder = pool.gunzip(limits);
  return run(*decoder, input, step, room);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static CoderPool pool;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Result whole = gunzip(pool, {}, input, size + 1, 64 << 10);
  FUZZ_CHECK(gunzip(pool, {}, input, 7, 301) == whole);
  const Result bounded = gunzip(pool, {.most_bytes = 1000, .most_ratio = 0}, input, size + 1, 64);
  FUZZ_CHECK(bounded.is_good == (whole.is_good && whole.text.size() <= 1000) || whole.text.size() > most_text);
  const Result packed = run(*pool.gzip(1), input, 100, 50);
  FUZZ_CHECK(packed.is_good && gunzip(pool, {}, packed.text, 4096, 4096).text == input.substr(0, most_text));
  return 0;
}
