// Machine: what this machine offers for keeping secrets and destroying them. The daemon asks at its
// start, and `doctor` at any time.
#pragma once

#include <string>
#include <vector>

#include "vault/base/clock.h"
#include "vault/vault.h"

namespace vault {

// MachineFinding is the answer to one question, in plain words. What must hold and does not keeps
// the daemon from starting; the rest is advice.
struct MachineFinding {
  enum class Weight : std::uint8_t { kMust, kAdvice };
  std::string check;
  Weight weight = Weight::kAdvice;
  bool ok = false;
  std::string detail;

  bool fatal() const { return weight == Weight::kMust && !ok; }
};

// kLockedMemory is what the daemon locks at least: keys of requests, and the first of the memory
// of the database library, which grows with the pages it keeps.
inline constexpr std::size_t kLockedMemory = std::size_t{4} << 20;

// CheckProcess asks about memory, dumps, swap, debuggers, randomness, clocks and open files. What
// it tries it puts back.
std::vector<MachineFinding> CheckProcess();
// CheckPlace asks about the data folder, or the one where it will be, and the folders of the cells:
// rights, free space, kind of file system, reading past the cache.
std::vector<MachineFinding> CheckPlace(const VaultPlace& place);

}  // namespace vault
