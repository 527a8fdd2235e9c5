// Any bytes as a PROXY header of either version.

#include "http/proxy_header.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti;
using namespace drishti::http;

namespace {

using State = ProxyHeaderState;

/// However the bytes are cut, the verdict is the same, and it does not change once it is there.
void check_prefixes(std::string_view input, const ProxyHeaderResult& whole) {
  ProxyHeader header;
  for (std::size_t size = 0; size < input.size(); ++size) {
    const ProxyHeaderResult part = parse_proxy_header(input.substr(0, size), header);
    if (part.state == State::need_more) continue;
    FUZZ_CHECK(part.state == whole.state && part.size == whole.size);
    return;
  }
}

void check_written(const ProxyHeader& header) {
  for (const auto make : {proxy_header_v1, proxy_header_v2}) {
    ProxyHeader again;
    const std::string text = make(header.source, header.destination);
    FUZZ_CHECK(parse_proxy_header(text, again).state == State::done);
    FUZZ_CHECK(again.source.text() == header.source.text() && again.destination.text() == header.destination.text());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  ProxyHeader header;
  const ProxyHeaderResult result = parse_proxy_header(input, header);
  check_prefixes(input, result);
  if (result.state == State::need_more) FUZZ_CHECK(size < most_proxy_header);
  if (result.state == State::refused) FUZZ_CHECK(!result.reason.empty());
  if (result.state != State::done) return 0;
  FUZZ_CHECK(result.size <= size && result.size <= most_proxy_header);
  for (int type = 0; type < 256; ++type) {
    header.tlv(static_cast<std::uint8_t>(type));
    header.ssl_tlv(static_cast<std::uint8_t>(type));
  }
  header.ssl_verify();
  if (header.has_addresses) check_written(header);
  return 0;
}
