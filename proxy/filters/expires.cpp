#include "filters/expires.hpp"

#include <ctime>

#include "context/number_text.hpp"
#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "http/date.hpp"

namespace drishti::filters {
namespace {

using conf::Expires;
using context::RequestContext;
using http::Field;
using http::FieldId;
using Kind = Expires::Kind;

struct Freshness {
  std::int64_t until = 0;  ///< seconds since 1970
  std::int64_t max_age = 0;
};

/// What a variable says, if it does; nginx takes what it cannot read for `off`.
Expires in_force(const Expires& configured, RequestContext& context) {
  if (!configured.variable) return configured;
  const std::string_view text = context::evaluate(*configured.variable, context);
  return conf::parse_expires(text, configured.kind == Kind::modified).expires;
}

/// The next time that the local clock shows SECONDS after midnight.
std::int64_t next_time(std::int64_t now, std::int64_t seconds) {
  std::time_t moment = now;
  std::tm day{};
  ::localtime_r(&moment, &day);
  day.tm_hour = static_cast<int>(seconds / 3600);
  day.tm_min = static_cast<int>(seconds / 60 % 60);
  day.tm_sec = static_cast<int>(seconds % 60);
  day.tm_isdst = -1;
  const std::time_t today = ::mktime(&day);
  if (today > now) return today;
  ++day.tm_mday;
  day.tm_isdst = -1;
  return ::mktime(&day);
}

Freshness freshness_of(const Expires& expires, std::int64_t now, const http::FieldList& fields) {
  const std::int64_t time = expires.time.count();
  if (expires.kind == Kind::daily) {
    const std::int64_t until = next_time(now, time);
    return {until, until - now};
  }
  std::int64_t from = now;
  if (expires.kind == Kind::modified && time != 0)
    from = http::parse_http_date(fields.get(FieldId::last_modified)).value_or(now);
  return {from + time, from + time - now};
}

void replace(FieldId id, std::string_view name, std::string_view value, context::Response& response) {
  for (Field& field : response.fields)
    if (field.id == id) field = Field{};  // without a name it is not written
  response.fields.add({name, value, id});
}

void write(std::string_view date, std::string_view control, context::Response& response) {
  replace(FieldId::expires, "Expires", date, response);
  replace(FieldId::cache_control, "Cache-Control", control, response);
}

}  // namespace

void apply_expires(RequestContext& context) {
  const Expires expires = in_force(*context.location->expires, context);
  context::Response& response = context.response;
  switch (expires.kind) {
    case Kind::off: return;
    case Kind::epoch: return write("Thu, 01 Jan 1970 00:00:01 GMT", "no-cache", response);
    case Kind::max: return write("Thu, 31 Dec 2037 23:55:55 GMT", "max-age=315360000", response);
    default: break;
  }
  const Freshness fresh = freshness_of(expires, context.clock->wall_ms() / 1000, response.fields);
  context::Scratch control(context);
  if (expires.time.count() < 0 || fresh.max_age < 0) {
    control.text = "no-cache";
  } else {
    control.text = "max-age=";
    context::append_number(fresh.max_age, control.text);
  }
  write(context.arena.copy(http::http_date(fresh.until)), control.keep(), response);
}

}  // namespace drishti::filters
