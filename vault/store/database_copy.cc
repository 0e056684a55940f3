#include "vault/store/database_copy.h"

#define SQLITE_HAS_CODEC 1
#include <sqlcipher/sqlite3.h>

#include "vault/store/database_vfs.h"
#include "vault/store/sqlite_error.h"

namespace vault {
namespace {

Error CopyError(int code) {
  // Not SqliteError: a failed sync of the copy says nothing of the original.
  const std::string number = " (code " + std::to_string(code) + ")";
  if ((code & 0xff) == SQLITE_FULL) {
    return Unavailable("a copy of a database cannot be written: the disk is full" + number);
  }
  return Unavailable("a database cannot be copied" + number);
}

}  // namespace

Result<std::unique_ptr<DatabaseCopy>> DatabaseCopy::Start(Disk& disk, Database& original,
                                                          const std::optional<DatabaseKey>& key,
                                                          const std::string& path) {
  { TRY(std::unique_ptr<DiskFile> file, disk.CreateFile(path)); }
  TRY(std::unique_ptr<Database> target, Database::OpenScratch(disk, path, key));
  std::unique_ptr<DatabaseCopy> copy(new DatabaseCopy(std::move(target)));
  copy->backup_ = sqlite3_backup_init(copy->copy_->db_, "main", original.db_, "main");
  if (copy->backup_ == nullptr) return CopyError(sqlite3_extended_errcode(copy->copy_->db_));
  return copy;
}

DatabaseCopy::~DatabaseCopy() {
  if (backup_ != nullptr) sqlite3_backup_finish(backup_);
}

Result<bool> DatabaseCopy::Step(int pages) {
  const int code = sqlite3_backup_step(backup_, pages);
  if (code == SQLITE_OK) return false;
  if (code != SQLITE_DONE) return CopyError(code);
  const int finished = sqlite3_backup_finish(std::exchange(backup_, nullptr));
  if (finished != SQLITE_OK) return CopyError(finished);
  // Closed here, so that everything is in the file.
  copy_.reset();
  return true;
}

}  // namespace vault
