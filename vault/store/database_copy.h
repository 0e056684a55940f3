// DatabaseCopy: a consistent copy of an open database in another file, encrypted as the original
// is, made in steps so that the original can be written in between.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "vault/store/database.h"

struct sqlite3_backup;

namespace vault {

// DatabaseCopy.
//
// Order:   Start, Step until it says that all is copied; then the file is the database as it was at
//          the last step, and still has to be synced. Gone before, it leaves a file worth nothing.
// Threads: one at a time, with the original.
class DatabaseCopy {
 public:
  // Start makes the file. key: the original's, if it has one. A disk that fails under the copy is
  // an error here and never stops the process: the copy is not our state.
  // Errors: kConflict the file exists; kUnavailable.
  static Result<std::unique_ptr<DatabaseCopy>> Start(Disk& disk, Database& original,
                                                     const std::optional<DatabaseKey>& key,
                                                     const std::string& path);
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;
  ~DatabaseCopy();

  // Step copies some pages more, and says whether all are copied. What the original's own
  // connection writes between two steps is copied as well. Errors: kUnavailable.
  Result<bool> Step(int pages);

 private:
  explicit DatabaseCopy(std::unique_ptr<Database> copy) : copy_(std::move(copy)) {}
  std::unique_ptr<Database> copy_;
  sqlite3_backup* backup_ = nullptr;
};

}  // namespace vault
