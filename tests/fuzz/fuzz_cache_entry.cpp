// Any bytes as an entry of the shared layer: as they are, and with the checksum that they should have behind them.

#include <xxhash.h>

#include <string>

#include "cache/entry_codec.hpp"
#include "http/chars.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti;
using namespace drishti::cache;
using http::testing::lies_inside;

namespace {

constexpr std::size_t key_at = 98;  ///< the size of what stands before the key

std::string sealed(std::string_view input) {
  std::string bytes(input);
  std::uint64_t sum = XXH3_64bits(bytes.data(), bytes.size());
  for (int i = 0; i < 8; ++i, sum >>= 8) bytes += static_cast<char>(sum & 0xff);
  return bytes;
}

/// The key that INPUT says it has, so that what comes behind it is read too.
std::string_view key_of(std::string_view input) {
  if (input.size() < key_at + 4) return "k";
  std::uint32_t size = 0;
  for (std::size_t i = 4; i-- != 0;) size = size << 8 | static_cast<unsigned char>(input[key_at + i]);
  return input.substr(key_at + 4, size);
}

void check_parts(const DecodedEntry& entry, std::string_view bytes, const EntryLimits& limits) {
  const ResponseParts& parts = entry.parts();
  for (const std::string_view view : {parts.key, parts.url, parts.reason, parts.vary})
    FUZZ_CHECK(view.empty() || lies_inside(view, bytes));
  for (const std::string_view tag : parts.tags) FUZZ_CHECK(lies_inside(tag, bytes));
  http::testing::check_field_views(*parts.fields, bytes);
  FUZZ_CHECK(parts.fields->size() <= limits.fields && parts.tags.size() <= limits.tags);
  for (const http::Field& field : *parts.fields) {
    FUZZ_CHECK(http::is_token(field.name) && http::trim_ows(field.value) == field.value);
    FUZZ_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  FUZZ_CHECK(entry.body_size() <= limits.body && entry.block_count() <= limits.blocks);
}

/// There is one way to write an entry.
void check_again(const DecodedEntry& entry, std::string_view bytes) {
  DecodeError error;
  const StoredResponsePtr response = entry.make({}, error);
  FUZZ_CHECK((response == nullptr) == (entry.place() == BodyPlace::blocks));
  if (response != nullptr) FUZZ_CHECK(encode_entry(*response, entry.place()) == bytes);
}

void check_blocks(const DecodedEntry& entry) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < entry.block_count(); ++i) {
    FUZZ_CHECK(entry.size_of_block(i) != 0);
    sum += entry.size_of_block(i);
  }
  if (entry.place() == BodyPlace::blocks) FUZZ_CHECK(sum == entry.body_size());
  FUZZ_CHECK(entry.size_of_block(entry.block_count()) == 0 || entry.block_count() == 0);
}

void check_entry(std::string_view bytes, std::string_view asked) {
  const EntryLimits limits;
  DecodedEntry entry;
  if (decode_entry(bytes, asked, limits, entry) != DecodeError::none) return;
  FUZZ_CHECK(entry.parts().key == asked);
  check_parts(entry, bytes, limits);
  check_again(entry, bytes);
  check_blocks(entry);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view asked = key_of(input);
  check_entry(input, asked);
  check_entry(sealed(input), asked);
  return 0;
}
