#include "cache/redis/command.hpp"

#include <charconv>

namespace drishti::cache::redis {
namespace {

void append_count(std::string& out, char kind, std::size_t count) {
  out += kind;
  out += std::string_view(Decimal(count));
  out += "\r\n";
}

}  // namespace

Decimal::Decimal(std::uint64_t number) {
  size_ = static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, number).ptr - text_);
}

void append_command(std::string& out, std::span<const std::string_view> words) {
  constexpr std::size_t framing = 24;
  std::size_t size = framing;
  for (const std::string_view word : words) size += word.size() + framing;
  out.reserve(out.size() + size);
  append_count(out, '*', words.size());
  for (const std::string_view word : words) {
    append_count(out, '$', word.size());
    out += word;
    out += "\r\n";
  }
}

}  // namespace drishti::cache::redis
