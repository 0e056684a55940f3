#include "vault/passwords.h"

#include <algorithm>
#include <string_view>

#include "vault/base/wire.h"
#include "vault/crypto/aead.h"

namespace vault {
namespace {

constexpr std::size_t kLeastPassword = 12;
constexpr std::size_t kMostPassword = 1024;
constexpr std::size_t kHeadSize = 16 + 4 + 4;
constexpr std::string_view kTag = "SPW1";

Bytes PlaceOf(const PersonId& person) { return WireWriter().Text(kTag).Raw(person.view()).bytes(); }

}  // namespace

Status CheckPassword(ByteView password) {
  if (password.size() < kLeastPassword) {
    return Invalid("a password has at least 12 characters");
  }
  if (password.size() > kMostPassword) return Invalid("a password has at most 1024 characters");
  return Ok();
}

Plaintext MadeUpPassword(RandomSource& random) {
  constexpr std::string_view kLetters = "abcdefghjkmnpqrstuvwxyz234567892";
  Plaintext out;
  ByteArray<20> bytes;
  random.Fill(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0 && i % 5 == 0) out.Append(AsBytes("-"));
    out.Append(AsBytes(kLetters.substr(bytes[i] % 32, 1)));
  }
  WipeMemory(bytes.data(), bytes.size());
  return out;
}

Result<PasswordLayer> PasswordLayer::Parse(ByteView inner) {
  if (inner.size() < kHeadSize) return Corrupt("a password record is too short");
  PasswordLayer layer;
  WireReader reader(inner.first(kHeadSize));
  layer.salt = reader.Array<16>();
  layer.cost = {reader.U32(), reader.U32()};
  layer.sealed = SecretBytes::CopyOf(inner.subspan(kHeadSize));
  return layer;
}

Result<SecretBytes> PasswordLayer::Open(const SecretBytes& stretched,
                                        const PersonId& person) const {
  return OpenAeadSecret(stretched.view(), sealed.view(), PlaceOf(person));
}

Result<StretchedPassword> StretchedPassword::Of(ByteView password, PasswordCost cost,
                                                RandomSource& random) {
  StretchedPassword out;
  random.Fill(out.salt);
  out.cost = cost;
  TRY(out.key, StretchPassword(password, out.salt, cost));
  return out;
}

Bytes StretchedPassword::Wrap(const BoxSecretKey& secret, const PersonId& person,
                              RandomSource& random) const {
  return WireWriter()
      .Raw(salt)
      .U32(cost.passes)
      .U32(cost.memory_kib)
      .Raw(SealAead(key.view(), secret.view(), PlaceOf(person), random))
      .bytes();
}

}  // namespace vault
