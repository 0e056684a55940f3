// FolderLock: one process at a time works in a data folder.
#pragma once

#include <memory>
#include <string>

#include "vault/base/result.h"

namespace vault {

// FolderLock holds DATA/lock for as long as it lives. The system lets it go with the process.
class FolderLock {
 public:
  // Errors: kConflict another process works in this folder; kUnavailable.
  static Result<std::unique_ptr<FolderLock>> Take(const std::string& data);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace vault
