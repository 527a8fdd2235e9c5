#pragma once
// A stored response as bytes, for the shared layer: self-describing, with its full key and a checksum over all. Integers
// are little-endian. Other programs can write to Redis, so that what is read is hostile until decode_entry() said ok.
//
//     "DRISHTI\n"  version u16  flags u8  place u8  status u16  fields u16  tags u16  blocks u32
//     block_size u32  body_size u64  body_checksum u64  token u64  ban_number u64
//     response_at i64  initial_age i64  lifetime i64  stale_while_revalidate i64  stale_if_error i64
//     key  url  line (reason, or the names of a Vary marker)          each: size u32, bytes
//     tags                                                            each: size u32, bytes
//     fields                                                          each: size u32, name, size u32, value
//     body, when it stands inside                                     body_size bytes
//     checksum u64: XXH3-64 of all before it

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/stored_response.hpp"
#include "http/field.hpp"

namespace drishti::cache {

/// Where the body of an encoded entry stands.
enum class BodyPlace : std::uint8_t {
  none,    ///< nowhere: the entry has none
  inside,  ///< behind the fields
  blocks,  ///< in blocks of its own, numbered from 0, all of block_size bytes but the last
};

enum class DecodeError : std::uint8_t {
  none, truncated, magic, version, checksum, flags, place, status, limit, time, other_key, bad_text, bad_field, framing_field,
  body_size, trailing_bytes, bad_block,
};
/// For the log and the `reason` label of the counter.
std::string_view decode_error_text(DecodeError error);

struct EntryLimits {
  std::size_t key = 64 << 10;         ///< bytes; also of the url
  std::size_t line = 8 << 10;         ///< bytes of the reason, or of a marker's names
  std::size_t tags = 1000;
  std::size_t fields = 1000;
  std::size_t head = 1 << 20;         ///< bytes of all but the body
  std::uint64_t body = 1ull << 30;    ///< bytes, wherever it stands
  std::uint32_t blocks = 65536;
};

constexpr std::uint32_t smallest_block = 4096;  ///< bytes of a block, all but the last: smaller ones are refused

/// The whole entry. With PLACE blocks, cut_body() with the same BLOCK_SIZE (at least smallest_block) makes the blocks.
/// Place none is used for an empty body whatever PLACE says.
std::string encode_entry(const StoredResponse& response, BodyPlace place, std::uint32_t block_size = 0);

/// The bytes of block NUMBER, "" behind the last.
std::string cut_body(const StoredResponse& response, std::uint32_t block_size, std::uint32_t number);

/// What decode_entry() read. The views point into the bytes that it read from.
class DecodedEntry {
 public:
  DecodedEntry() = default;
  DecodedEntry(const DecodedEntry&) = delete;
  DecodedEntry& operator=(const DecodedEntry&) = delete;

  const ResponseParts& parts() const { return parts_; }
  BodyPlace place() const { return place_; }
  std::uint64_t body_size() const { return body_size_; }
  std::uint32_t block_count() const { return block_count_; }
  std::uint64_t size_of_block(std::uint32_t number) const;
  /// The response. BLOCKS: all of them in order when place() is blocks, else none. Null with ERROR set to bad_block when
  /// one is missing, has another size, or their checksum is not the one that was written with the head.
  StoredResponsePtr make(std::span<const BodyBlock> blocks, DecodeError& error) const;

 private:
  friend class EntryDecoder;

  ResponseParts parts_;
  http::FieldList fields_;
  std::vector<std::string_view> tags_;
  BodyPlace place_ = BodyPlace::none;
  std::string_view body_;
  std::uint64_t body_size_ = 0;
  std::uint64_t body_checksum_ = 0;
  std::uint32_t block_count_ = 0;
  std::uint32_t block_size_ = 0;
};

/// Reads BYTES into ENTRY, which is new. Anything but `none` is a miss: `other_key` when it is a sound entry of another key
/// than ASKED. Never reads outside, never allocates more than a few bytes for each byte given. Field names and values are
/// held to what a response head allows (RFC 9110 5.1, 5.5), and framing fields are refused, so that nobody can split a
/// response through Redis.
DecodeError decode_entry(std::string_view bytes, std::string_view asked, const EntryLimits& limits, DecodedEntry& entry);

/// decode_entry() and make() for an entry that stands alone (place none or inside). Null with ERROR set.
StoredResponsePtr decode_response(std::string_view bytes, std::string_view asked, const EntryLimits& limits,
                                  DecodeError& error);

}  // namespace drishti::cache
