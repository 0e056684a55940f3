#include "vault/time_keeper.h"

#include <algorithm>
#include <limits>

#include "vault/base/day_words.h"

namespace vault {
namespace {
constexpr UnixSeconds kEndOfTime = std::numeric_limits<UnixSeconds>::max();
// A clock may run fast or slow by 500 parts in a million.
constexpr UnixSeconds kDriftDivisor = 2000;
constexpr UnixSeconds kTrustBefore = 10 * 60;
constexpr UnixSeconds kDay = 86400;
constexpr UnixSeconds kTrustAfter = 30 * kDay;
// A difference that an operator should hear of, and that no leap second makes.
constexpr UnixSeconds kNoteworthy = 3600;

std::string Span(UnixSeconds seconds) {
  if (seconds >= 2 * kDay) return std::to_string(seconds / kDay) + " days";
  return std::to_string(seconds / 3600) + " hours";
}
}  // namespace

// While the program runs it knows how many seconds have passed: a day that is over is not
// confirmed again, though no commit has moved the mark since.
void TimeKeeper::AnchorAt(UnixSeconds now, Source source) {
  anchor_ = Anchor{std::max(now, Now().low), clock_.Boottime(), source};
}

Status TimeKeeper::Confirm(Day date) {
  const UnixSeconds now = clock_.Realtime();
  if (LondonDay(now) != date) {
    return Invalid("the server's clock says " + DayWords(LondonDay(now)) + ", not " +
                   DayWords(date) + ": set the clock or confirm its date");
  }
  const Day seen = LondonDay(Now().low);
  if (date < seen) {
    return Invalid("the vault has already seen " + DayWords(seen) + ": its time never goes back");
  }
  AnchorAt(now, Source::kPerson);
  return Ok();
}

Status TimeKeeper::TrustSystem() {
  const UnixSeconds now = clock_.Realtime();
  if (now < mark_ - kTrustBefore || now > mark_ + kTrustAfter) {
    return Invalid("the server's clock says " + DayWords(LondonDay(now)) +
                   ", the vault has last seen " + DayWords(LondonDay(mark_)) +
                   ": too far apart to trust the clock, so a person confirms the date");
  }
  AnchorAt(now, Source::kSystem);
  return Ok();
}

TimeInterval TimeKeeper::Now() const {
  if (!anchor_) return {mark_, kEndOfTime};
  const UnixSeconds passed = std::max<UnixSeconds>(0, clock_.Boottime() - anchor_->boottime);
  // Rounded up: the interval is never narrower than the drift.
  const UnixSeconds drift = (passed + kDriftDivisor - 1) / kDriftDivisor;
  const UnixSeconds low = std::max(mark_, anchor_->time + passed - drift);
  // The clock's own reading is at most as early as high: a forward jump locks, it destroys nothing.
  const UnixSeconds high = std::max(anchor_->time + passed + drift, clock_.Realtime());
  return {low, std::max(low, high)};
}

Day TimeKeeper::DayToCountFrom() const {
  const TimeInterval now = Now();
  return LondonDay(anchor_ ? now.high : std::max(now.low, clock_.Realtime()));
}

std::vector<std::string> TimeKeeper::Warnings() const {
  if (!anchor_) return {"the date has not been confirmed"};
  std::vector<std::string> warnings;
  const TimeInterval now = Now();
  const UnixSeconds clock = clock_.Realtime();
  if (clock > now.low + kNoteworthy) {
    warnings.push_back("the server's clock runs " + Span(clock - now.low) +
                       " ahead of the vault's time: what would end in between is locked, and "
                       "nothing is destroyed early; put the clock right, or confirm its date");
  }
  if (clock < now.low - kNoteworthy) {
    warnings.push_back("the server's clock is " + Span(now.low - clock) +
                       " behind the vault's time: the vault goes on by the seconds that passed; "
                       "put the clock right");
  }
  return warnings;
}

UnixSeconds TimeKeeper::Mark() {
  if (anchor_) mark_ = std::max(mark_, Now().low);
  return mark_;
}

}  // namespace vault
