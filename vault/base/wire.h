// Wire: big-endian fields of the byte formats, written and read in order.
#pragma once

#include <cstdint>
#include <string_view>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace vault {

// WireWriter appends fields to a buffer.
class WireWriter {
 public:
  WireWriter& U8(std::uint8_t v) { return Unsigned(v, 1); }
  WireWriter& U16(std::uint16_t v) { return Unsigned(v, 2); }
  WireWriter& U32(std::uint32_t v) { return Unsigned(v, 4); }
  WireWriter& U64(std::uint64_t v) { return Unsigned(v, 8); }
  WireWriter& Raw(ByteView v) {
    out_.insert(out_.end(), v.begin(), v.end());
    return *this;
  }
  WireWriter& Text(std::string_view v) { return Raw(AsBytes(v)); }
  WireWriter& Zeros(std::size_t n) {
    out_.insert(out_.end(), n, 0);
    return *this;
  }
  const Bytes& bytes() const { return out_; }
  Bytes Take() && { return std::move(out_); }

 private:
  WireWriter& Unsigned(std::uint64_t v, int size) {
    for (int i = size - 1; i >= 0; --i) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    return *this;
  }
  Bytes out_;
};

// WireReader takes fields off a view; after a short read it stays failed and gives zeros.
// Call Finish() once: it says whether every field was there and nothing was left.
class WireReader {
 public:
  explicit WireReader(ByteView view) : rest_(view) {}

  std::uint8_t U8() { return static_cast<std::uint8_t>(Unsigned(1)); }
  std::uint16_t U16() { return static_cast<std::uint16_t>(Unsigned(2)); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Unsigned(4)); }
  std::uint64_t U64() { return Unsigned(8); }
  // Raw gives the next n bytes, or an empty view after a failure.
  ByteView Raw(std::size_t n) {
    if (failed_ || rest_.size() < n) {
      failed_ = true;
      return {};
    }
    ByteView out = rest_.first(n);
    rest_ = rest_.subspan(n);
    return out;
  }
  template <std::size_t N>
  ByteArray<N> Array() {
    ByteArray<N> out{};
    ByteView v = Raw(N);
    std::copy(v.begin(), v.end(), out.begin());
    return out;
  }
  bool failed() const { return failed_; }
  std::size_t remaining() const { return rest_.size(); }
  // Errors: kCorrupt a field was missing or bytes are left over.
  Status Finish() const {
    if (failed_) return Corrupt("a record is truncated");
    if (!rest_.empty()) return Corrupt("a record has bytes after its end");
    return Ok();
  }

 private:
  std::uint64_t Unsigned(std::size_t n) {
    std::uint64_t v = 0;
    for (std::uint8_t b : Raw(n)) v = v << 8 | b;
    return v;
  }
  ByteView rest_;
  bool failed_ = false;
};

}  // namespace vault
