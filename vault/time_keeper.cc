#include "vault/time_keeper.h"

#include <algorithm>
#include <limits>

namespace vault {
namespace {
constexpr UnixSeconds kEndOfTime = std::numeric_limits<UnixSeconds>::max();
// A clock may run fast or slow by 500 parts in a million.
constexpr UnixSeconds kDriftDivisor = 2000;
constexpr UnixSeconds kTrustBefore = 10 * 60;
constexpr UnixSeconds kTrustAfter = UnixSeconds{30} * 86400;
}  // namespace

Status TimeKeeper::Confirm(Day date) {
  const UnixSeconds now = clock_.Realtime();
  if (LondonDay(now) != date) {
    return Invalid("the server's clock says " + LondonDay(now).ToText() + ", not " + date.ToText() +
                   ": set the clock or confirm its date");
  }
  if (date < LondonDay(mark_)) {
    return Invalid("the vault has already seen " + LondonDay(mark_).ToText() +
                   ": its time never goes back");
  }
  anchor_ = Anchor{std::max(now, mark_), clock_.Boottime()};
  return Ok();
}

Status TimeKeeper::TrustSystem() {
  const UnixSeconds now = clock_.Realtime();
  if (now < mark_ - kTrustBefore || now > mark_ + kTrustAfter) {
    return Invalid("the server's clock is too far from the vault's last known time");
  }
  anchor_ = Anchor{std::max(now, mark_), clock_.Boottime()};
  return Ok();
}

TimeInterval TimeKeeper::Now() const {
  if (!anchor_) return {mark_, kEndOfTime};
  const UnixSeconds passed = std::max<UnixSeconds>(0, clock_.Boottime() - anchor_->boottime);
  const UnixSeconds drift = passed / kDriftDivisor;
  const UnixSeconds low = std::max(mark_, anchor_->time + passed - drift);
  // The clock's own reading is at most as early as high: a forward jump locks, it destroys nothing.
  const UnixSeconds high = std::max(anchor_->time + passed + drift, clock_.Realtime());
  return {low, std::max(low, high)};
}

UnixSeconds TimeKeeper::Mark() {
  if (anchor_) mark_ = std::max(mark_, Now().low);
  return mark_;
}

}  // namespace vault
