// MediumFile: a file or a whole block device whose bytes are on the medium when a call returns.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"
#include "vault/store/disk.h"
#include "vault/store/posix_file.h"

namespace vault {

// MediumAccess: to write, a block device must be nobody else's; who only looks disturbs nobody.
enum class MediumAccess : std::uint8_t { kRead, kWrite };

// MediumFile is opened O_DIRECT | O_DSYNC: past the page cache in both directions. Where the file
// system refuses O_DIRECT, writes are synced and reads come after the cached pages were dropped.
//
// Units:   offsets and sizes are multiples of kBlock bytes, inside the size.
// Threads: one at a time.
class MediumFile {
 public:
  static constexpr std::size_t kBlock = 4096;

  // Create makes a file of this size, its room reserved, mode 0600; its bytes are not written yet.
  // Errors: kConflict it exists; kUnavailable.
  static Result<std::unique_ptr<MediumFile>> Create(Disk& disk, const std::string& path,
                                                    std::uint64_t size);
  // Open takes a regular file, or a block device that nothing else has in use.
  // Errors: kNotFound; kUnavailable.
  static Result<std::unique_ptr<MediumFile>> Open(Disk& disk, const std::string& path,
                                                  MediumAccess access);
  MediumFile(const MediumFile&) = delete;
  MediumFile& operator=(const MediumFile&) = delete;

  bool block_device() const { return block_device_; }
  // direct is false where the file system refuses O_DIRECT.
  bool direct() const { return direct_; }
  // Errors: kUnavailable.
  Result<std::uint64_t> Size() const;

  // Write returns when the bytes are on the medium. A failed one is never repeated here.
  // Errors: kUnavailable.
  Status Write(std::uint64_t offset, ByteView bytes);
  // Read fills `out` from the medium. Errors: kCorrupt it ends before; kUnavailable.
  Status Read(std::uint64_t offset, MutableByteView out);
  // Discard tells the medium that the range holds nothing any more; the room stays reserved. False:
  // the medium has no such thing. Errors: kUnavailable.
  Result<bool> Discard(std::uint64_t offset, std::uint64_t size);

 private:
  MediumFile(Disk& disk, std::string path);
  Status OpenWith(int flags);
  MutableByteView buffer();
  Status DropPages();

  DiskObserver* observer_;
  std::string path_;
  FileDescriptor file_;
  bool block_device_ = false;
  bool direct_ = true;
  SecretBytes memory_;  // locked and wiped: cells' secrets pass through it
};

}  // namespace vault
