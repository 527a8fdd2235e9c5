// Any bytes as Cache-Control, CDN-Cache-Control, Vary and Accept-Encoding. The first byte of the input says how the rest
// is cut into lines.

#include <algorithm>
#include <string>
#include <vector>

#include "cache/cache_control.hpp"
#include "cache/store_policy.hpp"
#include "cache/use_policy.hpp"
#include "cache/vary.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti;
using namespace drishti::cache;

namespace {

bool in_range(std::int64_t seconds) {
  return seconds == CacheControl::not_said || (seconds >= 0 && seconds <= CacheControl::longest);
}

void check_ranges(const CacheControl& control) {
  for (const auto member : {&CacheControl::max_age, &CacheControl::s_maxage, &CacheControl::stale_while_revalidate,
                            &CacheControl::stale_if_error, &CacheControl::max_stale, &CacheControl::min_fresh}) {
    FUZZ_CHECK(in_range(control.*member));
  }
  FUZZ_CHECK(control.no_cache_fields.size() <= FieldNames::most && control.private_fields.size() <= FieldNames::most);
}

/// Saying more never permits more: STRICTER is MORE words than BASE, of one and the same response.
void check_only_restricts(const CacheControl& base, const CacheControl& stricter) {
  FUZZ_CHECK(!base.no_store || stricter.no_store);
  FUZZ_CHECK(!base.no_cache || stricter.no_cache);
  FUZZ_CHECK(!base.is_private || stricter.is_private);
  FUZZ_CHECK(!base.must_revalidate || stricter.must_revalidate);
  FUZZ_CHECK(base.max_age == CacheControl::not_said || stricter.max_age <= base.max_age);
  FUZZ_CHECK(base.s_maxage == CacheControl::not_said || stricter.s_maxage <= base.s_maxage);
  FUZZ_CHECK(base.min_fresh <= stricter.min_fresh);
}

http::FieldList lines_of(std::string_view name, const std::vector<std::string_view>& values) {
  http::FieldList fields;
  for (const std::string_view value : values) fields.add({name, value, http::field_id(name)});
  return fields;
}

void check_cache_control(const std::vector<std::string_view>& values) {
  CacheControl control;
  for (const std::string_view value : values) {
    const CacheControl before = control;
    read_cache_control(value, control);
    check_ranges(control);
    check_only_restricts(before, control);
  }
  CacheControl forbidden = control;
  read_cache_control("no-store, no-cache, private", forbidden);
  FUZZ_CHECK(forbidden.no_store && forbidden.no_cache && forbidden.is_private);
}

void check_targeted(const std::vector<std::string_view>& values) {
  CacheControl control;
  if (read_targeted(lines_of("CDN-Cache-Control", values), "CDN-Cache-Control", control)) check_ranges(control);
}

/// A decision to store is never without use, and no-store anywhere is no decision to store.
void check_decisions(const std::vector<std::string_view>& values) {
  constexpr std::int64_t now = 1'700'000'000'000;
  const http::FieldList request = lines_of("Cache-Control", {values.begin(), values.begin() + 1});
  http::ResponseHead head;
  head.status = 200;
  head.fields = lines_of("Cache-Control", values);
  const Exchange exchange{http::Method::get, &request, &head, now, now};
  const StoreDecision decision = decide_store(exchange, {});
  if (decision.stored()) {
    FUZZ_CHECK(decision.keep > 0 && decision.freshness.lifetime >= 0);
    const Use use = decide_use(&decision.freshness, request_cache_control(request), {}, now);
    FUZZ_CHECK(use != Use::fetch && (use != Use::fresh || decision.freshness.is_fresh(now)));
  }
  head.fields.add({"Cache-Control", "no-store", http::FieldId::cache_control});
  const bool is_understood = cache_control_of(head.fields).must_understand;
  FUZZ_CHECK(!decide_store(exchange, {}).stored() || is_understood);
}

void check_vary(const std::vector<std::string_view>& values) {
  std::string names;
  if (vary_names(lines_of("Vary", values), names) == VaryKind::fields) {
    std::string again;
    FUZZ_CHECK(names.size() <= longest_vary);
    FUZZ_CHECK(vary_names(lines_of("Vary", {names}), again) == VaryKind::fields && again == names);
  }
  std::string variant, reversed;
  const bool fits = append_variant("accept-encoding, x", lines_of("Accept-Encoding", values), variant);
  FUZZ_CHECK(fits ? variant.size() <= longest_variant : variant.empty());
  std::vector<std::string_view> backwards(values.rbegin(), values.rend());
  append_variant("accept-encoding, x", lines_of("Accept-Encoding", backwards), reversed);
  FUZZ_CHECK(variant.empty() || variant.front() != '~' || variant == reversed);  // a set has no order
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 1) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto next = http::testing::steps(data[0]);
  std::vector<std::string_view> values;
  for (auto step = next; !rest.empty() || values.empty();) {
    const std::size_t length = data[0] == 0 ? rest.size() : std::min<std::size_t>(step(), rest.size());
    values.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  check_cache_control(values);
  check_targeted(values);
  check_decisions(values);
  check_vary(values);
  return 0;
}
