// Watched: how every durable step is shown to a disk's observer before it is taken.
#pragma once

#include <functional>

#include "vault/store/disk.h"

namespace vault {

// Watched shows a step to the observer and takes it unless it is to be lost.
inline Status Watched(DiskObserver* observer, const DiskStep& step,
                      const std::function<Status()>& action) {
  if (observer == nullptr) return action();
  const DiskVerdict verdict = observer->OnStep(step);
  if (verdict == DiskVerdict::kLose) return Unavailable("the disk failed");
  Status status = action();
  if (status.ok() && verdict == DiskVerdict::kFailButKeep) return Unavailable("the disk failed");
  return status;
}

}  // namespace vault
