// Calendar: which days are working days, by rule, with the exceptions as data.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/fault.h"
#include "vault/base/civil.h"
#include "vault/base/result.h"

namespace policies {

// EasterSunday of a Gregorian year.
vault::Day EasterSunday(int year);

// Calendar holds the holidays of a stretch of years. Outside its years nothing is a working day.
class Calendar {
 public:
  // Parse reads one <calendar> (POLICY.md). A calendar that includes others is completed by
  // CalendarBook.
  static Checked<Calendar> Parse(std::string_view text);

  const std::string& id() const { return id_; }
  int first_year() const { return first_year_; }
  int last_year() const { return last_year_; }
  const std::vector<std::string>& includes() const { return includes_; }
  // Include takes over another calendar's holidays and keeps the years both cover.
  void Include(const Calendar& other);

  bool Covers(vault::Day day) const;
  bool IsWorkingDay(vault::Day day) const;
  // HolidayOn names the holiday of that day, if it is one.
  std::optional<std::string> HolidayOn(vault::Day day) const;
  // Holidays of one year, in order.
  std::vector<vault::Day> Holidays(int year) const;

  // AddWorkingDays counts working days from a day that is itself day 0; 0 gives the day.
  // Errors: kInvalid the count leaves the calendar's years.
  vault::Result<vault::Day> AddWorkingDays(vault::Day from, int count) const;
  // RollEarlier and RollLater give the day itself when it is a working day, else the nearest one.
  // Errors: as above.
  vault::Result<vault::Day> RollEarlier(vault::Day day) const;
  vault::Result<vault::Day> RollLater(vault::Day day) const;

 private:
  friend class CalendarReader;
  Calendar() = default;
  vault::Result<vault::Day> Roll(vault::Day day, int step) const;

  std::string id_;
  int first_year_ = 0;
  int last_year_ = 0;
  std::vector<std::string> includes_;
  // Index counts the working days once, so that adding many costs as much as adding one.
  void Index();
  std::map<vault::Day, std::string> holidays_;
  std::vector<std::int32_t> working_;  // the working days, by number, in order
  std::vector<std::int32_t> before_;   // for each day from first_day_: working days before it
  std::int32_t first_day_ = 0;
};

// CalendarBook finds calendars by id.
class CalendarBook {
 public:
  // FromTexts reads them all. Faults: those of each text; an id given twice; an unknown, nested or
  // own include.
  static Checked<CalendarBook> FromTexts(const std::vector<SourceText>& texts);
  // Find gives null for an unknown id.
  std::shared_ptr<const Calendar> Find(std::string_view id) const;

 private:
  std::map<std::string, std::shared_ptr<const Calendar>, std::less<>> calendars_;
};

}  // namespace policies
