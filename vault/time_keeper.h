// TimeKeeper: the vault's time as an interval, from a confirmed anchor (FORMAT.md §9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vault/base/clock.h"
#include "vault/base/result.h"

namespace vault {

// TimeKeeper.
//
// Invariants: low never falls, neither below the high-water mark nor while the program runs;
// without an anchor high is the end of time, so nothing that has an end is open, and low is the
// mark, so nothing falls due.
class TimeKeeper {
 public:
  // Source says on whose word the time rests.
  enum class Source : std::uint8_t { kNone, kPerson, kSystem };

  TimeKeeper(const SystemClock& clock, UnixSeconds high_water_mark)
      : clock_(clock), mark_(high_water_mark) {}

  // Confirm anchors at max(system clock, low) when the operator's date is the clock's date in
  // London and not before low's. Errors: kInvalid otherwise.
  Status Confirm(Day date);
  // TrustSystem anchors when the clock lies between ten minutes before and 30 days after the mark.
  // Errors: kInvalid otherwise.
  Status TrustSystem();
  bool anchored() const { return anchor_.has_value(); }
  Source source() const { return anchor_ ? anchor_->source : Source::kNone; }
  TimeInterval Now() const;
  // DayToCountFrom is the day of what happens now, for periods that begin with it: the latest it
  // can be, so that none ends early. Without an anchor, by the later of mark and clock.
  Day DayToCountFrom() const;
  // Mark is what a commit made now stores: low while anchored, else the mark unchanged.
  UnixSeconds Mark();
  // Unmarked is how far low has gone since the last commit: what a restart could take back.
  UnixSeconds Unmarked() const { return Now().low - mark_; }
  // Warnings tells the operator, in plain words, where the server's clock and the vault disagree.
  std::vector<std::string> Warnings() const;

 private:
  struct Anchor {
    UnixSeconds time;
    UnixSeconds boottime;
    Source source;
  };
  void AnchorAt(UnixSeconds now, Source source);
  const SystemClock& clock_;
  UnixSeconds mark_;
  std::optional<Anchor> anchor_;
};

}  // namespace vault
