// PastLogs: the logs that a restore put aside. Their entries and certificates stay provable, each
// under its own name (FORMAT.md §8).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vault/core.h"

namespace vault {

// PastLogView is one of them; log_key is the vkey that its certificates and files verify under.
struct PastLogView {
  std::uint32_t number = 0;
  std::string origin;
  std::uint64_t size = 0;
  std::string log_key;
};

// PastLogs.    Threads: with the register's lock, also while a log that was opened is used.
class PastLogs {
 public:
  explicit PastLogs(Core& core) : core_(core) {}
  // List gives them oldest first.
  Result<std::vector<PastLogView>> List();
  // Open. Errors: kNotFound no such log; kCorrupt it is not as it was put aside.
  Result<std::unique_ptr<AuditLog>> Open(std::uint32_t number);

 private:
  Core& core_;
};

}  // namespace vault
