#include "policies/calendar.h"

#include <algorithm>
#include <set>

#include "policies/element.h"

namespace policies {

using vault::Day;
using vault::Result;

namespace {

constexpr unsigned kSaturday = 6;
constexpr unsigned kSunday = 0;

bool IsWeekend(Day day) { return day.weekday() == kSaturday || day.weekday() == kSunday; }

Day DayOf(int year, unsigned month, unsigned day) {
  auto made = Day::From(year, month, day);
  CHECK(made.ok());
  return made.value();
}

enum class Substitute { kNone, kNextFreeWeekday };

// One <holiday>: a fixed date, a distance from Easter Sunday, or the n-th weekday of a month.
struct HolidayRule {
  enum class Kind { kFixed, kEaster, kWeekday };
  std::string id;
  std::string name;
  Kind kind = Kind::kFixed;
  unsigned month = 1;
  unsigned day = 1;
  int easter = 0;
  unsigned weekday = 1;
  int nth = 1;  // 0 the last
  int since = 0;
  Substitute substitute = Substitute::kNone;

  Day In(int year) const {
    if (kind == Kind::kFixed) return DayOf(year, month, day);
    if (kind == Kind::kEaster) return EasterSunday(year).Plus(easter);
    Day first = DayOf(year, month, 1);
    if (nth == 0) {
      Day last = first.PlusMonths(1).Plus(-1);
      return last.Plus(-static_cast<int>((last.weekday() + 7 - weekday) % 7));
    }
    return first.Plus(static_cast<int>((weekday + 7 - first.weekday()) % 7) + 7 * (nth - 1));
  }
};

struct Move {
  std::string holiday;
  Day to;
};
struct Extra {
  Day day;
  std::string name;
};

}  // namespace

// Gregorian computus in the arithmetic of Meeus, Jones and Butcher.
Day EasterSunday(int year) {
  int a = year % 19;
  int b = year / 100;
  int c = year % 100;
  int d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
  int e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
  int f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
  return DayOf(year, static_cast<unsigned>(f / 31), static_cast<unsigned>(f % 31 + 1));
}

// CalendarReader turns the rules of a text into the days of its years.
class CalendarReader {
 public:
  Checked<Calendar> Read(std::string_view text) {
    auto parsed = ParseText(text);
    if (!parsed.ok()) return std::move(parsed).faults();
    Element root(parsed.value().root(), &faults_);
    if (root.node().name() != "calendar") {
      faults_.Add(root.node().position(), "the root element must be <calendar>");
      return std::move(faults_).Take();
    }
    calendar_.id_ = root.Code("id");
    root.TextOr("name", "");
    root.TextOr("note", "");
    calendar_.first_year_ = root.Number("from", 1900, 2199);
    calendar_.last_year_ = root.Number("to", 1900, 2199);
    if (calendar_.last_year_ < calendar_.first_year_) root.FaultAt("to", "lies before from");
    root.Finish();
    for (vault::XmlNode child : root.Children({"holiday", "move", "extra", "include"})) {
      Element element(child, &faults_);
      if (child.name() == "holiday") Holiday(element);
      if (child.name() == "move") Moved(element);
      if (child.name() == "extra") Added(element);
      if (child.name() == "include") Included(element);
      element.Children({});
      element.Finish();
    }
    if (!faults_.empty()) return std::move(faults_).Take();
    for (int year = calendar_.first_year_; year <= calendar_.last_year_; ++year) Fill(year);
    calendar_.Index();
    return std::move(calendar_);
  }

 private:
  void Holiday(Element& element) {
    HolidayRule rule;
    rule.id = element.Code("id");
    rule.name = element.Text("name");
    element.TextOr("source", "");
    element.RequireOneOf({"day", "easter", "weekday"});
    if (element.Has("since")) rule.since = element.Number("since", 1900, 2199);
    if (element.Has("easter")) {
      rule.kind = HolidayRule::Kind::kEaster;
      rule.easter = element.Number("easter", -60, 60);
    } else {
      rule.month = static_cast<unsigned>(element.Number("month", 1, 12));
    }
    if (element.Has("weekday")) {
      rule.kind = HolidayRule::Kind::kWeekday;
      rule.weekday = element.Choice<unsigned>(
          "weekday",
          {{"monday", 1}, {"tuesday", 2}, {"wednesday", 3}, {"thursday", 4}, {"friday", 5}});
      rule.nth = element.Choice<int>(
          "nth", {{"first", 1}, {"second", 2}, {"third", 3}, {"fourth", 4}, {"last", 0}});
    } else if (element.Has("day")) {
      // 29 February is no yearly day.
      rule.day = static_cast<unsigned>(element.Number("day", 1, 31));
      if (!Day::From(2001, rule.month, rule.day).ok()) {
        element.FaultAt("day", "does not come every year");
      }
      rule.substitute = element.Choice<Substitute>(
          "substitute",
          {{"none", Substitute::kNone}, {"next-free-weekday", Substitute::kNextFreeWeekday}});
    }
    for (const HolidayRule& other : rules_) {
      if (other.id == rule.id) element.FaultAt("id", "is given twice");
    }
    rules_.push_back(std::move(rule));
  }

  void Moved(Element& element) {
    Move move{element.Code("holiday"), element.Date("to")};
    Sourced(element);
    bool known = std::any_of(rules_.begin(), rules_.end(),
                             [&move](const HolidayRule& r) { return r.id == move.holiday; });
    if (!known) element.FaultAt("holiday", "names no holiday above");
    InYears(element, "to", move.to);
    moves_.push_back(std::move(move));
  }

  void Added(Element& element) {
    Extra extra{element.Date("date"), element.Text("name")};
    Sourced(element);
    InYears(element, "date", extra.day);
    extras_.push_back(std::move(extra));
  }

  void Included(Element& element) {
    std::string id = element.Code("calendar");
    const auto& known = calendar_.includes_;
    if (std::find(known.begin(), known.end(), id) != known.end()) {
      element.FaultAt("calendar", "is included twice");
    }
    calendar_.includes_.push_back(std::move(id));
  }

  // One-off days are never only a date: somebody will ask who said so, and when it was entered.
  void Sourced(Element& element) {
    element.Text("source");
    element.Date("entered");
  }

  void InYears(Element& element, std::string_view attribute, Day day) {
    if (day != Day() && !calendar_.Covers(day)) {
      element.FaultAt(attribute, "lies outside the calendar's years");
    }
  }

  void Fill(int year) {
    std::vector<std::pair<Day, const HolidayRule*>> on_weekend;
    for (const HolidayRule& rule : rules_) {
      if (year < rule.since) continue;
      Day day = rule.In(year);
      for (const Move& move : moves_) {
        if (move.holiday == rule.id && move.to.year() == year) day = move.to;
      }
      bool substituted = rule.substitute == Substitute::kNextFreeWeekday && IsWeekend(day);
      if (substituted) on_weekend.emplace_back(day, &rule);
      // A day on a weekend stays a holiday by name, also when it has a substitute.
      calendar_.holidays_.emplace(day, rule.name);
    }
    for (const Extra& extra : extras_) {
      if (extra.day.year() == year) calendar_.holidays_.emplace(extra.day, extra.name);
    }
    // Substitutes are given only once every holiday that needs none has its day.
    std::sort(on_weekend.begin(), on_weekend.end());
    for (const auto& [day, rule] : on_weekend) {
      Day next = day.Plus(1);
      while (IsWeekend(next) || calendar_.holidays_.contains(next)) next = next.Plus(1);
      calendar_.holidays_.emplace(next, rule->name + " (substitute day)");
    }
  }

  FaultList faults_;
  Calendar calendar_;
  std::vector<HolidayRule> rules_;
  std::vector<Move> moves_;
  std::vector<Extra> extras_;
};

Checked<Calendar> Calendar::Parse(std::string_view text) { return CalendarReader().Read(text); }

void Calendar::Include(const Calendar& other) {
  first_year_ = std::max(first_year_, other.first_year_);
  last_year_ = std::min(last_year_, other.last_year_);
  holidays_.insert(other.holidays_.begin(), other.holidays_.end());
  Index();
}

void Calendar::Index() {
  working_.clear();
  before_.clear();
  if (last_year_ < first_year_) return;  // the years of two calendars need not meet
  const std::int32_t past = DayOf(last_year_, 12, 31).number() + 1;
  first_day_ = DayOf(first_year_, 1, 1).number();
  auto holiday = holidays_.begin();
  for (std::int32_t number = first_day_; number < past; ++number) {
    const Day day = Day::FromNumber(number);
    while (holiday != holidays_.end() && holiday->first < day) ++holiday;
    before_.push_back(static_cast<std::int32_t>(working_.size()));
    const bool off = holiday != holidays_.end() && holiday->first == day;
    if (!IsWeekend(day) && !off) working_.push_back(number);
  }
}

bool Calendar::Covers(Day day) const {
  return day.year() >= first_year_ && day.year() <= last_year_;
}

bool Calendar::IsWorkingDay(Day day) const {
  const std::int64_t at = static_cast<std::int64_t>(day.number()) - first_day_;
  if (at < 0 || at >= static_cast<std::int64_t>(before_.size())) return false;
  const auto rank = static_cast<std::size_t>(before_[static_cast<std::size_t>(at)]);
  return rank < working_.size() && working_[rank] == day.number();
}

std::optional<std::string> Calendar::HolidayOn(Day day) const {
  auto found = holidays_.find(day);
  if (found == holidays_.end() || !Covers(day)) return std::nullopt;
  return found->second;
}

std::vector<Day> Calendar::Holidays(int year) const {
  std::vector<Day> out;
  for (const auto& [day, name] : holidays_) {
    if (day.year() == year && Covers(day)) out.push_back(day);
  }
  return out;
}

Result<Day> Calendar::AddWorkingDays(Day from, int count) const {
  if (count == 0) return from;
  const vault::Error outside = vault::Invalid("the date lies outside the calendar's years");
  // The day before the first and the one after the last can still be counted from.
  const std::int64_t at = static_cast<std::int64_t>(from.number()) - first_day_;
  const auto days = static_cast<std::int64_t>(before_.size());
  if (at < -1 || at > days) return outside;
  const auto total = static_cast<std::int64_t>(working_.size());
  std::int64_t rank = 0;  // of the first working day at or after `from`
  if (at >= 0) rank = at < days ? before_[static_cast<std::size_t>(at)] : total;
  if (count > 0 && IsWorkingDay(from)) ++rank;
  rank += count > 0 ? count - 1 : count;
  if (rank < 0 || rank >= total) return outside;
  return Day::FromNumber(working_[static_cast<std::size_t>(rank)]);
}

Result<Day> Calendar::Roll(Day day, int step) const {
  while (Covers(day) && !IsWorkingDay(day)) day = day.Plus(step);
  if (!Covers(day)) return vault::Invalid("the date lies outside the calendar's years");
  return day;
}
Result<Day> Calendar::RollEarlier(Day day) const { return Roll(day, -1); }
Result<Day> Calendar::RollLater(Day day) const { return Roll(day, 1); }

Checked<CalendarBook> CalendarBook::FromTexts(const std::vector<SourceText>& texts) {
  std::vector<Fault> faults;
  std::vector<std::pair<Calendar, std::string>> read;
  std::map<std::string, Calendar, std::less<>> by_id;
  for (const SourceText& source : texts) {
    auto parsed = Calendar::Parse(source.text);
    if (!parsed.ok()) {
      for (Fault fault : parsed.faults()) {
        fault.file = source.name;
        faults.push_back(std::move(fault));
      }
      continue;
    }
    if (!by_id.emplace(parsed.value().id(), parsed.value()).second) {
      faults.push_back({source.name, {}, "the calendar's id is given twice"});
      continue;
    }
    read.emplace_back(std::move(parsed).value(), source.name);
  }
  CalendarBook book;
  for (auto& [calendar, file] : read) {
    for (const std::string& id : std::vector<std::string>(calendar.includes())) {
      auto other = by_id.find(id);
      if (other == by_id.end()) {
        faults.push_back({file, {}, "the included calendar " + id + " is not known"});
      } else if (!other->second.includes().empty()) {
        faults.push_back({file, {}, "the included calendar " + id + " includes others itself"});
      } else {
        calendar.Include(other->second);
      }
    }
    std::string id = calendar.id();
    book.calendars_.emplace(std::move(id), std::make_shared<const Calendar>(std::move(calendar)));
  }
  if (!faults.empty()) return faults;
  return book;
}

std::shared_ptr<const Calendar> CalendarBook::Find(std::string_view id) const {
  auto found = calendars_.find(id);
  return found == calendars_.end() ? nullptr : found->second;
}

}  // namespace policies
