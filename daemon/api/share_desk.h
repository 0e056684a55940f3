// ShareDesk: the shares that people have brought so far, until there are enough.
#pragma once

#include <cstddef>
#include <vector>

#include "vault/vault.h"

namespace service {

// ShareDesk keeps shares in locked memory, wiped when they are used, and 15 minutes after the last
// one was given: half an unsealing is nothing to leave lying.
//
// Threads: one at a time.
class ShareDesk {
 public:
  static constexpr vault::UnixSeconds kKeptFor = 15 * 60;

  explicit ShareDesk(const vault::SystemClock& clock) : clock_(clock) {}

  // Give takes all of these or none. Errors: kConflict one was given already.
  vault::Status Give(std::vector<vault::UnsealShare> shares);
  // given counts the shares that are there.
  std::size_t given();
  // enough says whether there are as many as they say are needed.
  bool enough();
  // Take hands out as many as are needed and forgets all. enough() holds.
  std::vector<vault::UnsealShare> Take();

 private:
  void ForgetOld();
  const vault::SystemClock& clock_;
  vault::UnixSeconds last_given_ = 0;
  std::vector<vault::UnsealShare> shares_;
};

}  // namespace service
