// MemoryFile: a stored file for tests, in memory, that counts what is read of it.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "vault/crypto/container.h"

namespace vault {

class MemoryFile final : public RandomAccess {
 public:
  explicit MemoryFile(Bytes bytes) : MemoryFile(std::move(bytes), nullptr) {}
  MemoryFile(Bytes bytes, std::shared_ptr<std::uint64_t> bytes_read)
      : bytes_(std::move(bytes)), bytes_read_(std::move(bytes_read)) {}

  std::uint64_t size() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset, MutableByteView out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return Corrupt("read past the end");
    }
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    if (bytes_read_) *bytes_read_ += out.size();
    return Ok();
  }

 private:
  Bytes bytes_;
  std::shared_ptr<std::uint64_t> bytes_read_;
};

}  // namespace vault
