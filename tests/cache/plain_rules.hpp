#pragma once
// The rules of RFC 9111 once more, slow and plain, for comparison: over what was meant, not over text, and with instants
// instead of ages. Nothing here is shared with the program.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace drishti::cache::testing {

using Seconds = std::optional<std::int64_t>;

/// What one Cache-Control means.
struct Meant {
  std::set<std::string> words;
  Seconds max_age, s_maxage, stale_while_revalidate, stale_if_error, max_stale, min_fresh;
  bool says(const char* word) const { return words.count(word) > 0; }
};

enum class Accel { none, seconds, instant, nonsense };

/// One exchange and the settings; times in seconds from the arrival, which is at 0.
struct World {
  std::string method = "GET";
  int status = 200;
  Meant request, control;
  std::optional<Meant> targeted;
  bool has_expires = false, expires_is_nonsense = false;
  std::int64_t expires = 0;
  Seconds date, age;
  Accel accel = Accel::none;
  std::int64_t accel_value = 0;
  bool set_cookie = false, vary_star = false, etag = false, authorization = false;
  // proxy_cache_valid for this status, and the other settings
  Seconds valid;
  bool ignore_accel = false, ignore_expires = false, ignore_control = false, ignore_cookie = false, ignore_vary = false;
  bool cache_post = false, key_has_authorization = false, honour = true, revalidate = false, use_stale_configured = false;
  std::int64_t keep_stale = 600;
};

/// Milliseconds from the arrival.
struct Verdict {
  bool stored = false;
  std::int64_t fresh_until = 0;  ///< first instant at which it is stale; may be in the past
  bool always_validate = false;
};

inline const Meant& words_in_force(const World& w) {
  static const Meant nothing;
  if (w.ignore_control) return nothing;
  return w.targeted ? *w.targeted : w.control;
}

inline bool may_never_be_stale(const World& w, const Verdict& v) {
  const Meant& m = words_in_force(w);
  return v.always_validate || m.says("must-revalidate") || m.says("proxy-revalidate");
}

inline bool status_may_be_stored_by_its_own_words(int status) {
  static const std::set<int> known = {200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501};
  return known.count(status) > 0;
}

/// How old the response is when it arrives, in milliseconds.
inline std::int64_t age_at_arrival(const World& w) {
  std::int64_t age = w.age.value_or(0) * 1000;
  if (w.date && *w.date < 0) age = std::max(age, -*w.date * 1000 - 999);
  return age;
}

inline bool accel_counts(const World& w) {
  return !w.ignore_accel && (w.accel == Accel::seconds || w.accel == Accel::instant);
}

/// What forbids storing, whatever the lifetime.
inline bool is_forbidden(const World& w) {
  const Meant& m = words_in_force(w);
  if (w.method != "GET" && !(w.method == "POST" && w.cache_post)) return true;
  if (w.honour && w.request.says("no-store")) return true;
  if (w.status < 200 || w.status == 206 || w.status == 304) return true;
  if (w.vary_star && !w.ignore_vary) return true;
  if (w.set_cookie && !w.ignore_cookie) return true;
  const bool open_to_all = m.says("public") || m.says("must-revalidate") || m.s_maxage;
  if (w.authorization && !w.key_has_authorization && !open_to_all) return true;
  if (accel_counts(w)) return w.accel_value <= 0;
  if (m.says("private")) return true;
  if (m.says("must-understand")) return !status_may_be_stored_by_its_own_words(w.status);
  return m.says("no-store");
}

/// The instant at which it becomes stale; nothing when nobody said.
inline std::optional<std::int64_t> end_of_freshness(const World& w) {
  const Meant& m = words_in_force(w);
  if (accel_counts(w)) return w.accel_value * 1000;
  const bool own_words_count = w.valid || status_may_be_stored_by_its_own_words(w.status);
  const bool has_expires = w.has_expires && !w.ignore_expires && (w.ignore_control || !w.targeted);
  if (m.s_maxage || m.max_age || has_expires) {
    if (!own_words_count) return std::nullopt;
    if (m.s_maxage) return *m.s_maxage * 1000 - age_at_arrival(w);
    if (m.max_age) return *m.max_age * 1000 - age_at_arrival(w);
    const std::int64_t span = w.expires_is_nonsense ? 0 : w.expires - w.date.value_or(0);
    return std::max<std::int64_t>(span, 0) * 1000 - age_at_arrival(w);
  }
  if (w.valid) return *w.valid > 0 ? std::optional(*w.valid * 1000) : std::nullopt;
  if (m.says("no-cache") && own_words_count) return -age_at_arrival(w);
  return std::nullopt;
}

inline Verdict judge(const World& w) {
  Verdict v;
  const auto end = end_of_freshness(w);
  if (is_forbidden(w) || !end) return v;
  const Meant& m = words_in_force(w);
  v.fresh_until = *end;
  v.always_validate = m.says("no-cache") && !accel_counts(w);
  const std::int64_t useful_until = v.always_validate ? 0 : v.fresh_until;
  const std::int64_t extra = std::max(m.stale_while_revalidate.value_or(0), m.stale_if_error.value_or(0)) * 1000;
  v.stored = useful_until > 0 || (!may_never_be_stale(w, v) && useful_until + extra > 0) || (w.etag && w.revalidate);
  return v;
}

inline bool is_fresh(const Verdict& v, std::int64_t now) { return !v.always_validate && now < v.fresh_until; }

/// fresh, stale, stale+update, validate, 504: for a stored response, with background update as not written.
inline std::string use_of(const World& w, const Verdict& v, std::int64_t now) {
  const Meant& m = words_in_force(w);
  const Meant client = w.honour ? w.request : Meant{};
  const std::string ask = client.says("only-if-cached") ? "504" : "validate";
  const std::int64_t age = age_at_arrival(w) + now;
  if (client.says("no-cache")) return ask;
  const bool reload_is_pointless = m.says("immutable") && is_fresh(v, now);
  if (client.max_age && !reload_is_pointless && (*client.max_age == 0 || age > *client.max_age * 1000)) return ask;
  if (is_fresh(v, now)) {
    const bool long_enough = !client.min_fresh || v.fresh_until - now >= *client.min_fresh * 1000;
    return long_enough ? "fresh" : ask;
  }
  if (may_never_be_stale(w, v) || client.min_fresh) return ask;
  const std::int64_t stale_for = now - v.fresh_until;
  const bool client_has_a_say = accel_counts(w) || !m.s_maxage;
  if (client.max_stale && client_has_a_say && stale_for <= *client.max_stale * 1000) return "stale";
  if (m.stale_while_revalidate && stale_for <= *m.stale_while_revalidate * 1000) return "stale+update";
  return ask;
}

/// Whether it may stand in for an origin that failed (not by 4xx), with nothing configured.
inline bool may_stand_in(const World& w, const Verdict& v, std::int64_t now) {
  const Meant& m = words_in_force(w);
  if (may_never_be_stale(w, v)) return false;
  const std::int64_t stale_for = now - v.fresh_until;
  return m.stale_if_error && stale_for <= *m.stale_if_error * 1000;
}

}  // namespace drishti::cache::testing
