// TimeKeeper: the vault's time as an interval, from a confirmed anchor (FORMAT.md §9).
#pragma once

#include <optional>

#include "vault/base/clock.h"
#include "vault/base/result.h"

namespace vault {

// TimeKeeper.
//
// Invariants: low never falls below the high-water mark; without an anchor high is the end of
// time, so nothing that has an end is open, and low is the mark, so nothing falls due.
class TimeKeeper {
 public:
  TimeKeeper(const SystemClock& clock, UnixSeconds high_water_mark)
      : clock_(clock), mark_(high_water_mark) {}

  // Confirm anchors at max(system clock, mark) when the operator's date is the clock's date in
  // London and not before the mark's. Errors: kInvalid otherwise.
  Status Confirm(Day date);
  // TrustSystem anchors when the clock lies between ten minutes before and 30 days after the mark.
  // Errors: kInvalid otherwise.
  Status TrustSystem();
  bool anchored() const { return anchor_.has_value(); }
  TimeInterval Now() const;
  // Mark is what a commit made now stores: low while anchored, else the mark unchanged.
  UnixSeconds Mark();

 private:
  struct Anchor {
    UnixSeconds time;
    UnixSeconds boottime;
  };
  const SystemClock& clock_;
  UnixSeconds mark_;
  std::optional<Anchor> anchor_;
};

}  // namespace vault
