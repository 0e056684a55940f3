// Hkdf: HKDF-SHA256.
#pragma once

#include "vault/base/bytes.h"
#include "vault/crypto/secret.h"

namespace vault {

// HkdfSha256 fills `out` (at most 8160 bytes) from extract-then-expand.
//
// Source: RFC 5869.
void HkdfSha256(ByteView salt, ByteView input_key, ByteView info, MutableByteView out);

// DeriveKey is HkdfSha256 into a typed key.
template <class KeyType>
KeyType DeriveKey(ByteView salt, ByteView input_key, ByteView info) {
  KeyType key;
  HkdfSha256(salt, input_key, info, key.mutable_view());
  return key;
}

}  // namespace vault
