// Secret: key material in guarded, locked memory, typed by what it is for.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vault/base/bytes.h"
#include "vault/base/random.h"
#include "vault/base/result.h"

namespace vault {

// InitCrypto prepares the library once; every program calls it first.
// Errors: kUnavailable the library cannot start or a probe of locked memory fails.
Status InitCrypto();

// SecretBytes owns a fixed number of bytes from sodium_malloc. Move-only; wiped when it goes;
// never printed.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);
  static SecretBytes CopyOf(ByteView bytes);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  ByteView view() const { return {data_, size_}; }
  MutableByteView mutable_view() { return {data_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // EqualTo compares in constant time for equal lengths.
  bool EqualTo(ByteView other) const;

 private:
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// Key is a secret of one size for one use; a key for one use does not pass for another.
template <class Use, std::size_t kBytes = 32>
class Key {
 public:
  static constexpr std::size_t kSize = kBytes;
  Key() : bytes_(kBytes) {}
  static Key Random(RandomSource& random) {
    Key key;
    random.Fill(key.bytes_.mutable_view());
    return key;
  }
  // Errors: kCorrupt the view has another length.
  static Result<Key> FromBytes(ByteView view) {
    if (view.size() != kBytes) return Corrupt("a key has the wrong length");
    Key key;
    key.bytes_ = SecretBytes::CopyOf(view);
    return key;
  }
  Key Clone() const {
    Key key;
    key.bytes_ = SecretBytes::CopyOf(bytes_.view());
    return key;
  }
  ByteView view() const { return bytes_.view(); }
  MutableByteView mutable_view() { return bytes_.mutable_view(); }

 private:
  SecretBytes bytes_;
};

using UnsealKey = Key<struct UnsealUse>;        // U
using NodeKey = Key<struct NodeUse>;            // seals one node of the key tree
using ErasureShare = Key<struct ErasureUse>;    // K_er, K_loan, K_link, K_person, …: a slot's key
using AccessShare = Key<struct AccessUse>;      // K_acc
using FileKey = Key<struct FileUse, 16>;        // fk: the container's file key
using DetailKey = Key<struct DetailUse>;        // seals details
using ColumnKey = Key<struct ColumnUse>;        // any key of a sealed column
using RegisterKey = Key<struct RegisterUse>;    // SQLCipher's raw key
using RowKey = Key<struct RowUse>;              // K_row
using BoxSecretKey = Key<struct BoxSecretUse>;  // X25519 private key
using SigningSeed = Key<struct SigningUse>;     // Ed25519 seed

using BoxPublicKey = ByteArray<32>;      // X25519
using SigningPublicKey = ByteArray<32>;  // Ed25519
using Signature = ByteArray<64>;

// SystemRandom asks libsodium's generator.
class SystemRandom final : public RandomSource {
 public:
  void Fill(MutableByteView out) override;
};

}  // namespace vault
