// LaidOutMachine: a sysfs and procfs of a test's own, with the disks it says.
#pragma once

#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_folder.h"
#include "vault/keys/machine.h"

namespace vault {

class LaidOutMachine {
 public:
  LaidOutMachine() {
    Write("proc/cpuinfo", "flags : fpu vme de pse\n");
    Write("proc/self/mountinfo", "");
    std::filesystem::create_directories(folder_.At("sys/dev/block"));
  }

  Machine machine() const { return Machine({folder_.At("sys"), folder_.At("proc")}); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path whole = folder_.At(path);
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text;
  }
  void Link(const std::string& path, const std::string& to) {
    const std::filesystem::path whole = folder_.At(path);
    std::filesystem::create_directories(whole.parent_path());
    std::filesystem::create_directory_symlink(folder_.At(to), whole);
  }
  // Disk is a whole disk; `place` is its folder under /sys/devices.
  std::uint64_t Disk(const std::string& place, unsigned minor_number) {
    return Device("sys/devices/" + place, minor_number);
  }
  std::uint64_t Partition(const std::string& place, const std::string& name,
                          unsigned minor_number) {
    Write("sys/devices/" + place + "/" + name + "/partition", "1\n");
    return Device("sys/devices/" + place + "/" + name, minor_number);
  }
  // Mapped is a device-mapper device over another; its uuid says what it is.
  std::uint64_t Mapped(const std::string& name, const std::string& uuid, const std::string& under,
                       unsigned minor_number) {
    const std::string place = "sys/devices/virtual/block/" + name;
    Write(place + "/dm/uuid", uuid + "\n");
    std::filesystem::create_directories(folder_.At(place + "/slaves"));
    std::filesystem::create_directory_symlink(folder_.At("sys/devices/" + under),
                                              folder_.At(place + "/slaves/below"));
    return Device(place, minor_number);
  }
  std::uint64_t Loop(const std::string& name, unsigned minor_number) {
    const std::string place = "sys/devices/virtual/block/" + name;
    Write(place + "/loop/backing_file", "/srv/image\n");
    return Device(place, minor_number);
  }

 private:
  std::uint64_t Device(const std::string& place, unsigned minor_number) {
    std::filesystem::create_directories(folder_.At(place));
    std::filesystem::create_directory_symlink(
        folder_.At(place), folder_.At("sys/dev/block/8:" + std::to_string(minor_number)));
    return makedev(8, minor_number);
  }
  TempFolder folder_;
};

}  // namespace vault
