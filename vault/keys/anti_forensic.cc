#include "vault/keys/anti_forensic.h"

#include <algorithm>

#include "vault/base/result.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

constexpr std::string_view kLabel = "strongroom/v1/anti-forensic";
constexpr std::size_t kHash = 32;

// Chain carries d from stripe to stripe in locked memory.
class Chain {
 public:
  explicit Chain(std::size_t size) : block_(1 + size), next_((size + kHash - 1) / kHash * kHash) {}

  // Each part of the new value hangs on every bit of the block, not only on its own part: one lost
  // bit of one stripe costs the whole record.
  void Take(ByteView stripe) {
    MutableByteView block = block_.mutable_view();
    Xor(stripe, block.subspan(1));
    MutableByteView next = next_.mutable_view();
    for (std::size_t at = 0; at < next.size(); at += kHash) {
      block[0] = static_cast<std::uint8_t>(at / kHash);
      Blake2b(AsBytes(kLabel), block, next.subspan(at, kHash));
    }
    std::copy_n(next.begin(), block.size() - 1, block.begin() + 1);
  }
  // Mask is d XOR text.
  void Mask(ByteView text, MutableByteView out) const {
    const ByteView value = block_.view().subspan(1);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<std::uint8_t>(value[i] ^ text[i]);
    }
  }

 private:
  static void Xor(ByteView from, MutableByteView into) {
    for (std::size_t i = 0; i < into.size(); ++i) {
      into[i] = static_cast<std::uint8_t>(into[i] ^ from[i]);
    }
  }
  SecretBytes block_;  // the part's number, then d
  SecretBytes next_;
};

}  // namespace

SecretBytes SplitRecord(ByteView record, std::size_t stripes, RandomSource& random) {
  CHECK(stripes >= 2 && !record.empty());
  SecretBytes area(stripes * record.size());
  MutableByteView bytes = area.mutable_view();
  random.Fill(bytes.first((stripes - 1) * record.size()));
  Chain chain(record.size());
  for (std::size_t k = 0; k + 1 < stripes; ++k) {
    chain.Take(bytes.subspan(k * record.size(), record.size()));
  }
  chain.Mask(record, bytes.last(record.size()));
  return area;
}

SecretBytes JoinRecord(ByteView area, std::size_t stripes) {
  CHECK(stripes >= 2 && area.size() % stripes == 0 && !area.empty());
  const std::size_t size = area.size() / stripes;
  Chain chain(size);
  for (std::size_t k = 0; k + 1 < stripes; ++k) chain.Take(area.subspan(k * size, size));
  SecretBytes record(size);
  chain.Mask(area.last(size), record.mutable_view());
  return record;
}

}  // namespace vault
