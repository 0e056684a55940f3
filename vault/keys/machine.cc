#include "vault/keys/machine.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "vault/store/posix_file.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

enum class Manner { kInPlace, kMemory, kOther };
struct KnownFileSystem {
  std::uint64_t type;
  std::string_view name;
  Manner manner;
};
// Types of linux/magic.h and of file systems outside the kernel. ext4 and xfs write a file's data
// where it lies (ext4 but for data=journal); exFAT and FAT know nothing else.
constexpr KnownFileSystem kKnown[] = {
    {0xEF53, "ext2, ext3 or ext4", Manner::kInPlace},
    {0x58465342, "xfs", Manner::kInPlace},
    {0x4D44, "FAT", Manner::kInPlace},
    {0x2011BAB0, "exFAT", Manner::kInPlace},
    {0x01021994, "tmpfs", Manner::kMemory},
    {0x858458F6, "ramfs", Manner::kMemory},
    {0x9123683E, "btrfs", Manner::kOther},
    {0x2FC12FC1, "zfs", Manner::kOther},
    {0x794C7630, "overlay", Manner::kOther},
    {0xCA451A4E, "bcachefs", Manner::kOther},
    {0xF2F52010, "f2fs", Manner::kOther},
    {0x3434, "nilfs", Manner::kOther},
    {0x6969, "nfs", Manner::kOther},
    {0xFF534D42, "cifs", Manner::kOther},
    {0xFE534D42, "smb", Manner::kOther},
    {0x00C36400, "ceph", Manner::kOther},
    {0x01021997, "9p", Manner::kOther},
    {0x65735546, "a file system in user space", Manner::kOther},
};

const KnownFileSystem* Find(std::uint64_t type) {
  const auto* found = std::find_if(std::begin(kKnown), std::end(kKnown),
                                   [type](const auto& known) { return known.type == type; });
  return found == std::end(kKnown) ? nullptr : found;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string NumberOf(std::uint64_t device) {
  return std::to_string(major(device)) + ":" + std::to_string(minor(device));
}

// DoubtOfDisk judges a whole disk by the bus it hangs on, as its place in /sys/devices spells it.
std::string DoubtOfDisk(const std::string& place) {
  if (Contains(place, "/virtio") || Contains(place, "/vbd-") || Contains(place, "/VMBUS") ||
      Contains(place, "/vmbus")) {
    return "it is a virtual disk, which its host can copy";
  }
  // iSCSI and Fibre Channel: an array elsewhere keeps its own snapshots.
  if (Contains(place, "/session") || Contains(place, "/rport-")) {
    return "it is a disk reached over the network";
  }
  for (const std::string_view bus : {"/nvme/", "/ata", "/usb", "/mmc_host/", "/target"}) {
    if (Contains(place, bus)) return "";
  }
  return "it is not a kind of disk that is known to be one";
}

}  // namespace

Result<PathFacts> LookAt(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return ErrnoStatus("a path cannot be examined", errno);
  PathFacts facts;
  facts.block_device = S_ISBLK(info.st_mode);
  facts.device = facts.block_device ? info.st_rdev : info.st_dev;
  if (facts.block_device) return facts;
  struct statfs system {};
  if (::statfs(path.c_str(), &system) != 0) {
    return ErrnoStatus("a file system cannot be examined", errno);
  }
  facts.file_system = static_cast<std::uint32_t>(system.f_type);
  return facts;
}

std::string FileSystemName(std::uint64_t file_system) {
  if (const KnownFileSystem* known = Find(file_system)) return std::string(known->name);
  char text[64];
  std::snprintf(text, sizeof text, "an unknown file system (0x%llx)",
                static_cast<unsigned long long>(file_system));
  return text;
}

bool OverwritesInPlace(std::uint64_t file_system) {
  const KnownFileSystem* known = Find(file_system);
  return known != nullptr && known->manner == Manner::kInPlace;
}

bool IsMemory(std::uint64_t file_system) {
  const KnownFileSystem* known = Find(file_system);
  return known != nullptr && known->manner == Manner::kMemory;
}

std::string Machine::Read(const std::string& path) const {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

bool Machine::is_virtual() const {
  if (Contains(Read(roots_.proc + "/cpuinfo"), " hypervisor")) return true;
  std::error_code ignored;
  if (fs::exists(roots_.sys + "/hypervisor/type", ignored)) return true;
  // Processors without that flag: the board's name says it.
  const std::string board = Read(roots_.sys + "/class/dmi/id/sys_vendor") +
                            Read(roots_.sys + "/class/dmi/id/product_name");
  for (const std::string_view name : {"QEMU", "KVM", "VMware", "VirtualBox", "Xen", "Amazon EC2",
                                      "Google Compute", "Virtual Machine", "Bochs"}) {
    if (Contains(board, name)) return true;
  }
  return false;
}

DisksUnder Machine::Below(std::uint64_t device) const {
  DisksUnder out;
  std::error_code error;
  const auto doubt = [&out](std::string why) {
    if (out.doubt.empty()) out.doubt = std::move(why);
  };
  // An explicit stack: what lies below is read from outside. A real machine stacks few devices.
  std::vector<fs::path> open = {roots_.sys + "/dev/block/" + NumberOf(device)};
  for (int steps = 0; !open.empty(); ++steps) {
    const fs::path next = fs::canonical(open.back(), error);
    open.pop_back();
    if (error || steps > 256) {
      doubt("the kernel does not say which disk it lies on");
      return out;
    }
    if (fs::exists(next / "partition", error)) {
      open.push_back(next.parent_path());
      continue;
    }
    std::vector<fs::path> slaves;
    for (const auto& slave : fs::directory_iterator(next / "slaves", error)) {
      slaves.push_back(slave.path());
    }
    if (fs::exists(next / "loop/backing_file", error)) {
      doubt("it is a loop device, which is a file somewhere else");
    }
    if (slaves.empty()) {
      out.disks.insert(next.string());
      const std::string why = DoubtOfDisk(next.string() + "/");
      if (!why.empty()) doubt(why);
      continue;
    }
    if (fs::exists(next / "dm", error) && !Read(next / "dm/uuid").starts_with("CRYPT-")) {
      doubt("it is a logical volume or another mapped device, which can keep snapshots");
    }
    open.insert(open.end(), slaves.begin(), slaves.end());
  }
  return out;
}

bool Machine::HasChip(std::string_view tpm_device) const {
  const std::size_t digit = tpm_device.find_first_of("0123456789");
  if (!tpm_device.starts_with("/dev/tpm") || digit == std::string_view::npos) return false;
  std::error_code error;
  const fs::path place =
      fs::canonical(roots_.sys + "/class/tpm/tpm" + std::string(tpm_device.substr(digit)), error);
  // A TPM of the vtpm proxy has no hardware above it.
  return !error && !Contains(place.string(), "/virtual/");
}

bool Machine::JournalsData(std::uint64_t device) const {
  std::ifstream lines(roots_.proc + "/self/mountinfo");
  const std::string number = " " + NumberOf(device) + " ";
  std::string line;
  while (std::getline(lines, line)) {
    if (Contains(line, number) && Contains(line, "data=journal")) return true;
  }
  return false;
}

}  // namespace vault
