// Mirror: a second place for a database: every change of its file and its log is made there first.
//
// The same writes, truncations and syncs in the same order leave at every moment what a crash could
// have left in the first place: a database that opens by itself, at its last commit or one before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/store/disk.h"
#include "vault/store/posix_file.h"

namespace vault {

// MirrorLink says whether a standby folder still takes what is written. All databases mirrored into
// one folder share it: what one of them misses, the others must not have either.
// Threads: safe from any thread.
class MirrorLink {
 public:
  bool whole() const;
  // Break ends the mirroring for good; the first reason is kept and logged.
  void Break(const Error& error);
  // why is the reason of the break.
  std::string why() const;

 private:
  mutable std::mutex mutex_;
  bool whole_ = true;
  std::string why_;
};

// MirrorPart: SQLite's main file and its write-ahead log.
enum class MirrorPart : std::uint8_t { kMain, kLog };

// MirrorSource reads the first place's main file.
struct MirrorSource {
  std::uint64_t size = 0;
  std::function<Status(std::uint64_t offset, MutableByteView out)> read;
};

// Mirror.    Threads: one at a time. A step that fails breaks the link, and is never repeated.
class Mirror {
 public:
  // Bring makes the standby's main file the same as the source, byte for byte, and its log empty,
  // durably. The source's log is empty, and so is the standby's: SQLite has settled it.
  // Order:  a differing file is written beside and put in place by a rename, so that at every
  //         moment the standby opens.
  // Errors: kUnavailable.
  static Result<std::unique_ptr<Mirror>> Bring(Disk& disk, const std::string& path,
                                               const MirrorSource& source,
                                               std::shared_ptr<MirrorLink> link);
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  void Write(MirrorPart part, std::uint64_t offset, ByteView bytes);
  void Truncate(MirrorPart part, std::uint64_t size);
  void Sync(MirrorPart part);
  // Remove is for the log, which SQLite removes when it closes.
  void Remove(MirrorPart part);

 private:
  struct Place {
    std::string path;
    FileDescriptor file;
  };
  Mirror(DiskObserver* observer, std::shared_ptr<MirrorLink> link)
      : observer_(observer), link_(std::move(link)) {}
  Place& At(MirrorPart part) { return part == MirrorPart::kMain ? main_ : log_; }
  void Take(const DiskStep& step, const std::function<Status()>& action);

  DiskObserver* observer_;
  std::shared_ptr<MirrorLink> link_;
  Place main_;
  Place log_;
};

}  // namespace vault
