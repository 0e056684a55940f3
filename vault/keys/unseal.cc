#include "vault/keys/unseal.h"

#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"

namespace vault {
namespace {

constexpr std::string_view kMagic = "SUW1";
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kFileSize = 4 + kSaltSize + kAeadOverhead + UnsealKey::kSize;

Bytes PlaceOf(const StoreId& store) { return WireWriter().Text(kMagic).Raw(store.view()).bytes(); }

}  // namespace

Result<Bytes> WrapUnsealKey(const UnsealKey& key, ByteView passphrase, const StoreId& store,
                            PasswordCost cost, RandomSource& random) {
  ByteArray<kSaltSize> salt;
  random.Fill(salt);
  TRY(SecretBytes wrapping, StretchPassword(passphrase, salt, cost));
  Bytes sealed = SealAead(wrapping.view(), key.view(), PlaceOf(store), random);
  return WireWriter().Text(kMagic).Raw(salt).Raw(sealed).bytes();
}

Result<UnsealKey> UnwrapUnsealKey(ByteView file, ByteView passphrase, const StoreId& store,
                                  PasswordCost cost) {
  if (file.size() != kFileSize || AsText(file.first(4)) != kMagic) {
    return Corrupt("the unseal file is no SUW1 file");
  }
  TRY(SecretBytes wrapping, StretchPassword(passphrase, file.subspan(4, kSaltSize), cost));
  auto opened = OpenAeadSecret(wrapping.view(), file.subspan(4 + kSaltSize), PlaceOf(store));
  // A damaged file and a wrong passphrase cannot be told apart: the passphrase is far likelier.
  if (!opened.ok()) return Denied("the passphrase does not open the unseal file");
  return UnsealKey::FromBytes(opened.value().view());
}

Result<UnsealKey> ParseCredential(ByteView text) {
  if (!text.empty() && text.back() == '\n') text = text.first(text.size() - 1);
  if (text.size() != 2 * UnsealKey::kSize) return Invalid("a credential has 64 hex digits");
  // Decoded straight into locked memory: the general decoder's buffer would not be wiped.
  UnsealKey key;
  MutableByteView out = key.mutable_view();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t c = text[i];
    std::uint8_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint8_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint8_t>(c - 'a' + 10);
    } else {
      return Invalid("a credential has 64 hex digits");
    }
    out[i / 2] = static_cast<std::uint8_t>(out[i / 2] << 4 | digit);
  }
  return key;
}

std::string FormatCredential(const UnsealKey& key) { return EncodeHex(key.view()); }

}  // namespace vault
