// DatabaseVfs: the file layer under one database connection, where a Disk's observer sees what
// SQLite writes, where a standby gets the same, and where a verifying connection reads from the
// device.
#pragma once

#include <memory>
#include <string>

#include "vault/base/result.h"
#include "vault/store/disk.h"
#include "vault/store/mirror.h"
#include "vault/store/posix_file.h"

struct sqlite3_vfs;

namespace vault {

// DatabaseVfs is registered with SQLite under a name of its own while it lives, in front of the
// system's. The shared-memory index of the log (-shm) is rebuilt at every start: it is not shown.
class DatabaseVfs {
 public:
  // Register: both may be null. Reads of the main database file go through `device`.
  // Errors: kUnavailable.
  static Result<std::unique_ptr<DatabaseVfs>> Register(DiskObserver* observer,
                                                       std::shared_ptr<DeviceFile> device);
  DatabaseVfs(const DatabaseVfs&) = delete;
  DatabaseVfs& operator=(const DatabaseVfs&) = delete;
  // Every connection over it is closed before.
  ~DatabaseVfs();

  const std::string& name() const { return name_; }
  DiskObserver* observer() const { return observer_; }
  DeviceFile* device() const { return device_.get(); }
  sqlite3_vfs* system() const { return system_; }
  // UseMirror: every change is made there first from now on; null for no longer.
  void UseMirror(std::unique_ptr<Mirror> mirror) { mirror_ = std::move(mirror); }
  Mirror* mirror() const { return mirror_.get(); }

 private:
  DatabaseVfs(DiskObserver* observer, std::shared_ptr<DeviceFile> device);

  std::string name_;
  DiskObserver* observer_;
  std::shared_ptr<DeviceFile> device_;
  std::unique_ptr<Mirror> mirror_;
  sqlite3_vfs* system_ = nullptr;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

}  // namespace vault
