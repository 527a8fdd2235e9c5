#pragma once
// One stored response, or a Vary marker. Immutable once made; shared by all threads and both layers.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/freshness.hpp"
#include "http/field.hpp"

namespace drishti::cache {

/// What a stored response is made from. Views are copied.
struct ResponseParts {
  std::string_view key;            ///< the full text under which it is stored
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

/// Laid out in one block (head, key, fields, tags; a body of up to 64 KiB behind them) to be small and near; a larger body
/// is a list of blocks. Overhead beyond head and body: bench/micro says.
class StoredResponse {
 public:
  /// BODY: its pieces in order; blocks of a large body are shared, not copied.
  static StoredResponsePtr make(const ResponseParts& parts, std::span<const std::shared_ptr<const std::string>> body);

  std::string_view key() const;
  bool is_vary_marker() const;
  std::string_view vary() const;
  int status() const;
  std::string_view reason() const;
  /// Appends the fields; the views live as long as this.
  void add_fields_to(http::FieldList& fields) const;
  /// The first value of FIELD, or "".
  std::string_view field(http::FieldId id) const;
  std::uint64_t body_size() const;
  std::size_t piece_count() const;
  std::string_view piece(std::size_t index) const;
  std::vector<std::string_view> tags() const;
  const Freshness& freshness() const;
  std::uint64_t token() const;
  std::uint64_t ban_number() const;
  /// What it costs the memory layer, all included.
  std::size_t memory() const;
  // ... private: B's
};

}  // namespace drishti::cache
