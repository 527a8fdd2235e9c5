#pragma once
// One stored response, or a Vary marker. Immutable once made; shared by all threads and both layers.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/freshness.hpp"
#include "http/content_coding.hpp"
#include "http/field.hpp"

namespace drishti::cache {

/// What a stored response is made from. Views are copied.
struct ResponseParts {
  std::string_view key;            ///< the full text under which it is stored
  std::string_view url;            ///< `http://host:port/path?query`, for purging by prefix; best a part of the key as it
                                   ///< is (append_key_part(key, url)): then it is kept once
  int status = 0;                  ///< 0: a Vary marker, which has neither fields nor a body
  std::string_view reason;
  const http::FieldList* fields = nullptr;  ///< what may be stored of the head (RFC 9111 3.1), without framing fields
  std::string_view vary;           ///< marker: the names of the selecting fields, lower case, sorted, joined by ", "
  std::span<const std::string_view> tags;   ///< Cache-Tag, Surrogate-Key: for purging
  Freshness freshness;
  std::uint64_t token = 0;         ///< random: tells this copy from any other of the same key
  std::uint64_t ban_number = 0;    ///< the newest ban known when the fetch began (cache/ban_list.hpp)
};

class StoredResponse;
using StoredResponsePtr = std::shared_ptr<const StoredResponse>;
/// A piece of a body that several owners share.
using BodyBlock = std::shared_ptr<const std::string>;

/// Laid out in one block (this, the shared body blocks, coded bodies if there are any, the field table, then text: key, url, reason, tags, fields, and a
/// body of up to 64 KiB) to be small and near; a larger body is a list of blocks. bench/micro/memory_store_bench says what
/// it costs.
class StoredResponse {
  struct Private {};
  struct Body;
  struct Layout;

 public:
  static constexpr std::size_t most_inline = 64 << 10;  ///< bytes of a body that are copied into the block
  static constexpr std::size_t most_head = 16 << 20;    ///< key, url, reason, tags and fields together
  static constexpr std::size_t most_name = 255;         ///< bytes of a field name
  static constexpr std::size_t most_value = 65535;      ///< bytes of a field value, and of a tag

  /// BODY: its pieces in order; blocks of a large body are shared, not copied, unless they are tiny. Null when something
  /// exceeds the limits above: such a response is not stored.
  static StoredResponsePtr make(const ResponseParts& parts, std::span<const BodyBlock> body);
  /// BODY is copied.
  static StoredResponsePtr make_from_text(const ResponseParts& parts, std::string_view body);
  /// This body under a new head: what a 304 makes of a stored response (RFC 9111 4.3.4). Blocks are shared.
  StoredResponsePtr with_head(const ResponseParts& parts) const;
  /// This response, which knows its body in CODING, too. What is coded belongs to it and ends with it.
  StoredResponsePtr with_coded(http::ContentCoding coding, BodyBlock body) const;

  /// For make() only.
  StoredResponse(Private, const ResponseParts& parts, const Layout& layout, const Body& body);
  ~StoredResponse();
  StoredResponse(const StoredResponse&) = delete;
  StoredResponse& operator=(const StoredResponse&) = delete;

  std::string_view key() const { return {text(), key_size_}; }
  /// What a prefix ban looks at; "" when it was not given.
  std::string_view url() const { return {text() + url_begin_, url_size_}; }
  bool is_vary_marker() const { return status_ == 0; }
  std::string_view vary() const { return is_vary_marker() ? line() : std::string_view(); }
  int status() const { return status_; }
  std::string_view reason() const { return is_vary_marker() ? std::string_view() : line(); }
  /// Appends the fields; the views live as long as this.
  void add_fields_to(http::FieldList& fields) const;
  /// The first value of FIELD, or "".
  std::string_view field(http::FieldId id) const;
  std::size_t field_count() const { return field_count_; }
  std::uint64_t body_size() const { return body_size_; }
  std::size_t piece_count() const { return block_count_ != 0 ? block_count_ : body_size_ != 0; }
  std::string_view piece(std::size_t index) const;
  /// Its body in CODING; null: not known.
  const std::string* coded(http::ContentCoding coding) const {
    return coded_count_ != 0 ? coded_blocks()[static_cast<std::size_t>(coding)].get() : nullptr;
  }
  std::vector<std::string_view> tags() const;
  bool has_tag(std::string_view tag) const;
  const Freshness& freshness() const { return freshness_; }
  std::uint64_t token() const { return token_; }
  std::uint64_t ban_number() const { return ban_number_; }
  /// What it costs the memory layer, all included: with the allocator's rounding and its place in the index and queues.
  std::size_t memory() const;
  /// Of memory(), what MemoryStore needs beside the response: node, hash bucket, ghost.
  static constexpr std::size_t index_memory = 64;

 private:
  /// One field; its name and value stand in the text area, one field behind the other.
  struct FieldEntry {
    http::FieldId id;
    std::uint8_t name_size;
    std::uint16_t value_size;
  };

  static StoredResponsePtr make_one(const ResponseParts& parts, const Body& body);
  void write_text(const ResponseParts& parts, const Layout& layout, const Body& body);
  void write_fields(const http::FieldList& fields, char* to);
  template <typename Visit>
  void visit_tags(Visit visit) const;

  const BodyBlock* blocks() const { return reinterpret_cast<const BodyBlock*>(this + 1); }
  const BodyBlock* coded_blocks() const { return blocks() + block_count_; }
  const FieldEntry* entries() const { return reinterpret_cast<const FieldEntry*>(coded_blocks() + coded_count_); }
  const char* text() const { return reinterpret_cast<const char*>(entries() + field_count_); }
  std::string_view line() const { return {text() + line_begin_, tags_begin_ - line_begin_}; }
  std::size_t block_memory() const;
  Body body() const;

  Freshness freshness_;
  std::uint64_t token_;
  std::uint64_t ban_number_;
  std::uint64_t body_size_;
  std::uint32_t key_size_;
  std::uint32_t url_begin_;  ///< offsets are into text()
  std::uint32_t url_size_;
  std::uint32_t line_begin_;  ///< reason, or the names of a Vary marker
  std::uint32_t tags_begin_;
  std::uint32_t fields_begin_;
  std::uint32_t body_begin_;
  std::uint32_t block_count_;  ///< 0: the body stands in the text area
  std::uint16_t field_count_;
  std::uint16_t status_;
  std::uint8_t coded_count_;  ///< 0, or one a ContentCoding: the body in it, or null
};

}  // namespace drishti::cache
