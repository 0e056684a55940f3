#include "vault/store/file_copy.h"

#include <algorithm>

#include "vault/store/posix_file.h"

namespace vault {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

// HashOnDevice reads the file past the page cache: what a failing disk kept is seen now, and not
// on the day the copy is needed.
Result<FileFacts> HashOnDevice(const std::string& path) {
  TRY(const std::unique_ptr<DeviceFile> file, DeviceFile::Open(path));
  FileFacts facts;
  Sha256Stream hash;
  Bytes piece(kPiece);
  while (true) {
    TRY(const std::size_t n, file->Read(facts.size, piece));
    if (n == 0) break;
    hash.Update(ByteView(piece).first(n));
    facts.size += n;
    if (n < piece.size()) break;
  }
  facts.sha256 = hash.Finish();
  return facts;
}

Result<FileFacts> WriteCopy(Disk& disk, RandomAccess& from, const std::string& path,
                            const CopyStep& step) {
  TRY(std::unique_ptr<DiskFile> file, disk.CreateFile(path));
  FileFacts facts;
  Sha256Stream hash;
  Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, from.size())));
  while (facts.size < from.size()) {
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), from.size() - facts.size));
    const MutableByteView part = MutableByteView(piece).first(n);
    TRY_VOID(from.ReadAt(facts.size, part));
    TRY_VOID(file->WriteAt(facts.size, part));
    hash.Update(part);
    facts.size += n;
    TRY_VOID(step(n));
  }
  TRY_VOID(file->Sync());
  facts.sha256 = hash.Finish();
  return facts;
}

}  // namespace

Result<FileFacts> CopyFile(Disk& disk, RandomAccess& from, const std::string& path,
                           const CopyStep& step) {
  const std::string fresh = path + std::string(kTemporarySuffix);
  // One that an earlier run left behind was never renamed: it means nothing.
  TRY_VOID(disk.Unlink(fresh));
  auto copied = [&]() -> Result<FileFacts> {
    TRY(const FileFacts written, WriteCopy(disk, from, fresh, step));
    TRY(const FileFacts kept, HashOnDevice(fresh));
    if (kept != written) return Corrupt("a disk does not keep what was written to it");
    TRY_VOID(disk.Rename(fresh, path));
    return written;
  }();
  if (!copied.ok()) {
    // Tidying only; what failed is what the caller has to hear.
    [[maybe_unused]] const Status tidied = disk.Unlink(fresh);
  }
  return copied;
}

Result<FileFacts> HashFile(RandomAccess& file, const CopyStep& step) {
  FileFacts facts;
  Sha256Stream hash;
  Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, file.size())));
  while (facts.size < file.size()) {
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.size() - facts.size));
    const MutableByteView part = MutableByteView(piece).first(n);
    TRY_VOID(file.ReadAt(facts.size, part));
    hash.Update(part);
    facts.size += n;
    TRY_VOID(step(n));
  }
  facts.sha256 = hash.Finish();
  return facts;
}

}  // namespace vault
