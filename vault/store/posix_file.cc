#include "vault/store/posix_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "vault/base/wiped.h"

namespace vault {
namespace {

// Logical blocks are 512 or 4096 bytes; 4096 suits both.
constexpr std::size_t kAlignment = 4096;
constexpr std::size_t kBlockBuffer = 256 * 1024;
// A database reads a page at a time, and a key tree's node is one page and four that mostly follow
// one another: asking the device for each would cost more than all else in a change of epoch.
constexpr std::size_t kReadAhead = 16 * 1024;

std::string_view Reason(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "the disk is full";
    case ENOENT:
      return "it does not exist";
    case EEXIST:
      return "it exists already";
    case EACCES:
    case EPERM:
      return "permission refused";
    case EROFS:
      return "the file system is read-only";
    case ELOOP:
      return "a symbolic link stands in its place";
    case EIO:
      return "the device reports an error";
    case EMFILE:
    case ENFILE:
      return "too many open files";
    default:
      return {};
  }
}

ssize_t ReadRetrying(int fd, std::uint8_t* out, std::size_t size, std::uint64_t offset) {
  ssize_t got = 0;
  do {
    got = ::pread(fd, out, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

Error ErrnoStatus(std::string_view what, int error_number) {
  std::string detail(what);
  detail += ": ";
  const std::string_view reason = Reason(error_number);
  if (reason.empty()) {
    detail += "error number " + std::to_string(error_number);
  } else {
    detail += reason;
  }
  if (error_number == ENOENT) return NotFound(std::move(detail));
  if (error_number == EEXIST) return Conflict(std::move(detail));
  return Unavailable(std::move(detail));
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void FileDescriptor::Close() {
  // Linux frees the descriptor even when close reports an error: closing again could hit another
  // file. What matters was synced before.
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Result<FileDescriptor> OpenRegular(const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return ErrnoStatus("a file cannot be opened", errno);
  FileDescriptor file(fd);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return ErrnoStatus("a file cannot be examined", errno);
  if (!S_ISREG(info.st_mode)) return Unavailable("a file cannot be opened: not a regular file");
  return file;
}

Result<std::uint64_t> SizeOf(const FileDescriptor& file) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return ErrnoStatus("a file cannot be examined", errno);
  return static_cast<std::uint64_t>(info.st_size);
}

Status ReadWhole(const FileDescriptor& file, std::uint64_t offset, MutableByteView out) {
  while (!out.empty()) {
    const ssize_t got = ReadRetrying(file.get(), out.data(), out.size(), offset);
    if (got < 0) return ErrnoStatus("a file cannot be read", errno);
    if (got == 0) return Corrupt("a file ends too early");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return Ok();
}

Status WriteAllAt(const FileDescriptor& file, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ErrnoStatus("a file cannot be written", errno);
    if (put == 0) return Unavailable("a file cannot be written: the device takes nothing");
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return Ok();
}

Result<std::unique_ptr<DeviceFile>> DeviceFile::Open(const std::string& path) {
  std::unique_ptr<DeviceFile> device(new DeviceFile());
  auto direct = OpenRegular(path, O_RDONLY | O_DIRECT, 0);
  if (direct.ok()) {
    device->file_ = std::move(direct).value();
    device->direct_ = true;
  } else {
    // Some file systems (tmpfs, some overlays) refuse O_DIRECT; any other error comes again.
    TRY(device->file_, OpenRegular(path, O_RDONLY, 0));
  }
  void* memory = nullptr;
  if (::posix_memalign(&memory, kAlignment, kBlockBuffer) != 0) {
    return Unavailable("no memory for a read buffer");
  }
  device->buffer_ = static_cast<std::uint8_t*>(memory);
  return device;
}

DeviceFile::~DeviceFile() {
  // A cell's secret may have been read back through it.
  if (buffer_ != nullptr) WipeMemory(buffer_, used_);
  std::free(buffer_);
}

Status DeviceFile::ReadBlock(std::uint64_t offset, std::size_t size) {
  // A failed read may have filled a part.
  held_ = 0;
  used_ = std::max(used_, size);
  TRY(held_, ReadOnce(offset, size));
  held_from_ = offset;
  return Ok();
}

Result<std::size_t> DeviceFile::ReadOnce(std::uint64_t offset, std::size_t size) {
  if (direct_) {
    const ssize_t got = ReadRetrying(file_.get(), buffer_, size, offset);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINVAL) return ErrnoStatus("a file cannot be read from its device", errno);
    // Opened, but not read: this file system only pretends. Fall back for good.
    direct_ = false;
    const int flags = ::fcntl(file_.get(), F_GETFL);
    if (flags < 0 || ::fcntl(file_.get(), F_SETFL, flags & ~O_DIRECT) != 0) {
      return ErrnoStatus("a file cannot be read from its device", errno);
    }
  }
  // Dirty pages are not dropped, so they go to the device first.
  if (::fdatasync(file_.get()) != 0) return ErrnoStatus("a file cannot be synced", errno);
  ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED);
  const ssize_t got = ReadRetrying(file_.get(), buffer_, size, offset);
  if (got < 0) return ErrnoStatus("a file cannot be read from its device", errno);
  return static_cast<std::size_t>(got);
}

Result<std::size_t> DeviceFile::Read(std::uint64_t offset, MutableByteView out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const std::uint64_t at = offset + filled;
    if (at < held_from_ || at >= held_from_ + held_) {
      const std::uint64_t block = at / kAlignment * kAlignment;
      const std::size_t span = std::min<std::uint64_t>(kBlockBuffer, offset + out.size() - block);
      const std::size_t whole = (span + kAlignment - 1) / kAlignment * kAlignment;
      TRY_VOID(ReadBlock(block, std::max(whole, kReadAhead)));
      if (at >= held_from_ + held_) break;
    }
    const auto skip = static_cast<std::size_t>(at - held_from_);
    const std::size_t part = std::min(held_ - skip, out.size() - filled);
    std::memcpy(out.data() + filled, buffer_ + skip, part);
    filled += part;
  }
  return filled;
}

}  // namespace vault
