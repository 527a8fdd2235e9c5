#include "server/repeat_filter.hpp"

#include <functional>

namespace drishti::server {
namespace {

std::string_view common_part(std::string_view message) { return message.substr(0, message.find(", client: ")); }

}  // namespace

std::optional<RepeatFilter::Summary> RepeatFilter::finish(Slot& slot) {
  const std::uint32_t count = slot.count;
  slot.second = -1;
  slot.count = 0;
  if (count <= limit) return std::nullopt;
  return Summary{slot.level, slot.text + " ... repeated " + std::to_string(count - limit) + " times"};
}

bool RepeatFilter::admit(conf::LogLevel level, std::string_view message, std::int64_t second,
                         std::optional<Summary>& summary) {
  const std::string_view text = common_part(message);
  const std::size_t hash = std::hash<std::string_view>{}(text) + static_cast<std::size_t>(level);
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[hash % slots_.size()];
  if (slot.hash != hash || slot.second != second) {
    summary = finish(slot);
    slot.hash = hash;
    slot.second = second;
    slot.level = level;
    slot.text.assign(text);
  }
  return ++slot.count <= limit;
}

std::vector<RepeatFilter::Summary> RepeatFilter::ended(std::int64_t second) {
  std::vector<Summary> summaries;
  const std::lock_guard lock(mutex_);
  for (Slot& slot : slots_) {
    if (slot.second >= second || slot.count <= limit) continue;
    if (auto summary = finish(slot)) summaries.push_back(std::move(*summary));
  }
  return summaries;
}

}  // namespace drishti::server
