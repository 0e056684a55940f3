// Pointer: the C libraries declare some arguments non-null even when their length is zero.
#pragma once

#include "vault/base/bytes.h"

namespace vault {

// NonNull gives the view's address, or that of an unused byte when the view is empty.
inline const std::uint8_t* NonNull(ByteView view) {
  static constexpr std::uint8_t kUnused = 0;
  return view.empty() ? &kUnused : view.data();
}

}  // namespace vault
