#include "vault/base/day_words.h"

#include <array>

namespace vault {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

// YYYY-MM-DDThh:mm, the shortest time there is.
constexpr std::size_t kDaySize = 10;
constexpr std::size_t kMinuteSize = 16;
constexpr UnixSeconds kHour = 3600;

}  // namespace

std::string DayWords(Day day) {
  return std::to_string(day.day_of_month()) + " " + std::string(kMonths[day.month() - 1]) + " " +
         std::to_string(day.year());
}

std::string TimeWords(UnixSeconds time) {
  std::string words = DayWords(LondonDay(time)) + ", " + FormatMinute(time).substr(kDaySize + 1, 5);
  if (LondonOffset(time) == 0 && LondonOffset(time - kHour) != 0) words += " GMT";
  if (LondonOffset(time) != 0 && LondonOffset(time + kHour) == 0) words += " BST";
  return words;
}

std::string DateWords(std::string_view text) {
  if (text.size() == kDaySize) {
    const auto day = Day::Parse(text);
    return day.ok() ? DayWords(day.value()) : std::string(text);
  }
  if (text.size() < kMinuteSize) return std::string(text);
  const auto time = ParseWhen(text);
  return time.ok() ? TimeWords(time.value()) : std::string(text);
}

}  // namespace vault
