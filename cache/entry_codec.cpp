#include "cache/entry_codec.hpp"

#include <xxhash.h>

#include <algorithm>
#include <concepts>
#include <iterator>
#include <memory>
#include <new>

#include "http/chars.hpp"

namespace drishti::cache {
namespace {

constexpr std::string_view magic = "DRISHTI\n";
constexpr std::uint16_t version = 2;
constexpr std::size_t checksum_size = 8;
constexpr std::int64_t largest_time = std::int64_t{1} << 52;  ///< milliseconds; sums of a few of them do not overflow

/// By bit, the first is 1.
constexpr bool Freshness::*flags[] = {&Freshness::must_revalidate, &Freshness::always_validate, &Freshness::has_validator,
                                      &Freshness::shared_lifetime, &Freshness::immutable};
constexpr std::uint8_t all_flags = (1U << std::size(flags)) - 1;

class Writer {
 public:
  template <std::integral T>
  void number(T value) {
    auto rest = static_cast<std::make_unsigned_t<T>>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i, rest = static_cast<decltype(rest)>(rest >> 7 >> 1))
      bytes += static_cast<char>(rest & 0xff);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes += value;
  }
  std::string bytes;
};

/// Reads from the front; once something is missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <std::integral T>
  T number() {
    std::make_unsigned_t<T> value = 0;
    const std::string_view from = bytes(sizeof(T));
    for (std::size_t i = from.size(); i-- != 0;)
      value = static_cast<decltype(value)>((value << 7 << 1) | static_cast<unsigned char>(from[i]));
    return static_cast<T>(value);
  }
  std::string_view text() { return bytes(number<std::uint32_t>()); }
  std::string_view bytes(std::uint64_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

std::uint64_t checksum_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

/// XXH3-64 of pieces as if they were one.
class RunningChecksum {
 public:
  RunningChecksum() : state_(XXH3_createState(), XXH3_freeState) {
    if (state_ == nullptr) throw std::bad_alloc();
    XXH3_64bits_reset(state_.get());
  }
  void add(std::string_view bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }
  std::uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

std::uint64_t body_checksum(const StoredResponse& response) {
  RunningChecksum sum;
  for (std::size_t i = 0; i < response.piece_count(); ++i) sum.add(response.piece(i));
  return sum.value();
}

std::uint64_t blocks_for(std::uint64_t size, std::uint32_t block_size) {
  return size / block_size + (size % block_size != 0 ? 1 : 0);
}

std::uint8_t flags_of(const Freshness& freshness) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < std::size(flags); ++i) bits |= freshness.*flags[i] ? 1U << i : 0U;
  return static_cast<std::uint8_t>(bits);
}

void write_fixed_part(Writer& out, const StoredResponse& response, BodyPlace place, std::uint32_t block_size) {
  const bool blocks = place == BodyPlace::blocks;
  const Freshness& freshness = response.freshness();
  out.bytes += magic;
  out.number(version);
  out.number(flags_of(freshness));
  out.number(static_cast<std::uint8_t>(place));
  out.number(static_cast<std::uint16_t>(response.status()));
  out.number(static_cast<std::uint16_t>(response.field_count()));
  out.number(static_cast<std::uint16_t>(response.tags().size()));
  out.number(static_cast<std::uint32_t>(blocks ? blocks_for(response.body_size(), block_size) : 0));
  out.number(blocks ? block_size : std::uint32_t{0});
  out.number(response.body_size());
  out.number(blocks ? body_checksum(response) : std::uint64_t{0});
  out.number(response.token());
  out.number(response.ban_number());
  for (const std::int64_t time : {freshness.response_at, freshness.initial_age, freshness.lifetime,
                                  freshness.stale_while_revalidate, freshness.stale_if_error})
    out.number(time);
}

bool is_plain_text(std::string_view text) {
  return http::find_control(text.data(), text.data() + text.size()) == text.data() + text.size();
}

/// Message framing and what is of one connection only: RFC 9111 3.1 does not store them, and sent again they would let
/// who writes to Redis split responses.
bool is_framing(http::FieldId id) {
  using http::FieldId;
  return id == FieldId::content_length || id == FieldId::transfer_encoding || id == FieldId::connection ||
         id == FieldId::keep_alive || id == FieldId::proxy_connection || id == FieldId::te || id == FieldId::upgrade;
}

bool is_field_value(std::string_view value) { return is_plain_text(value) && http::trim_ows(value) == value; }

bool is_time(std::int64_t time) { return time >= -largest_time && time <= largest_time; }

}  // namespace

std::string_view decode_error_text(DecodeError error) {
  switch (error) {
    case DecodeError::none: return "none";
    case DecodeError::truncated: return "truncated";
    case DecodeError::magic: return "not an entry";
    case DecodeError::version: return "another format version";
    case DecodeError::checksum: return "wrong checksum";
    case DecodeError::flags: return "unknown flags";
    case DecodeError::place: return "unknown place of the body";
    case DecodeError::status: return "impossible status";
    case DecodeError::limit: return "over a limit";
    case DecodeError::time: return "impossible time";
    case DecodeError::other_key: return "another key";
    case DecodeError::bad_text: return "control character";
    case DecodeError::bad_field: return "invalid field";
    case DecodeError::framing_field: return "framing field";
    case DecodeError::body_size: return "contradicting body size";
    case DecodeError::trailing_bytes: return "bytes behind the end";
    case DecodeError::bad_block: return "missing or wrong block";
  }
  return "";
}

std::string encode_entry(const StoredResponse& response, BodyPlace place, std::uint32_t block_size) {
  if (response.body_size() == 0) place = BodyPlace::none;
  Writer out;
  write_fixed_part(out, response, place, std::max(block_size, smallest_block));
  out.text(response.key());
  out.text(response.url());
  out.text(response.is_vary_marker() ? response.vary() : response.reason());
  for (const std::string_view tag : response.tags()) out.text(tag);
  http::FieldList fields;
  response.add_fields_to(fields);
  for (const http::Field& field : fields) {
    out.text(field.name);
    out.text(field.value);
  }
  if (place == BodyPlace::inside) {
    out.bytes.reserve(out.bytes.size() + response.body_size() + checksum_size);
    for (std::size_t i = 0; i < response.piece_count(); ++i) out.bytes += response.piece(i);
  }
  out.number(checksum_of(out.bytes));
  return std::move(out.bytes);
}

std::string cut_body(const StoredResponse& response, std::uint32_t block_size, std::uint32_t number) {
  std::string block;
  block_size = std::max(block_size, smallest_block);
  std::uint64_t skip = std::uint64_t{number} * block_size;
  if (skip < response.body_size()) block.reserve(std::min<std::uint64_t>(block_size, response.body_size() - skip));
  for (std::size_t i = 0; i < response.piece_count() && block.size() < block_size; ++i) {
    const std::string_view piece = response.piece(i);
    if (skip < piece.size()) block += piece.substr(static_cast<std::size_t>(skip), block_size - block.size());
    skip -= std::min<std::uint64_t>(skip, piece.size());
  }
  return block;
}

/// The steps of decode_entry(), in the order of the bytes.
class EntryDecoder {
 public:
  EntryDecoder(std::string_view bytes, std::string_view asked, const EntryLimits& limits, DecodedEntry& entry)
      : asked_(asked), limits_(limits), entry_(entry), in_(bytes) {}

  DecodeError run() {
    in_.bytes(magic.size() + sizeof version);
    for (const auto step : {&EntryDecoder::read_kind, &EntryDecoder::read_sizes, &EntryDecoder::read_times,
                            &EntryDecoder::read_key, &EntryDecoder::read_tags, &EntryDecoder::read_fields,
                            &EntryDecoder::read_body}) {
      const DecodeError error = (this->*step)();
      if (in_.failed()) return DecodeError::truncated;
      if (error != DecodeError::none) return error;
    }
    return in_.at_end() ? DecodeError::none : DecodeError::trailing_bytes;
  }

 private:
  DecodeError read_kind() {
    const auto bits = in_.number<std::uint8_t>();
    const auto place = in_.number<std::uint8_t>();
    entry_.parts_.status = in_.number<std::uint16_t>();
    for (std::size_t i = 0; i < std::size(flags); ++i) entry_.parts_.freshness.*flags[i] = (bits & (1U << i)) != 0;
    entry_.place_ = static_cast<BodyPlace>(place);
    if ((bits & ~all_flags) != 0) return DecodeError::flags;
    if (place > static_cast<std::uint8_t>(BodyPlace::blocks)) return DecodeError::place;
    const int status = entry_.parts_.status;  // an interim response is never stored
    return status == 0 || (status >= 200 && status <= 599) ? DecodeError::none : DecodeError::status;
  }

  DecodeError read_sizes() {
    fields_ = in_.number<std::uint16_t>();
    tags_ = in_.number<std::uint16_t>();
    entry_.block_count_ = in_.number<std::uint32_t>();
    entry_.block_size_ = in_.number<std::uint32_t>();
    entry_.body_size_ = in_.number<std::uint64_t>();
    entry_.body_checksum_ = in_.number<std::uint64_t>();
    if (fields_ > limits_.fields || tags_ > limits_.tags || entry_.body_size_ > limits_.body) return DecodeError::limit;
    if (entry_.block_count_ > limits_.blocks) return DecodeError::limit;
    if (is_marker() && (fields_ != 0 || entry_.body_size_ != 0)) return DecodeError::status;
    return sizes_agree() ? DecodeError::none : DecodeError::body_size;
  }

  bool sizes_agree() const {
    if ((entry_.body_size_ == 0) != (entry_.place_ == BodyPlace::none)) return false;
    if (entry_.place_ != BodyPlace::blocks)
      return entry_.block_count_ == 0 && entry_.block_size_ == 0 && entry_.body_checksum_ == 0;
    return entry_.block_size_ >= smallest_block &&
           entry_.block_count_ == blocks_for(entry_.body_size_, entry_.block_size_);
  }

  DecodeError read_times() {
    entry_.parts_.token = in_.number<std::uint64_t>();
    entry_.parts_.ban_number = in_.number<std::uint64_t>();
    Freshness& freshness = entry_.parts_.freshness;
    for (std::int64_t* time : {&freshness.response_at, &freshness.initial_age, &freshness.lifetime,
                               &freshness.stale_while_revalidate, &freshness.stale_if_error}) {
      *time = in_.number<std::int64_t>();
      if (!is_time(*time)) return DecodeError::time;
    }
    return DecodeError::none;
  }

  DecodeError read_key() {
    ResponseParts& parts = entry_.parts_;
    parts.key = head_text();
    parts.url = head_text();
    const std::string_view line = head_text();
    (is_marker() ? parts.vary : parts.reason) = line;
    if (parts.key.size() > limits_.key || parts.url.size() > limits_.key || line.size() > limits_.line || !head_fits())
      return DecodeError::limit;
    if (!is_plain_text(parts.url) || !is_plain_text(line)) return DecodeError::bad_text;
    if (is_marker() && line.empty()) return DecodeError::bad_text;
    return parts.key == asked_ ? DecodeError::none : DecodeError::other_key;
  }

  DecodeError read_tags() {
    for (std::size_t i = 0; i < tags_; ++i) {
      const std::string_view tag = head_text();
      if (in_.failed()) return DecodeError::truncated;
      if (tag.size() > StoredResponse::most_value || !head_fits()) return DecodeError::limit;
      if (tag.empty() || !is_plain_text(tag)) return DecodeError::bad_text;
      entry_.tags_.push_back(tag);
    }
    entry_.parts_.tags = entry_.tags_;
    return DecodeError::none;
  }

  DecodeError read_fields() {
    for (std::size_t i = 0; i < fields_; ++i) {
      const std::string_view name = head_text();
      const std::string_view value = head_text();
      if (in_.failed()) return DecodeError::truncated;
      if (name.size() > StoredResponse::most_name || value.size() > StoredResponse::most_value || !head_fits())
        return DecodeError::limit;
      if (!http::is_token(name) || !is_field_value(value)) return DecodeError::bad_field;
      const http::FieldId id = http::field_id(name);
      if (is_framing(id)) return DecodeError::framing_field;
      entry_.fields_.add({name, value, id});
    }
    entry_.parts_.fields = &entry_.fields_;
    return DecodeError::none;
  }

  DecodeError read_body() {
    if (entry_.place_ == BodyPlace::inside) entry_.body_ = in_.bytes(entry_.body_size_);
    return DecodeError::none;
  }

  std::string_view head_text() {
    const std::string_view text = in_.text();
    head_size_ += text.size() + sizeof(std::uint16_t);
    return text;
  }
  bool head_fits() const { return head_size_ <= std::min(limits_.head, StoredResponse::most_head); }
  bool is_marker() const { return entry_.parts_.status == 0; }

  std::string_view asked_;
  const EntryLimits& limits_;
  DecodedEntry& entry_;
  Reader in_;
  std::size_t fields_ = 0, tags_ = 0, head_size_ = 0;
};

DecodeError decode_entry(std::string_view bytes, std::string_view asked, const EntryLimits& limits,
                         DecodedEntry& entry) {
  if (!bytes.starts_with(magic)) return magic.starts_with(bytes) ? DecodeError::truncated : DecodeError::magic;
  if (bytes.size() < magic.size() + sizeof version + checksum_size) return DecodeError::truncated;
  if (Reader(bytes.substr(magic.size())).number<std::uint16_t>() != version) return DecodeError::version;
  const std::string_view covered = bytes.substr(0, bytes.size() - checksum_size);
  if (Reader(bytes.substr(covered.size())).number<std::uint64_t>() != checksum_of(covered)) return DecodeError::checksum;
  return EntryDecoder(covered, asked, limits, entry).run();
}

std::uint64_t DecodedEntry::size_of_block(std::uint32_t number) const {
  const std::uint64_t begin = std::uint64_t{number} * block_size_;
  return begin < body_size_ ? std::min<std::uint64_t>(block_size_, body_size_ - begin) : 0;
}

StoredResponsePtr DecodedEntry::make(std::span<const BodyBlock> blocks, DecodeError& error) const {
  error = DecodeError::bad_block;
  if (blocks.size() != block_count_) return nullptr;
  RunningChecksum sum;
  for (std::uint32_t i = 0; i < block_count_; ++i) {
    if (blocks[i] == nullptr || blocks[i]->size() != size_of_block(i)) return nullptr;
    sum.add(*blocks[i]);
  }
  if (block_count_ != 0 && sum.value() != body_checksum_) return nullptr;
  StoredResponsePtr response =
      block_count_ != 0 ? StoredResponse::make(parts_, blocks) : StoredResponse::make_from_text(parts_, body_);
  error = response != nullptr ? DecodeError::none : DecodeError::limit;
  return response;
}

StoredResponsePtr decode_response(std::string_view bytes, std::string_view asked, const EntryLimits& limits,
                                  DecodeError& error) {
  DecodedEntry entry;
  error = decode_entry(bytes, asked, limits, entry);
  return error == DecodeError::none ? entry.make({}, error) : nullptr;
}

}  // namespace drishti::cache
