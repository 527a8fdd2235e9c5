#include "context/time_text.hpp"

#include <ctime>

#include "http/date.hpp"

namespace drishti::context {
namespace {

constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// The texts of one second.
struct SecondTexts {
  std::int64_t second = -1;
  char date[http::http_date_size];
  char local[26];
  char iso8601[25];
};

char* put2(char* out, int value) {
  *out++ = static_cast<char>('0' + value / 10 % 10);
  *out++ = static_cast<char>('0' + value % 10);
  return out;
}

char* put4(char* out, int value) { return put2(put2(out, value / 100), value % 100); }

char* put_time(char* out, const std::tm& t) {
  out = put2(out, t.tm_hour);
  *out++ = ':';
  out = put2(out, t.tm_min);
  *out++ = ':';
  return put2(out, t.tm_sec);
}

/// `+0530`, or `+05:30` with a colon.
void put_zone(char* out, long offset_seconds, bool colon) {
  *out++ = offset_seconds < 0 ? '-' : '+';
  const int minutes = static_cast<int>((offset_seconds < 0 ? -offset_seconds : offset_seconds) / 60);
  out = put2(out, minutes / 60);
  if (colon) *out++ = ':';
  put2(out, minutes % 60);
}

void put_local(char* out, const std::tm& t) {
  out = put2(out, t.tm_mday);
  *out++ = '/';
  for (const char* month = months[t.tm_mon]; *month != '\0'; ++month) *out++ = *month;
  *out++ = '/';
  out = put4(out, t.tm_year + 1900);
  *out++ = ':';
  out = put_time(out, t);
  *out++ = ' ';
  put_zone(out, t.tm_gmtoff, false);
}

void put_iso8601(char* out, const std::tm& t) {
  out = put4(out, t.tm_year + 1900);
  *out++ = '-';
  out = put2(out, t.tm_mon + 1);
  *out++ = '-';
  out = put2(out, t.tm_mday);
  *out++ = 'T';
  out = put_time(out, t);
  put_zone(out, t.tm_gmtoff, true);
}

void refresh(SecondTexts& texts, std::int64_t second) {
  std::tm t{};
  const std::time_t time = second;
  localtime_r(&time, &t);
  http::write_http_date(second, texts.date);
  put_local(texts.local, t);
  put_iso8601(texts.iso8601, t);
  texts.second = second;
}

}  // namespace

TimeText time_text(std::int64_t wall_ms) {
  thread_local SecondTexts texts;  // a cache of pure conversions: localtime_r takes a lock of the C library
  const std::int64_t second = wall_ms / 1000;
  if (texts.second != second) refresh(texts, second);
  return {{texts.date, sizeof texts.date}, {texts.local, sizeof texts.local}, {texts.iso8601, sizeof texts.iso8601}};
}

}  // namespace drishti::context
