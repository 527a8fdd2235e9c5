// The decisions of the program against a second, plain implementation of the rules (plain_rules.hpp), over random
// exchanges in random spellings.

#include "tests/cache/plain_rules.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "cache/store_policy.hpp"
#include "cache/use_policy.hpp"
#include "http/date.hpp"

namespace drishti::cache {
namespace {

using namespace testing;

constexpr std::int64_t arrival = 1'700'000'000;  // Unix seconds

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  bool one_in(unsigned n) { return engine_() % n == 0; }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  template <typename T>
  T one_of(std::initializer_list<T> values) {
    return *(values.begin() + between(0, static_cast<std::int64_t>(values.size()) - 1));
  }
  Seconds maybe(unsigned n, std::int64_t low, std::int64_t high) {
    return one_in(n) ? Seconds(between(low, high)) : std::nullopt;
  }

 private:
  std::mt19937_64 engine_;
};

Meant draw_response_words(Dice& dice) {
  Meant m;
  for (const char* word : {"no-store", "private", "no-cache", "must-revalidate", "proxy-revalidate", "must-understand"}) {
    if (dice.one_in(10)) m.words.insert(word);
  }
  for (const char* word : {"public", "immutable"}) {
    if (dice.one_in(4)) m.words.insert(word);
  }
  m.max_age = dice.maybe(2, 0, 200);
  m.s_maxage = dice.maybe(4, 0, 200);
  m.stale_while_revalidate = dice.maybe(4, 0, 100);
  m.stale_if_error = dice.maybe(4, 0, 100);
  return m;
}

Meant draw_request_words(Dice& dice) {
  Meant m;
  for (const char* word : {"no-store", "no-cache", "only-if-cached"}) {
    if (dice.one_in(10)) m.words.insert(word);
  }
  m.max_age = dice.maybe(5, 0, 150);
  m.max_stale = dice.maybe(5, 0, 150);
  m.min_fresh = dice.maybe(5, 0, 150);
  return m;
}

void draw_settings(Dice& dice, World& w) {
  w.valid = dice.maybe(5, 0, 100);
  w.ignore_accel = dice.one_in(10), w.ignore_expires = dice.one_in(10), w.ignore_control = dice.one_in(10);
  w.ignore_cookie = dice.one_in(3), w.ignore_vary = dice.one_in(3), w.cache_post = dice.one_in(2);
  w.key_has_authorization = dice.one_in(5), w.honour = !dice.one_in(4), w.revalidate = dice.one_in(2);
}

World draw(Dice& dice) {
  World w;
  w.method = dice.one_of<const char*>({"GET", "GET", "GET", "GET", "GET", "POST", "HEAD", "PUT"});
  w.status = dice.one_of({200, 200, 200, 200, 204, 206, 299, 301, 302, 304, 404, 500, 503});
  w.request = draw_request_words(dice);
  w.control = draw_response_words(dice);
  if (dice.one_in(8)) w.targeted = draw_response_words(dice);
  if (w.targeted && w.targeted->words.empty() && !w.targeted->max_age) w.targeted->max_age = 50;
  w.has_expires = dice.one_in(3), w.expires_is_nonsense = dice.one_in(5), w.expires = dice.between(-50, 300);
  w.date = dice.maybe(2, -100, 20);
  w.age = dice.maybe(3, 0, 150);
  if (dice.one_in(6)) w.accel = dice.one_of({Accel::seconds, Accel::instant, Accel::nonsense});
  w.accel_value = w.accel == Accel::instant ? dice.between(-50, 100) : dice.between(0, 100);
  w.set_cookie = dice.one_in(8), w.vary_star = dice.one_in(10), w.etag = dice.one_in(2);
  w.authorization = dice.one_in(6);
  draw_settings(dice, w);
  return w;
}

/// Texts of a message; the views of its FieldList point into them.
struct Message {
  std::vector<std::pair<std::string, std::string>> lines;
  http::FieldList list() const {
    http::FieldList fields;
    for (const auto& [name, value] : lines) fields.add({name, value, http::field_id(name)});
    return fields;
  }
};

std::string in_some_case(std::string word, Dice& dice) {
  for (char& c : word) {
    if (c >= 'a' && c <= 'z' && dice.one_in(5)) c = static_cast<char>(c - 32);
  }
  return word;
}

/// MEANT as directives, in the order in which the dice fall.
std::vector<std::string> directives(const Meant& meant, Dice& dice, bool is_structured) {
  std::vector<std::string> all;
  const auto place = [&](std::string text) {
    all.insert(all.begin() + dice.between(0, static_cast<std::int64_t>(all.size())), std::move(text));
  };
  const auto spell = [&](const char* word) { return is_structured ? word : in_some_case(word, dice); };
  const auto number = [&](const char* word, Seconds seconds, bool larger_is_stricter = false) {
    if (!seconds) return;
    const std::string digits = std::to_string(*seconds);
    const bool is_quoted = !is_structured && dice.one_in(5);
    place(spell(word) + "=" + (is_quoted ? '"' + digits + '"' : digits));
    const std::int64_t laxer = larger_is_stricter ? *seconds / 2 : *seconds + 7;
    if (!is_structured && dice.one_in(8)) place(spell(word) + "=" + std::to_string(laxer));
  };
  for (const std::string& word : meant.words) place(spell(word.c_str()));
  number("max-age", meant.max_age), number("s-maxage", meant.s_maxage);
  number("stale-while-revalidate", meant.stale_while_revalidate), number("stale-if-error", meant.stale_if_error);
  number("max-stale", meant.max_stale), number("min-fresh", meant.min_fresh, true);
  if (dice.one_in(4)) place(dice.one_of<const char*>({"foo", "x=1", "y=\"no-store, private\"", "no-cach", "sentinel=max-age"}));
  return all;
}

void write(const char* name, const std::vector<std::string>& parts, Dice& dice, Message& message) {
  std::string value;
  for (const std::string& part : parts) {
    if (!value.empty() && dice.one_in(5)) {
      message.lines.emplace_back(name, value);
      value.clear();
    }
    if (!value.empty()) value += dice.one_of<const char*>({",", ", ", " ,\t"});
    value += part;
  }
  if (!value.empty()) message.lines.emplace_back(name, value);
}

std::string date_at(std::int64_t offset) { return http::http_date(arrival + offset); }

Message response_of(const World& w, Dice& dice) {
  Message message;
  write("Cache-Control", directives(w.control, dice, false), dice, message);
  if (w.targeted) write("CDN-Cache-Control", directives(*w.targeted, dice, true), dice, message);
  if (w.has_expires) message.lines.emplace_back("Expires", w.expires_is_nonsense ? "0" : date_at(w.expires));
  if (w.date) message.lines.emplace_back("Date", date_at(*w.date));
  if (w.age) message.lines.emplace_back("Age", std::to_string(*w.age));
  const std::string accel = std::to_string(w.accel_value);
  if (w.accel == Accel::seconds) message.lines.emplace_back("X-Accel-Expires", accel);
  if (w.accel == Accel::instant) message.lines.emplace_back("X-Accel-Expires", "@" + std::to_string(arrival + w.accel_value));
  if (w.accel == Accel::nonsense) message.lines.emplace_back("X-Accel-Expires", accel + "s");
  if (w.set_cookie) message.lines.emplace_back("Set-Cookie", "a=b");
  if (w.vary_star) message.lines.emplace_back("Vary", "Accept, *");
  if (w.etag) message.lines.emplace_back("ETag", "\"a\"");
  return message;
}

Message request_of(const World& w, Dice& dice) {
  Message message;
  write("Cache-Control", directives(w.request, dice, false), dice, message);
  if (w.authorization) message.lines.emplace_back("Authorization", "Basic YTpi");
  return message;
}

StoreRules store_rules(const World& w) {
  StoreRules rules;
  if (w.valid) rules.valid = {{w.status, *w.valid * 1000}};
  rules.ignore = {w.ignore_accel, w.ignore_expires, w.ignore_control, w.ignore_cookie, w.ignore_vary};
  rules.post = w.cache_post;
  rules.key_has_authorization = w.key_has_authorization;
  rules.honour_request_directives = w.honour;
  rules.revalidate = w.revalidate;
  return rules;
}

std::string name(Use use) {
  const char* const names[] = {"fresh", "stale", "stale+update", "validate", "fetch", "504"};
  return names[static_cast<unsigned>(use)];
}

std::string show(const Message& request, const World& w, const Message& response) {
  std::string text = w.method + " -> " + std::to_string(w.status) + "\n";
  for (const Message* message : {&request, &response}) {
    for (const auto& [field, value] : message->lines) text += field + ": " + value + "\n";
  }
  return text;
}

void compare_over_time(const World& w, const Verdict& verdict, const Freshness& freshness, const CacheControl& client,
                       Dice& dice) {
  UseRules rules;
  rules.honour_request_directives = w.honour;
  const std::int64_t edge = verdict.fresh_until;
  for (const std::int64_t now : {std::int64_t{0}, edge - 1, edge, edge + dice.between(0, 100) * 1000, dice.between(0, 300'000)}) {
    if (now < 0) continue;
    const std::int64_t instant = arrival * 1000 + now;
    ASSERT_EQ(freshness.is_fresh(instant), is_fresh(verdict, now)) << now;
    ASSERT_EQ(name(decide_use(&freshness, client, rules, instant)), use_of(w, verdict, now)) << now;
    ASSERT_EQ(may_use_stale(freshness, client, rules, StaleReason::http_502, instant), may_stand_in(w, verdict, now)) << now;
  }
}

/// Whether it was stored, so that the test can tell that it saw both.
bool compare(Dice& dice) {
  const World w = draw(dice);
  const Message request = request_of(w, dice), response = response_of(w, dice);
  SCOPED_TRACE(show(request, w, response));
  const http::FieldList request_fields = request.list();
  http::ResponseHead head;
  head.status = w.status;
  head.fields = response.list();
  const Exchange exchange{http::method_of(w.method), &request_fields, &head, arrival * 1000, arrival * 1000};
  const StoreDecision decision = decide_store(exchange, store_rules(w));
  const Verdict verdict = judge(w);
  EXPECT_EQ(decision.stored(), verdict.stored) << text_of(decision.refusal);
  if (!verdict.stored || !decision.stored()) return false;
  EXPECT_GE(decision.keep, verdict.always_validate ? 1 : std::max<std::int64_t>(verdict.fresh_until, 1));
  EXPECT_EQ(decision.freshness.initial_age, age_at_arrival(w));
  compare_over_time(w, verdict, decision.freshness, request_cache_control(request_fields), dice);
  return true;
}

TEST(PlainRules, AgreeWithEveryDecision) {
  Dice dice(9111);
  int stored = 0, refused = 0;
  for (int i = 0; i < 300'000 && !HasFailure(); ++i) (compare(dice) ? stored : refused) += 1;
  EXPECT_GT(stored, 50'000);
  EXPECT_GT(refused, 50'000);
}

}  // namespace
}  // namespace drishti::cache
