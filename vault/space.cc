#include "vault/space.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <memory>

#include "vault/base/log.h"

namespace vault {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kReserve = 64 * kMiB;
// A disposal of a few thousand keys writes less.
constexpr std::uint64_t kLittle = 2 * kMiB;
// A commit of any other act writes less.
constexpr std::uint64_t kNothing = kMiB / 2;

Error Full() { return Unavailable("the disk is full: free space first"); }

}  // namespace

Space::Space(Disk& disk, const std::string& data_folder)
    : disk_(disk), folder_(data_folder), path_(data_folder + "/reserve") {}

Result<Space::Room> Space::Look() const {
  struct statvfs about {};
  if (::statvfs(folder_.c_str(), &about) != 0) {
    return Unavailable("the free space of the data folder cannot be read");
  }
  const std::uint64_t size = std::uint64_t{about.f_blocks} * about.f_frsize;
  return Room{std::uint64_t{about.f_bavail} * about.f_frsize, std::min(kReserve, size / 16)};
}

// A copy of the folder has the file and none of its room.
bool Space::Kept(const Room& room) const {
  struct stat file {};
  return ::stat(path_.c_str(), &file) == 0 &&
         static_cast<std::uint64_t>(file.st_blocks) * 512 >= room.reserve;
}

void Space::Keep() {
  const auto room = Look();
  if (!room.ok() || Kept(room.value()) || room.value().available < 2 * room.value().reserve) return;
  const Status kept = [&]() -> Status {
    TRY_VOID(disk_.Unlink(path_));
    TRY(const std::unique_ptr<DiskFile> file, disk_.CreateFile(path_));
    // The file's size stays zero: a copy of the folder does not grow by it.
    return file->Reserve(room.value().reserve);
  }();
  if (!kept.ok()) LogError("no room could be reserved on the disk", kept.error());
}

Status Space::Admit(std::uint64_t bytes) const {
  TRY(const Room room, Look());
  // With the kept room given up, as much is kept free instead.
  const std::uint64_t spared =
      std::min(room.reserve, 4 * kLittle) + (Kept(room) || !disk_.Exists(path_) ? 0 : room.reserve);
  if (room.available >= spared && room.available - spared >= bytes) return Ok();
  return Unavailable("the disk is full: nothing can be filed until space is freed");
}

Status Space::MakeRoom() {
  TRY(Room room, Look());
  if (room.available >= kLittle) return Ok();
  if (Kept(room)) {
    // Emptied, not removed: a later filing sees that the room was kept once and is gone.
    TRY_VOID(disk_.Unlink(path_));
    TRY([[maybe_unused]] const std::unique_ptr<DiskFile> mark, disk_.CreateFile(path_));
    Log(LogLevel::kError,
        "the disk is full: the reserve was given up so that the log and disposals go on; free "
        "space, until then nothing is filed");
    TRY(room, Look());
  }
  if (room.available < kNothing) return Full();
  return Ok();
}

std::vector<std::string> Space::Warnings() const {
  const auto room = Look();
  if (!room.ok() || Admit(0).ok()) return {};
  return {"the disk of the data folder is full, " + std::to_string(room.value().available / kMiB) +
          " MiB are left: nothing is filed; reading and destroying go on. free space"};
}

}  // namespace vault
