#pragma once
// The plain model of the property test: what one request said, what the origin answered, and whether the one may get the
// other. Instants in microseconds of Unix time. Each answer says what the program's clock showed when its request began and
// when its head was written, so that ages are held to the millisecond however slow the machine is. A rule speaks up only when
// the facts leave no way out.

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace drishti::testing::property {

using Micros = std::int64_t;
constexpr Micros second = 1'000'000;
/// `X-Clock` has milliseconds, and its two numbers are each cut off.
constexpr Micros clock_step = 2'000;

inline Micros now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// What the program's clock showed: `X-Clock: $msec $request_time`.
struct Observed {
  Micros begun = 0;    ///< when the request was read; whatever was decided about it was decided later
  Micros answered = 0; ///< when the head of the answer was written
  static std::optional<Observed> read(const std::string& text) {
    std::istringstream in(text);
    double at = 0, took = 0;
    if (!(in >> at >> took)) return std::nullopt;
    const auto micros = [](double seconds) { return static_cast<Micros>(seconds * 1000 + 0.5) * 1000; };
    return Observed{micros(at) - micros(took), micros(at)};
  }
};

struct Request {
  std::string method = "GET", path;
  std::size_t url = 0;             ///< number of the path
  std::uint64_t serial = 0;
  std::map<std::string, std::string> fields;   ///< what a Vary may name, lower case; absent ones are not here
  bool has_authorization = false, no_cache = false, no_store = false, only_if_cached = false, range = false;
  std::optional<Micros> max_age, min_fresh, max_stale;
  std::size_t proxy = 0;
  Micros sent = 0;
  Micros floor = 0;                ///< what was made before was purged before this was sent
};

/// What the origin wrote into the head and the body.
struct Answer {
  std::string path;
  std::uint64_t serial = 0;        ///< of the request that it was made for
  bool for_one = false;            ///< private, no-store, Set-Cookie, Vary: *, no lifetime
  bool needs_public = false;       ///< the request had Authorization, and nothing says that others may have it
  bool must_revalidate = false, is_shared_age = false;
  Micros made = 0, life = 0, while_revalidating = 0;
  std::size_t size = 0;
  std::vector<std::pair<std::string, std::string>> selected;   ///< what Vary names, and what that request said

  std::string text() const {
    std::ostringstream out;
    out << path << ' ' << serial << ' ' << for_one << ' ' << needs_public << ' ' << must_revalidate << ' ' << is_shared_age << ' '
        << made << ' ' << life << ' ' << while_revalidating << ' ' << size;
    for (const auto& [name, value] : selected) out << ' ' << name << '=' << value;
    return out.str();
  }
  static std::optional<Answer> read(const std::string& text) {
    std::istringstream in(text);
    Answer a;
    in >> a.path >> a.serial >> a.for_one >> a.needs_public >> a.must_revalidate >> a.is_shared_age >> a.made >> a.life >>
        a.while_revalidating >> a.size;
    if (!in) return std::nullopt;
    for (std::string pair; in >> pair;) a.selected.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
    return a;
  }
  /// The whole body, which follows from the rest.
  std::string body() const {
    std::string all = text() + "\n";
    all.resize(std::max(all.size(), size), static_cast<char>('a' + serial % 26));
    return all;
  }
};

/// The value of a field as the model compares it: of Accept-Encoding which codings, in any order.
inline std::string compared(const std::string& name, const std::string& value) {
  if (name != "accept-encoding") return value;
  return std::string(value.find("gzip") != std::string::npos ? "g" : "") + (value.find("br") != std::string::npos ? "b" : "");
}
inline std::string selected_value(const std::string& name, const std::map<std::string, std::string>& fields) {
  const auto found = fields.find(name);
  return found == fields.end() ? "-" : compared(name, found->second) + "!";
}

/// By when the answer made for each request had arrived at the program, by its own clock: it was not received later.
class Arrivals {
 public:
  explicit Arrivals(std::size_t most) : at_(std::make_unique<std::atomic<Micros>[]>(most)) {}
  /// Somebody got it WHEN; the earliest counts.
  void note(std::uint64_t serial, Micros when) {
    Micros known = at_[serial].load();
    while ((known == 0 || when < known) && !at_[serial].compare_exchange_weak(known, when)) {}
  }
  /// 0: not known.
  Micros of(std::uint64_t serial) const { return at_[serial].load(); }

 private:
  std::unique_ptr<std::atomic<Micros>[]> at_;
};

/// Which purges have been answered, by path and proxy.
class Purges {
 public:
  /// A purge at another proxy counts when it was answered so long ago. Seen in under 50 ms at p99 is another test's promise.
  static constexpr Micros grace = second / 2;
  explicit Purges(std::size_t urls) : last_(urls) {}
  void note(std::size_t url, std::size_t proxy, Micros begun, Micros done) {
    const std::lock_guard lock(mutex_);
    auto& purge = last_[url][proxy];
    if (begun > purge.begun) purge = {begun, done};
  }
  Micros floor(std::size_t url, std::size_t proxy, Micros when) const {
    const std::lock_guard lock(mutex_);
    Micros floor = 0;
    for (std::size_t at = 0; at < 2; ++at) {
      const auto& purge = last_[url][at];
      if (at == proxy || when > purge.done + grace) floor = std::max(floor, purge.begun);
    }
    return floor;
  }

 private:
  struct Purge {
    Micros begun = 0, done = 0;
  };
  mutable std::mutex mutex_;
  std::vector<std::array<Purge, 2>> last_;
};

/// What is wrong with REQUEST, which began at BEGUN by the program's clock, having got ANSWER; empty when nothing is. CHECKED:
/// the serial of the request that validated it last with a 304 (0: none), and when the origin said so.
inline std::string fault_of(const Request& r, Micros begun, const Answer& a, std::uint64_t checked, Micros checked_at,
                            const Arrivals& arrivals) {
  if (a.path != r.path) return "the answer of another URL";
  const Micros confirmed = std::max(a.made, checked_at);
  if (confirmed < r.floor) return "made " + std::to_string((r.floor - confirmed) / 1000) + " ms before a purge that had been answered";
  if (a.serial == r.serial) return {};
  if (r.method == "POST") return "a POST was answered with a stored response";
  if (a.for_one) return "an answer for one other request";
  if (a.needs_public) return "an answer to somebody's Authorization";
  for (const auto& [name, value] : a.selected)
    if (selected_value(name, r.fields) != value) return "another variant: " + name + " " + selected_value(name, r.fields);
  if (checked == r.serial) return {};
  // A fetch in the background has no client that tells when it arrived, until somebody gets what it brought.
  const Micros known = arrivals.of(checked != 0 ? checked : a.serial);
  const Micros fetched = known != 0 ? known : confirmed + 3 * second;
  const Micros age = begun - fetched;  // at least
  if (age <= clock_step) return {};    // out of a fetch that was under way
  if (r.no_cache) return "a stored answer to no-cache";
  Micros most = a.life;
  if (r.max_stale && !a.must_revalidate && !a.is_shared_age && !r.min_fresh) most += *r.max_stale;
  if (!a.must_revalidate) most += a.while_revalidating;
  if (r.min_fresh) most -= *r.min_fresh;
  if (r.max_age) most = std::min(most, *r.max_age);
  if (age > most + clock_step) return "older than allowed by " + std::to_string((age - most) / 1000) + " ms";
  return {};
}

}  // namespace drishti::testing::property
