#include "vault/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace vault {

// A file of its own: opening and closing a database file here would drop SQLite's own locks.
Result<std::unique_ptr<FolderLock>> FolderLock::Take(const std::string& data) {
  const int descriptor =
      ::open((data + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return Unavailable("the data folder's lock cannot be opened");
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    return Conflict("another process works in this data folder");
  }
  return std::unique_ptr<FolderLock>(new FolderLock(descriptor));
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace vault
