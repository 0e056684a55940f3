#include "vault/store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "vault/store/posix_file.h"
#include "vault/store/watched.h"

namespace vault {
namespace {

// A long file's pages are pushed to the device while the caller still works on the rest, so that
// the sync at the end finds little left to do.
constexpr std::uint64_t kWritebackEvery = std::uint64_t{8} << 20;

class PosixDiskFile final : public DiskFile {
 public:
  PosixDiskFile(DiskObserver* observer, std::string path, FileDescriptor file)
      : observer_(observer), path_(std::move(path)), file_(std::move(file)) {}

  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    TRY_VOID(Watched(observer_, {DiskAction::kWrite, path_, offset, bytes, {}},
                     [&] { return WriteAllAt(file_, offset, bytes); }));
    StartWriteback(offset + bytes.size());
    return Ok();
  }

  Status Sync() override {
    // Not repeated, whatever it says: after a failed sync the kernel may have dropped the pages
    // and report success the next time.
    return Watched(observer_, {DiskAction::kSync, path_, 0, {}, {}}, [&]() -> Status {
      if (::fdatasync(file_.get()) != 0) return ErrnoStatus("a file cannot be synced", errno);
      return Ok();
    });
  }

  Status Reserve(std::uint64_t size) override {
    int result = 0;
    do {
      // The size stays as it is: what a later start finds does not change, so it is no step.
      result = ::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size));
    } while (result != 0 && errno == EINTR);
    if (result != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
      return ErrnoStatus("no room can be reserved", errno);
    }
    return Ok();
  }

 private:
  void StartWriteback(std::uint64_t end) {
    if (end < pushed_ + kWritebackEvery) return;
    // A hint: it reports nothing that Sync would not report.
    ::sync_file_range(file_.get(), static_cast<off64_t>(pushed_),
                      static_cast<off64_t>(end - pushed_), SYNC_FILE_RANGE_WRITE);
    pushed_ = end;
  }

  DiskObserver* observer_;
  std::string path_;
  FileDescriptor file_;
  std::uint64_t pushed_ = 0;
};

class PosixRandomAccess final : public RandomAccess {
 public:
  PosixRandomAccess(FileDescriptor file, std::uint64_t size)
      : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Status ReadAt(std::uint64_t offset, MutableByteView out) override {
    if (offset > size_ || out.size() > size_ - offset) return Corrupt("a file ends too early");
    return ReadWhole(file_, offset, out);
  }

 private:
  FileDescriptor file_;
  std::uint64_t size_;
};

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Disk::Disk(DiskObserver* observer) : observer_(observer) {}

Result<std::unique_ptr<DiskFile>> Disk::CreateFile(const std::string& path) {
  FileDescriptor file;
  TRY_VOID(Watched(observer_, {DiskAction::kCreate, path, 0, {}, {}}, [&]() -> Status {
    auto created = OpenRegular(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (!created.ok()) {
      // What is absent is the folder, not what the caller asked for.
      if (created.error().code != Errc::kNotFound) return created.error();
      return Unavailable("a file cannot be made: its folder does not exist");
    }
    file = std::move(created).value();
    return Ok();
  }));
  return std::unique_ptr<DiskFile>(
      std::make_unique<PosixDiskFile>(observer_, path, std::move(file)));
}

Result<std::unique_ptr<DiskFile>> Disk::OpenFile(const std::string& path) {
  TRY(FileDescriptor file, OpenRegular(path, O_RDWR, 0));
  return std::unique_ptr<DiskFile>(
      std::make_unique<PosixDiskFile>(observer_, path, std::move(file)));
}

Result<std::unique_ptr<RandomAccess>> Disk::OpenForReading(const std::string& path) const {
  TRY(FileDescriptor file, OpenRegular(path, O_RDONLY, 0));
  TRY(const std::uint64_t size, SizeOf(file));
  return std::unique_ptr<RandomAccess>(std::make_unique<PosixRandomAccess>(std::move(file), size));
}

Result<Bytes> Disk::ReadAll(const std::string& path, std::uint64_t limit) const {
  TRY(FileDescriptor file, OpenRegular(path, O_RDONLY, 0));
  TRY(const std::uint64_t size, SizeOf(file));
  if (size > limit) return Invalid("a file is larger than its limit");
  Bytes out(static_cast<std::size_t>(size));
  TRY_VOID(ReadWhole(file, 0, out));
  return out;
}

Result<Bytes> Disk::ReadPastCache(const std::string& path, std::uint64_t offset,
                                  std::size_t size) const {
  TRY(std::unique_ptr<DeviceFile> file, DeviceFile::Open(path));
  Bytes out(size);
  TRY(const std::size_t got, file->Read(offset, out));
  if (got != size) return Corrupt("a file ends too early");
  return out;
}

Status Disk::WriteWhole(const std::string& path, ByteView bytes) {
  const std::string fresh = path + ".new";
  const auto write = [&]() -> Status {
    // One that an earlier run left behind was never renamed: it means nothing.
    TRY_VOID(Unlink(fresh));
    {
      TRY(std::unique_ptr<DiskFile> file, CreateFile(fresh));
      TRY_VOID(file->WriteAt(0, bytes));
      TRY_VOID(file->Sync());
    }
    return Rename(fresh, path);
  };
  Status written = write();
  if (!written.ok()) {
    // Tidying only; what failed is what the caller has to hear.
    [[maybe_unused]] const Status tidied = Unlink(fresh);
    return written;
  }
  return SyncFolder(ParentOf(path));
}

Status Disk::Rename(const std::string& from, const std::string& to) {
  return Watched(observer_, {DiskAction::kRename, from, 0, {}, to}, [&]() -> Status {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return ErrnoStatus("a file cannot be renamed", errno);
    }
    return Ok();
  });
}

Status Disk::Unlink(const std::string& path) {
  if (!Exists(path)) return Ok();
  return Watched(observer_, {DiskAction::kUnlink, path, 0, {}, {}}, [&]() -> Status {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return ErrnoStatus("a file cannot be removed", errno);
    }
    return Ok();
  });
}

Status Disk::SyncFolder(const std::string& path) {
  return Watched(observer_, {DiskAction::kSyncFolder, path, 0, {}, {}}, [&]() -> Status {
    const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.open()) return ErrnoStatus("a folder cannot be opened", errno);
    if (::fsync(folder.get()) != 0) return ErrnoStatus("a folder cannot be synced", errno);
    return Ok();
  });
}

Status Disk::MakeFolder(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return Ok();
    return Conflict("a folder cannot be made: something else has its name");
  }
  const std::string shown = path + "/";
  return Watched(observer_, {DiskAction::kCreate, shown, 0, {}, {}}, [&]() -> Status {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return ErrnoStatus("a folder cannot be made", errno);
    }
    return Ok();
  });
}

Result<std::vector<std::string>> Disk::ListFolder(const std::string& path) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  if (folder == nullptr) return ErrnoStatus("a folder cannot be opened", errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    // glibc's readdir is safe for streams of different threads, and this one is ours alone.
    const dirent* entry = ::readdir(folder.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return ErrnoStatus("a folder cannot be read", errno);
  std::sort(names.begin(), names.end());
  return names;
}

bool Disk::Exists(const std::string& path) const {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

}  // namespace vault
