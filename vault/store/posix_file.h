// PosixFile: the system calls under Disk, retried where POSIX asks for it, with errors as values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace vault {

// ErrnoStatus turns an error number into an Error: "<what>: the disk is full". No path in it.
// Errors: kNotFound ENOENT; kConflict EEXIST; kUnavailable all others.
Error ErrnoStatus(std::string_view what, int error_number);

// FileDescriptor owns one descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// OpenRegular opens a regular file; O_CLOEXEC and O_NOFOLLOW are added to the flags.
// Errors: as ErrnoStatus; kUnavailable it is not a regular file.
Result<FileDescriptor> OpenRegular(const std::string& path, int flags, mode_t mode);
// SizeOf is the size of an open file in bytes.
Result<std::uint64_t> SizeOf(const FileDescriptor& file);
// ReadWhole fills `out` from the offset. Errors: kCorrupt the file ends before; kUnavailable.
Status ReadWhole(const FileDescriptor& file, std::uint64_t offset, MutableByteView out);
// WriteAllAt writes all bytes at the offset. Errors: kUnavailable.
Status WriteAllAt(const FileDescriptor& file, std::uint64_t offset, ByteView bytes);

// DeviceFile reads a file from its device: O_DIRECT where the file system takes it, else after
// dropping the file's cached pages. It reads a little ahead: what it read is answered again without
// asking the device, until Forget.    Threads: one at a time.
class DeviceFile {
 public:
  // Errors: kNotFound; kUnavailable.
  static Result<std::unique_ptr<DeviceFile>> Open(const std::string& path);
  DeviceFile(const DeviceFile&) = delete;
  DeviceFile& operator=(const DeviceFile&) = delete;
  ~DeviceFile();

  // Read fills `out` up to the end of the file and returns the bytes filled.
  // Errors: kUnavailable.
  Result<std::size_t> Read(std::uint64_t offset, MutableByteView out);
  // Forget makes the next read ask the device, whatever was read before.
  void Forget() { held_ = 0; }

 private:
  DeviceFile() = default;
  // ReadBlock fills the buffer; offset and size are aligned.
  Status ReadBlock(std::uint64_t offset, std::size_t size);
  Result<std::size_t> ReadOnce(std::uint64_t offset, std::size_t size);

  FileDescriptor file_;
  bool direct_ = false;
  std::uint8_t* buffer_ = nullptr;  // aligned for the device
  // The buffer holds this part of the file, and has ever held this much.
  std::uint64_t held_from_ = 0;
  std::size_t held_ = 0;
  std::size_t used_ = 0;
};

}  // namespace vault
