// Frames: how a file travels to the reader. FORMS.md §5.
//
//   request = ( length:U32 bytes )* 00000000      length 1 to kMaxFrame, big-endian
//   answer  = length:U32 outcome                  (form_wire.h)
#pragma once

#include <array>
#include <cstdint>

#include "vault/base/bytes.h"

namespace ingest {

using FrameHead = std::array<std::uint8_t, 4>;

inline FrameHead EncodeFrameHead(std::uint32_t length) {
  return {static_cast<std::uint8_t>(length >> 24), static_cast<std::uint8_t>(length >> 16),
          static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
}
inline std::uint32_t DecodeFrameHead(const FrameHead& head) {
  return static_cast<std::uint32_t>(head[0]) << 24 | static_cast<std::uint32_t>(head[1]) << 16 |
         static_cast<std::uint32_t>(head[2]) << 8 | head[3];
}

}  // namespace ingest
