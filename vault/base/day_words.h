// DayWords: days and times as people in the United Kingdom write them. Bytes on disk, answers to
// programs, tables and log entries keep the forms of civil.h.
#pragma once

#include <string>
#include <string_view>

#include "vault/base/civil.h"

namespace vault {

// DayWords is "9 April 2026".
std::string DayWords(Day day);
// TimeWords is "9 April 2026, 12:30" by London's clocks; seconds are left out, and the hour that
// occurs twice a year is told apart: "25 October 2026, 01:30 GMT".
std::string TimeWords(UnixSeconds time);
// DateWords puts a text into words that is one day or one time as civil.h writes them, and gives
// any other text as it is.
std::string DateWords(std::string_view text);

}  // namespace vault
