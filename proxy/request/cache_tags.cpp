#include "request/cache_tags.hpp"

#include "http/tokens.hpp"

namespace drishti::request {
namespace {

void collect(std::string_view list, std::string_view separators, std::vector<std::string_view>& tags) {
  while (!list.empty() && tags.size() < most_tags) {
    const auto end = list.find_first_of(separators);
    std::string_view tag = list.substr(0, end);
    while (tag.starts_with(' ') || tag.starts_with('\t')) tag.remove_prefix(1);
    while (tag.ends_with(' ') || tag.ends_with('\t')) tag.remove_suffix(1);
    if (!tag.empty()) tags.push_back(tag);
    list = end == list.npos ? std::string_view{} : list.substr(end + 1);
  }
}

}  // namespace

void collect_tags(const http::FieldList& fields, std::vector<std::string_view>& tags) {
  for (const http::Field& field : fields) {
    if (field.id != http::FieldId::other) continue;
    if (http::iequals(field.name, "cache-tag")) collect(field.value, ",", tags);
    else if (http::iequals(field.name, "surrogate-key")) collect(field.value, " \t", tags);
  }
}

}  // namespace drishti::request
