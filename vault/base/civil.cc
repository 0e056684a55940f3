#include "vault/base/civil.h"

#include <chrono>
#include <cstdio>
#include <optional>

namespace vault {
namespace {

namespace ch = std::chrono;

ch::year_month_day Ymd(std::int32_t number) {
  return ch::year_month_day(ch::sys_days(ch::days(number)));
}

UnixSeconds LastSundayAtOne(int year, unsigned month) {
  const ch::sys_days last = ch::year(year) / ch::month(month) / ch::Sunday[ch::last];
  return last.time_since_epoch().count() * UnixSeconds{86400} + 3600;
}

// FloorDay rounds towards the past also before 1970.
std::int32_t FloorDay(UnixSeconds time) {
  return static_cast<std::int32_t>(time >= 0 ? time / 86400 : -((86399 - time) / 86400));
}

// Number reads exactly `size` digits at `at`.
std::optional<int> Number(std::string_view text, std::size_t at, std::size_t size) {
  if (at + size > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + size; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::string Format(UnixSeconds time, bool with_seconds) {
  const std::int32_t offset = LondonOffset(time);
  const UnixSeconds local = time + offset;
  const std::int32_t day = FloorDay(local);
  const auto second = static_cast<int>(local - day * UnixSeconds{86400});
  char buffer[48];
  if (with_seconds) {
    std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02d+%02d:00", second / 3600, second / 60 % 60,
                  second % 60, offset / 3600);
  } else {
    std::snprintf(buffer, sizeof buffer, "T%02d:%02d+%02d:00", second / 3600, second / 60 % 60,
                  offset / 3600);
  }
  return Day::FromNumber(day).ToText() + buffer;
}

}  // namespace

Result<Day> Day::From(int year, unsigned month, unsigned day) {
  const ch::year_month_day ymd{ch::year(year), ch::month(month), ch::day(day)};
  if (!ymd.ok() || year < 1900 || year > 2200) return Invalid("no such date");
  return Day(static_cast<std::int32_t>(ch::sys_days(ymd).time_since_epoch().count()));
}

Result<Day> Day::Parse(std::string_view text) {
  const auto year = Number(text, 0, 4);
  const auto month = Number(text, 5, 2);
  const auto day = Number(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !year || !month || !day) {
    return Invalid("a date is written YYYY-MM-DD");
  }
  return From(*year, static_cast<unsigned>(*month), static_cast<unsigned>(*day));
}

int Day::year() const { return static_cast<int>(Ymd(number_).year()); }
unsigned Day::month() const { return static_cast<unsigned>(Ymd(number_).month()); }
unsigned Day::day_of_month() const { return static_cast<unsigned>(Ymd(number_).day()); }
unsigned Day::weekday() const { return ch::weekday(ch::sys_days(ch::days(number_))).c_encoding(); }

Day Day::PlusMonths(std::int32_t months) const {
  ch::year_month_day ymd = Ymd(number_) + ch::months(months);
  if (!ymd.ok()) ymd = ymd.year() / ymd.month() / ch::last;
  return Day(static_cast<std::int32_t>(ch::sys_days(ymd).time_since_epoch().count()));
}

std::string Day::ToText() const {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u", year(), month(), day_of_month());
  return buffer;
}

std::int32_t LondonOffset(UnixSeconds time) {
  const int year = Day::FromNumber(FloorDay(time)).year();
  return time >= LastSundayAtOne(year, 3) && time < LastSundayAtOne(year, 10) ? 3600 : 0;
}

Day LondonDay(UnixSeconds time) { return Day::FromNumber(FloorDay(time + LondonOffset(time))); }

UnixSeconds LondonMoment(Day day, int hour, int minute) {
  const UnixSeconds as_utc = day.number() * UnixSeconds{86400} + hour * 3600 + minute * 60;
  // Summer time first: where a wall-clock time occurs twice this is its first occurrence.
  if (LondonOffset(as_utc - 3600) == 3600) return as_utc - 3600;
  return as_utc;
}

UnixSeconds LondonMidnight(Day day) { return LondonMoment(day, 0, 0); }

Result<UnixSeconds> ParseWhen(std::string_view text) {
  const Error bad =
      Invalid("a time is written YYYY-MM-DD or YYYY-MM-DDThh:mm, with or without an offset");
  TRY(const Day day, Day::Parse(text.substr(0, 10)));
  if (text.size() == 10) return LondonMidnight(day);
  const auto hour = Number(text, 11, 2);
  const auto minute = Number(text, 14, 2);
  if (text.size() < 16 || text[10] != 'T' || text[13] != ':' || !hour || !minute || *hour > 23 ||
      *minute > 59) {
    return bad;
  }
  std::string_view rest = text.substr(16);
  int second = 0;
  if (rest.starts_with(':')) {
    const auto parsed = Number(rest, 1, 2);
    if (!parsed || *parsed > 59) return bad;
    second = *parsed;
    rest.remove_prefix(3);
  }
  if (rest.empty()) return LondonMoment(day, *hour, *minute) + second;
  const UnixSeconds as_utc =
      day.number() * UnixSeconds{86400} + *hour * 3600 + *minute * 60 + second;
  if (rest == "Z") return as_utc;
  const auto off_hour = Number(rest, 1, 2);
  const auto off_minute = Number(rest, 4, 2);
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':' || !off_hour ||
      !off_minute || *off_hour > 14 || *off_minute > 59) {
    return bad;
  }
  const int offset = *off_hour * 3600 + *off_minute * 60;
  return rest[0] == '+' ? as_utc - offset : as_utc + offset;
}

Result<Day> DayWritten(std::string_view text) {
  if (text.size() == 10) return Day::Parse(text);
  TRY(const UnixSeconds moment, ParseWhen(text));
  return LondonDay(moment);
}

std::string FormatTime(UnixSeconds time) { return Format(time, true); }
std::string FormatMinute(UnixSeconds time) { return Format(time, false); }

}  // namespace vault
