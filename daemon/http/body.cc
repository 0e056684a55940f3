#include "daemon/http/body.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace service {

vault::Result<std::size_t> MemoryBody::Read(vault::MutableByteView out) {
  const std::size_t n = std::min(out.size(), bytes_.size() - offset_);
  if (n != 0) std::memcpy(out.data(), bytes_.view().data() + offset_, n);
  offset_ += n;
  return n;
}

vault::Result<vault::Plaintext> ReadAll(BodyReader& body, std::size_t limit) {
  vault::Plaintext all;
  vault::Plaintext piece(std::size_t{16} << 10);
  while (true) {
    TRY(const std::size_t n, body.Read(piece.mutable_view()));
    if (n == 0) return all;
    if (n > limit - all.size()) return vault::Invalid("the body is too large");
    all.Append(piece.view().first(n));
  }
}

}  // namespace service
