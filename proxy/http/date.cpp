#include "http/date.hpp"

#include <array>

#include "http/chars.hpp"

namespace drishti::http {

namespace {

constexpr std::int64_t day_seconds = 86400;
constexpr std::string_view day_names = "SunMonTueWedThuFriSat";
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::array<std::string_view, 7> long_days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

struct Civil {
  int year, month, day;  ///< month and day from 1
};

/// Days since 1970-01-01 of a proleptic Gregorian date: years begin in March so that the leap day comes last.
constexpr std::int64_t days_of(Civil date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

constexpr Civil civil_of(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), month, day};
}

constexpr bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }
constexpr int days_in(int year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[static_cast<std::size_t>(month - 1)];
}

/// Takes pieces off the front of a text; after the first mismatch all fail.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool literal(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return fail();
    text_.remove_prefix(wanted.size());
    return true;
  }
  /// Exactly `count` digits; -1 otherwise.
  int number(std::size_t count) {
    int value = 0;
    if (text_.size() < count) return fail(), -1;
    for (const char c : text_.substr(0, count)) {
      if (!is_digit(c)) return fail(), -1;
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  /// Index of the three letters at the front in a string of three-letter names; -1 when they are none.
  int name(std::string_view names) {
    for (std::size_t i = 0; i < names.size() && text_.size() >= 3; i += 3) {
      if (text_.substr(0, 3) != names.substr(i, 3)) continue;
      text_.remove_prefix(3);
      return static_cast<int>(i / 3);
    }
    return fail(), -1;
  }
  bool long_day() {
    for (const std::string_view day : long_days) {
      if (text_.starts_with(day)) return literal(day);
    }
    return fail();
  }
  bool complete() const { return ok_ && text_.empty(); }
  bool starts_with_space() const { return text_.starts_with(' '); }

 private:
  bool fail() {
    ok_ = false;
    text_ = {};
    return false;
  }
  std::string_view text_;
  bool ok_ = true;
};

struct Parts {
  Civil date{};
  int hour = 0, minute = 0, second = 0;
};

void read_time(Reader& in, Parts& parts) {
  parts.hour = in.number(2);
  in.literal(":");
  parts.minute = in.number(2);
  in.literal(":");
  parts.second = in.number(2);
}

/// IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
bool read_fixdate(std::string_view text, Parts& parts) {
  Reader in(text);
  in.name(day_names);
  in.literal(", ");
  parts.date.day = in.number(2);
  in.literal(" ");
  parts.date.month = in.name(month_names) + 1;
  in.literal(" ");
  parts.date.year = in.number(4);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  return in.complete();
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`; two digits of a year as nginx reads them: below 70 is the 21st century.
bool read_rfc850(std::string_view text, Parts& parts) {
  Reader in(text);
  in.long_day();
  in.literal(", ");
  parts.date.day = in.number(2);
  in.literal("-");
  parts.date.month = in.name(month_names) + 1;
  in.literal("-");
  const int year = in.number(2);
  parts.date.year = year < 70 ? year + 2000 : year + 1900;
  in.literal(" ");
  read_time(in, parts);
  in.literal(" GMT");
  return in.complete();
}

/// `Sun Nov  6 08:49:37 1994`.
bool read_asctime(std::string_view text, Parts& parts) {
  Reader in(text);
  in.name(day_names);
  in.literal(" ");
  parts.date.month = in.name(month_names) + 1;
  in.literal(" ");
  if (in.starts_with_space()) {
    in.literal(" ");
    parts.date.day = in.number(1);
  } else {
    parts.date.day = in.number(2);
  }
  in.literal(" ");
  read_time(in, parts);
  in.literal(" ");
  parts.date.year = in.number(4);
  return in.complete();
}

bool is_valid(const Parts& parts) {
  const auto& [year, month, day] = parts.date;
  return day >= 1 && day <= days_in(year, month) && parts.hour <= 23 && parts.minute <= 59 && parts.second <= 60;
}

void put_digits(char* out, int count, std::int64_t value) {
  for (int i = count - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void write_http_date(std::int64_t unix_seconds, char* out) {
  constexpr std::int64_t last = 253402300799;  // 9999-12-31T23:59:59: four digits of a year
  const std::int64_t seconds = unix_seconds < 0 ? 0 : unix_seconds > last ? last : unix_seconds;
  const std::int64_t days = seconds / day_seconds, of_day = seconds % day_seconds;
  const Civil date = civil_of(days);
  std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").copy(out, http_date_size);
  day_names.substr(static_cast<std::size_t>((days + 4) % 7) * 3, 3).copy(out, 3);
  put_digits(out + 5, 2, date.day);
  month_names.substr(static_cast<std::size_t>(date.month - 1) * 3, 3).copy(out + 8, 3);
  put_digits(out + 12, 4, date.year);
  put_digits(out + 17, 2, of_day / 3600);
  put_digits(out + 20, 2, of_day / 60 % 60);
  put_digits(out + 23, 2, of_day % 60);
}

std::string http_date(std::int64_t unix_seconds) {
  std::string text(http_date_size, '\0');
  write_http_date(unix_seconds, text.data());
  return text;
}

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  Parts parts;
  const bool read = read_fixdate(text, parts) || read_rfc850(text, parts) || read_asctime(text, parts);
  if (!read || !is_valid(parts)) return std::nullopt;
  return days_of(parts.date) * day_seconds + parts.hour * 3600 + parts.minute * 60 + parts.second;
}

}  // namespace drishti::http
