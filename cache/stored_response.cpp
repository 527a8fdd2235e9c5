#include "cache/stored_response.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace drishti::cache {
namespace {

/// Room for EXTRA bytes behind the object that allocate_shared() makes, so that a response and its reference counts are
/// one allocation.
template <typename T>
struct TrailingAllocator {
  using value_type = T;
  explicit TrailingAllocator(std::size_t bytes) : extra(bytes) {}
  template <typename U>
  TrailingAllocator(const TrailingAllocator<U>& other) : extra(other.extra) {}  // NOLINT: rebinding is implicit
  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T) + extra)); }
  void deallocate(T* pointer, std::size_t) { ::operator delete(pointer); }
  template <typename U>
  bool operator==(const TrailingAllocator<U>&) const {
    return true;
  }
  std::size_t extra;
};

constexpr std::size_t counts_memory = 24;  ///< what allocate_shared() puts before the object: virtual table, counts, EXTRA
constexpr std::size_t codings = 4;  ///< values of http::ContentCoding
constexpr std::size_t smallest_shared = 4096;  ///< pieces of a large body that are smaller on average are joined

/// What malloc takes for BYTES: its own word, rounded to 16.
constexpr std::size_t malloc_memory(std::size_t bytes) { return (bytes + 8 + 15) & ~std::size_t{15}; }

std::uint64_t total_size(std::span<const BodyBlock> blocks) {
  std::uint64_t size = 0;
  for (const BodyBlock& block : blocks) size += block->size();
  return size;
}

/// The same bytes in blocks of the size that is copied at most: hostile origins send a body byte by byte.
std::vector<BodyBlock> joined(std::span<const BodyBlock> blocks) {
  std::vector<BodyBlock> whole;
  std::string text;
  const auto close = [&] {
    text.shrink_to_fit();
    whole.push_back(std::make_shared<const std::string>(std::move(text)));
    text.clear();
  };
  for (const BodyBlock& block : blocks) {
    if (!text.empty() && text.size() + block->size() > StoredResponse::most_inline) close();
    if (text.empty()) text.reserve(StoredResponse::most_inline);
    text += *block;
  }
  if (!text.empty()) close();
  return whole;
}

char* append(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* append_tag(char* to, std::string_view tag) {
  const auto size = static_cast<std::uint16_t>(tag.size());
  std::memcpy(to, &size, sizeof size);
  return append(to + sizeof size, tag);
}

}  // namespace

/// A body to be copied (TEXT, or BLOCKS when they are small together) or shared (BLOCKS).
struct StoredResponse::Body {
  std::string_view text;
  std::span<const BodyBlock> blocks;
  std::uint64_t size = 0;
  std::span<const BodyBlock> coded{};  ///< by ContentCoding; empty: none
  bool is_shared() const { return size > most_inline; }
};

/// The sizes of the areas in the block, and whether all is within the limits.
struct StoredResponse::Layout {
  explicit Layout(const ResponseParts& parts) {
    const std::size_t found = parts.url.empty() ? 0 : parts.key.find(parts.url);
    url_in_key = found != std::string_view::npos;
    url_begin = url_in_key ? found : parts.key.size();
    line_begin = parts.key.size() + (url_in_key ? 0 : parts.url.size());
    tags_begin = line_begin + (parts.status == 0 ? parts.vary : parts.reason).size();
    fields_begin = tags_begin;
    for (const std::string_view tag : parts.tags) {
      fields_begin += sizeof(std::uint16_t) + tag.size();
      valid = valid && tag.size() <= most_value;
    }
    body_begin = fields_begin;
    if (parts.fields != nullptr) add_fields(*parts.fields);
    valid = valid && body_begin <= most_head && parts.status >= 0 && parts.status <= 999;
  }
  void add_fields(const http::FieldList& fields) {
    field_count = fields.size();
    valid = valid && field_count <= UINT16_MAX;
    for (const http::Field& field : fields) {
      body_begin += field.name.size() + field.value.size();
      valid = valid && field.name.size() <= most_name && field.value.size() <= most_value;
    }
  }

  std::size_t url_begin = 0, line_begin = 0, tags_begin = 0, fields_begin = 0, body_begin = 0, field_count = 0;
  bool url_in_key = false, valid = true;
};

StoredResponsePtr StoredResponse::make(const ResponseParts& parts, std::span<const BodyBlock> body) {
  const std::uint64_t size = total_size(body);
  if (size <= most_inline || size / body.size() >= smallest_shared) return make_one(parts, {{}, body, size, {}});
  const std::vector<BodyBlock> larger = joined(body);
  return make_one(parts, {{}, larger, size, {}});
}

StoredResponsePtr StoredResponse::make_from_text(const ResponseParts& parts, std::string_view body) {
  if (body.size() <= most_inline) return make_one(parts, {body, {}, body.size(), {}});
  const BodyBlock block = std::make_shared<const std::string>(body);
  return make_one(parts, {{}, {&block, 1}, body.size(), {}});
}

StoredResponse::Body StoredResponse::body() const {
  const std::span<const BodyBlock> coded_bodies(coded_blocks(), coded_count_);
  if (block_count_ != 0) return {{}, {blocks(), block_count_}, body_size_, coded_bodies};
  return {piece(0), {}, body_size_, coded_bodies};
}

StoredResponsePtr StoredResponse::with_head(const ResponseParts& parts) const { return make_one(parts, body()); }

StoredResponsePtr StoredResponse::with_coded(http::ContentCoding coding, BodyBlock coded_body) const {
  http::FieldList fields;
  add_fields_to(fields);
  const std::vector<std::string_view> all_tags = tags();
  ResponseParts parts;
  parts.key = key();
  parts.url = url();
  parts.status = status_;
  parts.reason = reason();
  parts.fields = &fields;
  parts.vary = vary();
  parts.tags = all_tags;
  parts.freshness = freshness_;
  parts.token = token_;
  parts.ban_number = ban_number_;
  std::array<BodyBlock, codings> all;
  std::copy_n(coded_blocks(), coded_count_, all.begin());
  all[static_cast<std::size_t>(coding)] = std::move(coded_body);
  Body same = body();
  same.coded = all;
  return make_one(parts, same);
}

StoredResponsePtr StoredResponse::make_one(const ResponseParts& parts, const Body& body) {
  const Layout layout(parts);
  if (!layout.valid || body.blocks.size() > UINT32_MAX) return nullptr;
  const std::size_t behind = body.is_shared() ? body.blocks.size() * sizeof(BodyBlock) : body.size;
  const std::size_t extra = behind + body.coded.size() * sizeof(BodyBlock) + layout.field_count * sizeof(FieldEntry) + layout.body_begin;
  return std::allocate_shared<StoredResponse>(TrailingAllocator<StoredResponse>(extra), Private{}, parts, layout, body);
}

StoredResponse::StoredResponse(Private, const ResponseParts& parts, const Layout& layout, const Body& body)
    : freshness_(parts.freshness),
      token_(parts.token),
      ban_number_(parts.ban_number),
      body_size_(body.size),
      key_size_(static_cast<std::uint32_t>(parts.key.size())),
      url_begin_(static_cast<std::uint32_t>(layout.url_begin)),
      url_size_(static_cast<std::uint32_t>(parts.url.size())),
      line_begin_(static_cast<std::uint32_t>(layout.line_begin)),
      tags_begin_(static_cast<std::uint32_t>(layout.tags_begin)),
      fields_begin_(static_cast<std::uint32_t>(layout.fields_begin)),
      body_begin_(static_cast<std::uint32_t>(layout.body_begin)),
      block_count_(body.is_shared() ? static_cast<std::uint32_t>(body.blocks.size()) : 0),
      field_count_(static_cast<std::uint16_t>(layout.field_count)),
      status_(static_cast<std::uint16_t>(parts.status)),
      coded_count_(static_cast<std::uint8_t>(body.coded.size())) {
  static_assert(alignof(StoredResponse) >= alignof(BodyBlock) && alignof(BodyBlock) >= alignof(FieldEntry));
  if (block_count_ != 0)
    std::uninitialized_copy(body.blocks.begin(), body.blocks.end(), const_cast<BodyBlock*>(blocks()));
  std::uninitialized_copy(body.coded.begin(), body.coded.end(), const_cast<BodyBlock*>(coded_blocks()));
  if (parts.fields != nullptr) write_fields(*parts.fields, const_cast<char*>(text()) + fields_begin_);
  write_text(parts, layout, body);
}

StoredResponse::~StoredResponse() { std::destroy_n(const_cast<BodyBlock*>(blocks()), block_count_ + coded_count_); }

void StoredResponse::write_text(const ResponseParts& parts, const Layout& layout, const Body& body) {
  char* to = append(const_cast<char*>(text()), parts.key);
  if (!layout.url_in_key) to = append(to, parts.url);
  to = append(to, is_vary_marker() ? parts.vary : parts.reason);
  for (const std::string_view tag : parts.tags) to = append_tag(to, tag);
  if (body.is_shared()) return;
  to = append(const_cast<char*>(text()) + body_begin_, body.text);
  for (const BodyBlock& block : body.blocks) to = append(to, *block);
}

void StoredResponse::write_fields(const http::FieldList& fields, char* to) {
  auto* entry = const_cast<FieldEntry*>(entries());
  for (const http::Field& field : fields) {
    new (entry++) FieldEntry{field.id, static_cast<std::uint8_t>(field.name.size()),
                             static_cast<std::uint16_t>(field.value.size())};
    to = append(append(to, field.name), field.value);
  }
}

void StoredResponse::add_fields_to(http::FieldList& fields) const {
  const char* at = text() + fields_begin_;
  const FieldEntry* const end = entries() + field_count_;
  for (const FieldEntry* entry = entries(); entry != end; ++entry) {
    const char* const value = at + entry->name_size;
    fields.add({{at, entry->name_size}, {value, entry->value_size}, entry->id});
    at = value + entry->value_size;
  }
}

std::string_view StoredResponse::field(http::FieldId id) const {
  const char* at = text() + fields_begin_;
  const FieldEntry* const end = entries() + field_count_;
  for (const FieldEntry* entry = entries(); entry != end; ++entry) {
    at += entry->name_size;
    if (entry->id == id) return {at, entry->value_size};
    at += entry->value_size;
  }
  return {};
}

std::string_view StoredResponse::piece(std::size_t index) const {
  if (block_count_ != 0) return *blocks()[index];
  return {text() + body_begin_, static_cast<std::size_t>(body_size_)};
}

template <typename Visit>
void StoredResponse::visit_tags(Visit visit) const {
  const char* at = text() + tags_begin_;
  const char* const end = text() + fields_begin_;
  while (at != end) {
    std::uint16_t size;
    std::memcpy(&size, at, sizeof size);
    at += sizeof size;
    if (visit(std::string_view(at, size))) return;
    at += size;
  }
}

std::vector<std::string_view> StoredResponse::tags() const {
  std::vector<std::string_view> all;
  visit_tags([&](std::string_view tag) {
    all.push_back(tag);
    return false;
  });
  return all;
}

bool StoredResponse::has_tag(std::string_view tag) const {
  bool found = false;
  visit_tags([&](std::string_view one) { return found = one == tag; });
  return found;
}

std::size_t StoredResponse::block_memory() const {
  std::size_t bytes = 0;
  for (const BodyBlock& block : std::span(blocks(), block_count_ + coded_count_)) {
    if (block) bytes += malloc_memory(counts_memory + sizeof(std::string)) + malloc_memory(block->capacity() + 1);
  }
  return bytes;
}

std::size_t StoredResponse::memory() const {
  const std::size_t text_size = body_begin_ + (block_count_ == 0 ? static_cast<std::size_t>(body_size_) : 0);
  const std::size_t behind = (block_count_ + coded_count_) * sizeof(BodyBlock) + field_count_ * sizeof(FieldEntry) + text_size;
  return index_memory + malloc_memory(counts_memory + sizeof(StoredResponse) + behind) + block_memory();
}

}  // namespace drishti::cache
