// LoopDevice: a block device over a file, for tests that need a real one. Only root gets one.
#pragma once

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "vault/base/result.h"

namespace vault {

// LoopDevice is detached when it goes, and by the kernel when the process dies before.
class LoopDevice {
 public:
  // Attach makes the file of this size and a device over it; null where that is not allowed.
  static std::unique_ptr<LoopDevice> Attach(const std::string& file, off_t size) {
    const int backing = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(backing >= 0 && ::ftruncate(backing, size) == 0);
    std::unique_ptr<LoopDevice> device;
    const int control = ::open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    // Another process may take the free one first.
    for (int tries = 0; control >= 0 && device == nullptr && tries < 16; ++tries) {
      const int number = ::ioctl(control, LOOP_CTL_GET_FREE);
      if (number < 0) break;
      const std::string path = "/dev/loop" + std::to_string(number);
      const int loop = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
      if (loop < 0) break;
      if (::ioctl(loop, LOOP_SET_FD, backing) != 0) {
        ::close(loop);
        continue;
      }
      loop_info64 info{};
      info.lo_flags = LO_FLAGS_AUTOCLEAR;
      CHECK(::ioctl(loop, LOOP_SET_STATUS64, &info) == 0);
      device.reset(new LoopDevice(path, loop));
    }
    if (control >= 0) ::close(control);
    ::close(backing);
    return device;
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  ~LoopDevice() { ::close(descriptor_); }

  const std::string& path() const { return path_; }

 private:
  LoopDevice(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  std::string path_;
  int descriptor_;
};

}  // namespace vault
