// Disk: every durable step the program takes, through one seam that tests can watch and break.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/container.h"

namespace vault {

// DiskAction names a step that changes what a later start will find.
enum class DiskAction : std::uint8_t {
  kCreate,
  kWrite,
  kTruncate,
  kSync,
  kRename,
  kUnlink,
  kSyncFolder,
};

struct DiskStep {
  DiskAction action;
  std::string_view path;     // of a folder that is made: with "/" at its end
  std::uint64_t offset = 0;  // kWrite, kTruncate: the new size
  ByteView bytes;            // kWrite
  std::string_view target;   // kRename
};

// DiskVerdict is what a watcher lets happen: the step; nothing, reported failed; the step, reported
// failed all the same.
enum class DiskVerdict : std::uint8_t { kProceed, kLose, kFailButKeep };

// DiskObserver sees every step before it is taken. Threads: called from any thread.
class DiskObserver {
 public:
  virtual ~DiskObserver() = default;
  virtual DiskVerdict OnStep(const DiskStep& step) = 0;
};

// DiskFile is a file being written. Closed when it goes.
class DiskFile {
 public:
  virtual ~DiskFile() = default;
  virtual Status WriteAt(std::uint64_t offset, ByteView bytes) = 0;
  virtual Status Sync() = 0;
  // Reserve asks the file system for room; a refusal is only an error when the disk is full.
  virtual Status Reserve(std::uint64_t size) = 0;
};

// Disk is the file system. With an observer (tests only) each step is first shown to it, and the
// databases opened over this disk are watched as well.
class Disk {
 public:
  explicit Disk(DiskObserver* observer);
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  DiskObserver* observer() const { return observer_; }

  // CreateFile makes a new file, mode 0600. Errors: kConflict it exists; kUnavailable.
  Result<std::unique_ptr<DiskFile>> CreateFile(const std::string& path);
  // OpenFile opens an existing file to overwrite it in place. Errors: kNotFound; kUnavailable.
  Result<std::unique_ptr<DiskFile>> OpenFile(const std::string& path);
  // OpenForReading reads at any offset. Errors: kNotFound; kUnavailable.
  Result<std::unique_ptr<RandomAccess>> OpenForReading(const std::string& path) const;
  // ReadAll reads a whole small file. Errors: kNotFound; kInvalid larger than `limit` bytes.
  Result<Bytes> ReadAll(const std::string& path, std::uint64_t limit) const;
  // ReadPastCache reads from the device: O_DIRECT where it works, else after dropping the cached
  // pages of the file. Errors: kNotFound; kUnavailable.
  Result<Bytes> ReadPastCache(const std::string& path, std::uint64_t offset,
                              std::size_t size) const;
  // WriteWhole makes `path` hold exactly these bytes, durably: temporary file in the same folder,
  // sync, rename, folder sync.
  Status WriteWhole(const std::string& path, ByteView bytes);
  Status Rename(const std::string& from, const std::string& to);
  // Unlink removes a file; an absent one is done already.
  Status Unlink(const std::string& path);
  Status SyncFolder(const std::string& path);
  // MakeFolder creates one folder, mode 0700; an existing one is done already.
  Status MakeFolder(const std::string& path);
  Result<std::vector<std::string>> ListFolder(const std::string& path) const;
  bool Exists(const std::string& path) const;

 private:
  DiskObserver* observer_;
};

}  // namespace vault
