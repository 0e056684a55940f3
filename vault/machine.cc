#include "vault/machine.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "vault/base/day_words.h"

namespace vault {
namespace {

namespace fs = std::filesystem;
using Weight = MachineFinding::Weight;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kComfortablyFree = 1024 * kMiB;
constexpr rlim_t kLeastFiles = 256;
constexpr rlim_t kComfortableFiles = 1024;

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string LimitText(rlim_t limit) {
  return limit == RLIM_INFINITY ? "without limit" : std::to_string(limit / 1024) + " KiB";
}

// Tried for real: libsodium and SQLCipher say nothing when a lock fails, and a limit tells nothing
// of a process that may exceed it.
MachineFinding CheckLockedMemory() {
  MachineFinding finding{"locked memory", Weight::kMust, false, ""};
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
    finding.detail = "the limit cannot be read";
    return finding;
  }
  void* const memory =
      ::mmap(nullptr, kLockedMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  finding.ok = memory != MAP_FAILED && ::mlock(memory, kLockedMemory) == 0;
  if (memory != MAP_FAILED) ::munmap(memory, kLockedMemory);
  const std::string needed = std::to_string(kLockedMemory / 1024) + " KiB";
  finding.detail =
      finding.ok ? "keys stay in memory: " + needed +
                       " can be locked (limit: " + LimitText(limit.rlim_cur) + ")"
                 : needed + " cannot be locked, so keys could reach the swap (limit: " +
                       LimitText(limit.rlim_cur) + "); raise memlock, LimitMEMLOCK= of the service";
  return finding;
}

// Tried, then put back: who runs this program may want to debug it.
MachineFinding CheckCoreDumps() {
  rlimit before{};
  const int dumpable = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
  bool off = ::getrlimit(RLIMIT_CORE, &before) == 0;
  const rlimit none{0, before.rlim_max};
  off = off && ::setrlimit(RLIMIT_CORE, &none) == 0 && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
        ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
  ::setrlimit(RLIMIT_CORE, &before);
  if (dumpable >= 0) ::prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);
  return {"core dumps", Weight::kMust, off,
          off ? "the program can switch its core dumps and debuggers off"
              : "core dumps cannot be switched off: a crash would write keys to a file"};
}

// A swap area on dm-crypt or in compressed memory keeps no page readable on a disk.
bool IsHarmlessSwap(const std::string& device) {
  const fs::path name = fs::path(device).filename();
  if (name.string().starts_with("zram")) return true;
  std::error_code failed;
  const fs::path real = fs::canonical(device, failed);
  if (failed) return false;
  const std::string uuid = FirstLine("/sys/block/" + real.filename().string() + "/dm/uuid");
  return uuid.starts_with("CRYPT-");
}

MachineFinding CheckSwap() {
  std::ifstream swaps("/proc/swaps");
  std::string line;
  if (!std::getline(swaps, line)) return {"swap", Weight::kAdvice, false, "it cannot be listed"};
  std::string open;
  std::size_t areas = 0;
  while (std::getline(swaps, line)) {
    ++areas;
    const std::string device = line.substr(0, line.find_first_of(" \t"));
    if (!IsHarmlessSwap(device)) open = device;
  }
  if (areas == 0) return {"swap", Weight::kAdvice, true, "no swap area is in use"};
  if (open.empty()) return {"swap", Weight::kAdvice, true, "every swap area is encrypted"};
  return {"swap", Weight::kAdvice, false,
          open +
              " is not known to be encrypted: text that is being read may reach that disk; "
              "encrypt it or switch it off (keys are locked and do not)"};
}

MachineFinding CheckDebuggers() {
  const std::string scope = FirstLine("/proc/sys/kernel/yama/ptrace_scope");
  const bool ok = !scope.empty() && scope != "0";
  return {
      "debuggers", Weight::kAdvice, ok,
      ok ? "other programs of the same user cannot look into this one (ptrace_scope " + scope + ")"
         : "programs of the same user may look into others of theirs: set "
           "kernel.yama.ptrace_scope to 1; the daemon refuses them for itself"};
}

MachineFinding CheckRandomness() {
  std::uint8_t byte = 0;
  const bool ok = ::getrandom(&byte, 1, GRND_NONBLOCK) == 1;
  return {"randomness", Weight::kMust, ok,
          ok ? "the kernel's generator is ready" : "the kernel's generator is not ready yet"};
}

MachineFinding CheckBootClock() {
  timespec now{};
  const bool ok = ::clock_gettime(CLOCK_BOOTTIME, &now) == 0;
  return {"boot clock", Weight::kMust, ok,
          ok ? "the seconds since the start are counted, asleep or not"
             : "CLOCK_BOOTTIME is missing: time would rest on a clock that people can set"};
}

MachineFinding CheckWallClock() {
  timex state{};
  const int result = ::adjtimex(&state);
  const Day day = LondonDay(::time(nullptr));
  if (result < 0) {
    return {"clock", Weight::kAdvice, true,
            "the date is " + DayWords(day) + "; whether it is kept is unknown"};
  }
  const bool kept = result != TIME_ERROR;
  return {"clock", Weight::kAdvice, kept,
          "the date is " + DayWords(day) +
              (kept ? "; the clock is kept in step with a time source"
                    : "; no time source keeps the clock in step: confirm the date at unseal")};
}

MachineFinding CheckOpenFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return {"open files", Weight::kAdvice, false, "the limit cannot be read"};
  }
  const std::string most =
      limit.rlim_max == RLIM_INFINITY ? "without limit" : std::to_string(limit.rlim_max);
  if (limit.rlim_max < kLeastFiles) {
    return {"open files", Weight::kMust, false,
            most + " are too few for connections and files; raise nofile"};
  }
  const bool ok = limit.rlim_max >= kComfortableFiles;
  return {"open files", Weight::kAdvice, ok,
          "at most " + most + (ok ? "" : ": few people at once; raise nofile")};
}

// Folder gives the folder itself, or the nearest one above that is there.
std::string Existing(const std::string& folder) {
  std::error_code failed;
  fs::path path = fs::absolute(folder, failed).lexically_normal();
  while (!path.empty() && !fs::is_directory(path, failed) && path != path.root_path()) {
    path = path.parent_path();
  }
  return path.string();
}

// What an overwrite in place does to the old bytes depends on the file system.
// Source: linux/magic.h and the file systems' own documents.
std::string_view CopyingFileSystem(const std::string& folder) {
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) return "";
  switch (static_cast<std::uint32_t>(about.f_type)) {
    case 0x9123683E:
      return "btrfs";
    case 0x2FC12FC1:
      return "zfs";
    case 0xCA451A4E:
      return "bcachefs";
    case 0x3434:
      return "nilfs";
    case 0xF2F52010:
      return "f2fs";
    case 0x794C7630:
      return "overlayfs";
    case 0x6969:
      return "nfs";
    case 0xFF534D42:
    case 0xFE534D42:
      return "cifs";
    case 0x65735546:
      return "fuse";
    default:
      return "";
  }
}

MachineFinding CheckFileSystem(std::string check, const std::string& folder,
                               std::string_view harm) {
  const std::string_view name = CopyingFileSystem(folder);
  if (name.empty()) {
    return {std::move(check), Weight::kAdvice, true, "files are overwritten in place"};
  }
  return {std::move(check), Weight::kAdvice, false, std::string(name) + " " + std::string(harm)};
}

MachineFinding CheckFreeSpace(const std::string& folder) {
  struct statvfs about {};
  if (::statvfs(folder.c_str(), &about) != 0) {
    return {"free space", Weight::kAdvice, false, "it cannot be read"};
  }
  const std::uint64_t space = std::uint64_t{about.f_bavail} * about.f_frsize;
  const std::string text = std::to_string(space / kMiB) + " MiB are free";
  const bool ok = space >= kComfortablyFree;
  // Advice: a vault on a full disk must still start, to destroy what is due.
  return {"free space", Weight::kAdvice, ok, text + (ok ? "" : ": soon nothing can be filed")};
}

MachineFinding CheckFolderRights(const std::string& data) {
  struct stat about {};
  if (::stat(data.c_str(), &about) != 0) {
    const bool ok = ::access(Existing(data).c_str(), W_OK) == 0;
    return {"data folder", Weight::kMust, ok,
            ok ? "it is not there yet and can be made" : "nothing can be written there"};
  }
  if (!S_ISDIR(about.st_mode)) return {"data folder", Weight::kMust, false, "it is no folder"};
  if (::access(data.c_str(), W_OK) != 0) {
    return {"data folder", Weight::kMust, false, "nothing can be written there"};
  }
  const bool ours = about.st_uid == ::geteuid() || about.st_uid == 0;
  if (!ours) {
    return {"data folder", Weight::kMust, false, "it belongs to another user than this program"};
  }
  const bool closed = (about.st_mode & (S_IRWXG | S_IRWXO)) == 0;
  return {"data folder", Weight::kAdvice, closed,
          closed ? "nobody else may look into it"
                 : "others may look into it: chmod 700 it (its files are closed to them)"};
}

MachineFinding CheckDirectReading(const std::string& folder) {
  MachineFinding finding{
      "direct reading", Weight::kAdvice, false,
      "this file system reads through its cache only: a destruction is verified after "
      "dropping the cached pages"};
  std::string name = folder + "/strongroom-doctor.XXXXXX";
  const int made = ::mkostemp(name.data(), O_CLOEXEC);
  if (made < 0) {
    finding.detail = "nothing can be written there";
    return finding;
  }
  const int direct = ::open(name.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  ::unlink(name.c_str());
  ::close(made);
  if (direct < 0) return finding;
  ::close(direct);
  finding.ok = true;
  finding.detail = "a destruction can be verified from the device itself";
  return finding;
}

// CellFolder is where a cell's file lies; empty for a cell that is no file.
std::string CellFolder(const std::string& cell) {
  const std::size_t colon = cell.find(':');
  if (colon == std::string::npos || cell.substr(0, colon) != "file") return "";
  return fs::path(cell.substr(colon + 1)).parent_path().string();
}

}  // namespace

std::vector<MachineFinding> CheckProcess() {
  return {CheckLockedMemory(), CheckCoreDumps(), CheckSwap(),      CheckDebuggers(),
          CheckRandomness(),   CheckBootClock(), CheckWallClock(), CheckOpenFiles()};
}

std::vector<MachineFinding> CheckPlace(const VaultPlace& place) {
  std::vector<MachineFinding> findings;
  findings.push_back(CheckFolderRights(place.data));
  const std::string data = Existing(place.data);
  findings.push_back(CheckFreeSpace(data));
  findings.push_back(CheckFileSystem(
      "data file system", data,
      "keeps old bytes in snapshots and copies: destroyed documents stay unreadable all the same, "
      "but what they took of the disk does not come back at once"));
  findings.push_back(CheckDirectReading(data));
  std::vector<std::string> folders;
  for (const std::string& cell : place.cells) folders.push_back(CellFolder(cell));
  if (place.cells.empty()) {
    std::error_code failed;
    const fs::path folder = fs::absolute(place.data + "/..", failed).lexically_normal();
    folders.push_back(folder.string());
  }
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (folders[i].empty()) continue;
    findings.push_back(CheckFileSystem(
        folders.size() == 1 ? "cell file system" : "cell file system " + std::to_string(i + 1),
        Existing(folders[i]),
        "does not overwrite in place: what an epoch erases may stay on the disk; keep the erasure "
        "cell on a plain file system of its own"));
  }
  return findings;
}

}  // namespace vault
