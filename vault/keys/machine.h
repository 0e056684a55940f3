// Machine: what the kernel says of its disks, file systems and itself, so that a cell is not called
// more than it is.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "vault/base/result.h"

namespace vault {

// PathFacts are what stat and statfs say of a path.
struct PathFacts {
  bool block_device = false;      // the path is itself a block device
  std::uint64_t device = 0;       // the device it is, or lies on
  std::uint64_t file_system = 0;  // statfs f_type; 0 for a block device
};
// Errors: kNotFound; kUnavailable.
Result<PathFacts> LookAt(const std::string& path);

// FileSystemName is its name in plain words: "btrfs"; "an unknown file system (0x…)".
std::string FileSystemName(std::uint64_t file_system);
// OverwritesInPlace is true for the few file systems known to write a file's blocks where they are.
bool OverwritesInPlace(std::uint64_t file_system);
// IsMemory is true for file systems without any disk.
bool IsMemory(std::uint64_t file_system);

// DisksUnder are the whole disks below a device, by their place in /sys/devices.
struct DisksUnder {
  std::set<std::string> disks;
  // doubt says why what lies below is no disk that can be overwritten; empty: it is one.
  std::string doubt;
};

// Machine.    Threads: safe from any thread.
class Machine {
 public:
  // Roots are where sysfs and procfs are; a test lays out another machine.
  struct Roots {
    std::string sys = "/sys";
    std::string proc = "/proc";
  };
  explicit Machine(Roots roots) : roots_(std::move(roots)) {}

  // is_virtual says that a hypervisor runs this kernel: its host can copy every disk and chip.
  bool is_virtual() const;
  // Below walks from partitions, encryption and RAID down to whole disks. Known kinds of real disk
  // count, everything else is a doubt.
  DisksUnder Below(std::uint64_t device) const;
  // HasChip says that the kernel's TPM device ("/dev/tpmrm0") stands for hardware it found.
  bool HasChip(std::string_view tpm_device) const;
  // JournalsData says that a mounted file system writes file contents to a journal first.
  bool JournalsData(std::uint64_t device) const;

 private:
  std::string Read(const std::string& path) const;
  Roots roots_;
};

}  // namespace vault
