// Clock: time as an interval that a wrong system clock cannot use against the documents.
#pragma once

#include "vault/base/civil.h"

namespace vault {

// TimeInterval says: the true time is at least low and at most high.
// Open iff high < end and low >= from; destroy iff low >= deadline.
struct TimeInterval {
  UnixSeconds low = 0;
  UnixSeconds high = 0;
};

// SystemClock gives raw readings. The rule of the interval (anchors, drift) is in vault/time.
class SystemClock {
 public:
  virtual ~SystemClock() = default;
  virtual UnixSeconds Realtime() const = 0;
  // Boottime counts on while the machine sleeps and cannot be set.
  virtual UnixSeconds Boottime() const = 0;
};

}  // namespace vault
