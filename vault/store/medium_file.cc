#include "vault/store/medium_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "vault/store/watched.h"

namespace vault {
namespace {

constexpr std::size_t kBuffer = std::size_t{128} << 10;

// NotThere says that the kernel or the medium does not know the operation, as against failing it.
bool NotThere(int error_number) {
  return error_number == EOPNOTSUPP || error_number == ENOTTY || error_number == EINVAL ||
         error_number == ENOSYS;
}

}  // namespace

MediumFile::MediumFile(Disk& disk, std::string path)
    : observer_(disk.observer()), path_(std::move(path)), memory_(kBuffer + kBlock) {}

// The buffer begins at the block boundary inside the locked memory.
MutableByteView MediumFile::buffer() {
  MutableByteView all = memory_.mutable_view();
  const auto at = reinterpret_cast<std::uintptr_t>(all.data());
  const std::size_t skip = (kBlock - at % kBlock) % kBlock;
  return all.subspan(skip, kBuffer);
}

Status MediumFile::OpenWith(int flags) {
  // O_EXCL without O_CREAT: a block device that is mounted or otherwise in use is refused (EBUSY).
  struct stat info {};
  const bool device = ::stat(path_.c_str(), &info) == 0 && S_ISBLK(info.st_mode);
  if (device && (flags & O_ACCMODE) != O_RDONLY) flags |= O_EXCL;
  int fd = -1;
  do {
    // A device is often named by a link (/dev/disk/by-id), a file never.
    fd = ::open(path_.c_str(), flags | O_CLOEXEC | (device ? 0 : O_NOFOLLOW), 0600);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    if (device && errno == EBUSY) return Unavailable("the device is in use by something else");
    return ErrnoStatus("the medium cannot be opened", errno);
  }
  file_ = FileDescriptor(fd);
  if (::fstat(fd, &info) != 0) return ErrnoStatus("the medium cannot be examined", errno);
  block_device_ = S_ISBLK(info.st_mode);
  if (!block_device_ && !S_ISREG(info.st_mode)) {
    return Unavailable("the medium is neither a regular file nor a block device");
  }
  return Ok();
}

Result<std::unique_ptr<MediumFile>> MediumFile::Create(Disk& disk, const std::string& path,
                                                       std::uint64_t size) {
  std::unique_ptr<MediumFile> medium(new MediumFile(disk, path));
  TRY_VOID(Watched(medium->observer_, {DiskAction::kCreate, path, 0, {}, {}}, [&]() -> Status {
    Status made = medium->OpenWith(O_RDWR | O_CREAT | O_EXCL | O_DSYNC);
    if (!made.ok() && made.error().code == Errc::kNotFound) {
      return Unavailable("the medium's folder does not exist");
    }
    return made;
  }));
  TRY_VOID(Watched(medium->observer_, {DiskAction::kTruncate, path, size, {}, {}}, [&]() -> Status {
    int result = 0;
    do {
      result = ::fallocate(medium->file_.get(), 0, 0, static_cast<off_t>(size));
    } while (result != 0 && errno == EINTR);
    if (result == 0) return Ok();
    if (!NotThere(errno)) return ErrnoStatus("no room can be reserved", errno);
    if (::ftruncate(medium->file_.get(), static_cast<off_t>(size)) == 0) return Ok();
    return ErrnoStatus("the medium cannot be given its size", errno);
  }));
  // Opened again: O_DIRECT is tried where the file is known to be there.
  return Open(disk, path, MediumAccess::kWrite);
}

Result<std::unique_ptr<MediumFile>> MediumFile::Open(Disk& disk, const std::string& path,
                                                     MediumAccess access) {
  const int flags = access == MediumAccess::kRead ? O_RDONLY : O_RDWR | O_DSYNC;
  std::unique_ptr<MediumFile> medium(new MediumFile(disk, path));
  Status opened = medium->OpenWith(flags | O_DIRECT);
  if (!opened.ok()) {
    medium->direct_ = false;
    TRY_VOID(medium->OpenWith(flags));
  }
  return medium;
}

Result<std::uint64_t> MediumFile::Size() const {
  if (!block_device_) return SizeOf(file_);
  std::uint64_t size = 0;
  if (::ioctl(file_.get(), BLKGETSIZE64, &size) != 0) {
    return ErrnoStatus("the size of a device cannot be read", errno);
  }
  return size;
}

Status MediumFile::Write(std::uint64_t offset, ByteView bytes) {
  CHECK(offset % kBlock == 0 && bytes.size() % kBlock == 0);
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kBuffer);
    const MutableByteView part = buffer().first(size);
    std::memcpy(part.data(), bytes.data(), size);
    TRY_VOID(Watched(observer_, {DiskAction::kWrite, path_, offset, bytes.first(size), {}},
                     [&] { return WriteAllAt(file_, offset, part); }));
    offset += size;
    bytes = bytes.subspan(size);
  }
  // With O_DSYNC nothing is left to do, but for a file system that takes the flag and not its word.
  return Watched(observer_, {DiskAction::kSync, path_, 0, {}, {}}, [&]() -> Status {
    if (::fdatasync(file_.get()) != 0) return ErrnoStatus("the medium cannot be synced", errno);
    return Ok();
  });
}

Status MediumFile::DropPages() {
  if (direct_) return Ok();
  if (::fdatasync(file_.get()) != 0) return ErrnoStatus("the medium cannot be synced", errno);
  ::posix_fadvise(file_.get(), 0, 0, POSIX_FADV_DONTNEED);
  return Ok();
}

Status MediumFile::Read(std::uint64_t offset, MutableByteView out) {
  CHECK(offset % kBlock == 0 && out.size() % kBlock == 0);
  TRY_VOID(DropPages());
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), kBuffer);
    const MutableByteView part = buffer().first(size);
    TRY_VOID(ReadWhole(file_, offset, part));
    std::memcpy(out.data(), part.data(), size);
    offset += size;
    out = out.subspan(size);
  }
  return Ok();
}

Result<bool> MediumFile::Discard(std::uint64_t offset, std::uint64_t size) {
  CHECK(offset % kBlock == 0 && size % kBlock == 0);
  // Reads as zeros afterwards, or as whatever the device likes: for a later start it is a write.
  const Bytes zeros(static_cast<std::size_t>(size));
  bool there = true;
  TRY_VOID(Watched(observer_, {DiskAction::kWrite, path_, offset, zeros, {}}, [&]() -> Status {
    int result = 0;
    if (block_device_) {
      std::uint64_t range[2] = {offset, size};
      result = ::ioctl(file_.get(), BLKDISCARD, &range);
    } else {
      result = ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                           static_cast<off_t>(offset), static_cast<off_t>(size));
      // The room is taken back at once: the next secret must not fail for want of it.
      if (result == 0) {
        result = ::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                             static_cast<off_t>(size));
      }
    }
    if (result == 0) return Ok();
    if (!NotThere(errno)) return ErrnoStatus("the medium cannot discard", errno);
    there = false;
    return Ok();
  }));
  if (!there) return false;
  TRY_VOID(Watched(observer_, {DiskAction::kSync, path_, 0, {}, {}}, [&]() -> Status {
    if (::fdatasync(file_.get()) != 0) return ErrnoStatus("the medium cannot be synced", errno);
    return Ok();
  }));
  return true;
}

}  // namespace vault
