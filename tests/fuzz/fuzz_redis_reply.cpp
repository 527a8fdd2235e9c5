// Any bytes as Redis's replies, and what is read out of them: topologies, redirections, bans, JSON. The first byte of the
// input chooses limits, the second how the rest is cut into pieces.

#include <string>
#include <string_view>
#include <vector>

#include "cache/redis/json_text.hpp"
#include "cache/redis/reply_reader.hpp"
#include "cache/redis/topology.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti::cache::redis;

namespace {

/// Bytes and elements below REPLY.
std::size_t weight(const Reply& reply, int depth, std::size_t& elements) {
  FUZZ_CHECK(depth <= 9);
  std::size_t bytes = reply.text.size();
  elements += reply.elements.size();
  for (const Reply& element : reply.elements) bytes += weight(element, depth + 1, elements);
  return bytes;
}

bool same(const Reply& a, const Reply& b) {
  if (a.type != b.type || a.text != b.text || a.integer != b.integer || a.elements.size() != b.elements.size()) return false;
  for (std::size_t i = 0; i < a.elements.size(); ++i)
    if (!same(a.elements[i], b.elements[i])) return false;
  return true;
}

std::vector<Reply> read(std::string_view input, std::size_t step, const ReplyLimits& limits) {
  std::vector<Reply> replies;
  ReplyReader reader(limits);
  while (!input.empty()) {
    reader.feed(input.substr(0, step));
    input.remove_prefix(std::min(step, input.size()));
    for (Reply reply;;) {
      const auto state = reader.next(reply);
      if (state == ReplyReader::State::broken) return replies;
      if (state == ReplyReader::State::incomplete) break;
      replies.push_back(std::move(reply));
    }
  }
  return replies;
}

void use(const Reply& reply) {
  const Node from{"127.0.0.1", 7000};
  if (const auto topology = Topology::read(reply, from)) {
    for (const auto owner : topology->owner) FUZZ_CHECK(owner < static_cast<int>(topology->masters.size()));
  }
  if (const auto redirection = redirection_in(reply.text, from)) FUZZ_CHECK(redirection->slot < slot_count);
  is_json_text(reply.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
  ReplyLimits limits;
  if (data[0] & 1) limits = {.bytes = 256, .elements = 16};
  const std::vector<Reply> whole = read(input, 1 << 20, limits);
  for (const Reply& reply : whole) {
    std::size_t elements = 0;
    FUZZ_CHECK(weight(reply, 0, elements) <= size);
    FUZZ_CHECK(elements <= limits.elements);
    use(reply);
  }
  is_json_text(input);
  if (data[0] & 1) return 0;  // where the limit on bytes is noticed depends on the pieces
  const std::vector<Reply> pieces = read(input, data[1] % 16 + 1, limits);
  FUZZ_CHECK(pieces.size() == whole.size());
  for (std::size_t i = 0; i < whole.size(); ++i) FUZZ_CHECK(same(pieces[i], whole[i]));
  return 0;
}
