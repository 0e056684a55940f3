// OutgoingFile: a document's bytes on their way out of the vault, into a new file.
#pragma once

#include <memory>
#include <string>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace vault {

// OutgoingFile writes what it is given in order. The bytes of a long document are written by a
// thread of their own while the caller opens the next ones, and go to the device from the first few
// MiB on, so that Finish finds little left to do; one of under 1 MiB starts no thread.
//
// Order: Create, Write any number of times, Finish once. Gone without Finish, it leaves a file that
// is not whole: the caller, who named it, removes it.
// Memory: 2 MiB at most, wiped when it goes.    Threads: one caller.
class OutgoingFile {
 public:
  // Create makes the file, mode 0600. Errors: kConflict it exists; kUnavailable.
  static Result<OutgoingFile> Create(const std::string& path);
  OutgoingFile(OutgoingFile&&) noexcept;
  OutgoingFile& operator=(OutgoingFile&&) noexcept;
  ~OutgoingFile();

  // Write takes the next bytes. Errors: kUnavailable these or earlier ones could not be written; it
  // stays failed.
  Status Write(ByteView bytes);
  // Finish writes what is left and syncs the file, not its folder. Errors: kUnavailable.
  Status Finish();

 private:
  struct State;
  explicit OutgoingFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vault
