// MemoryDescriptor: a file descriptor over memory, for what reads and writes descriptors.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "vault/base/result.h"

namespace vault {

// MemoryDescriptor begins with the given text and its position at the start.
class MemoryDescriptor {
 public:
  explicit MemoryDescriptor(std::string_view text)
      : descriptor_(::memfd_create("test", MFD_CLOEXEC)) {
    CHECK(descriptor_ >= 0);
    CHECK(::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    CHECK(::lseek(descriptor_, 0, SEEK_SET) == 0);
  }
  MemoryDescriptor(const MemoryDescriptor&) = delete;
  MemoryDescriptor& operator=(const MemoryDescriptor&) = delete;
  ~MemoryDescriptor() { ::close(descriptor_); }

  int get() const { return descriptor_; }
  // Text is everything in it, wherever the position is.
  std::string Text() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n;
         (n = ::pread(descriptor_, buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0;) {
      text.append(buffer, static_cast<std::size_t>(n));
    }
    return text;
  }

 private:
  int descriptor_;
};

}  // namespace vault
