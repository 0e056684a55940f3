// Checkpoint: what the log commits to, as a signed note.
//
//   note       = text "\n" signature
//   text       = origin "\n" size "\n" base64(root) "\n"
//   signature  = "— " origin " " base64(key id[4] || Ed25519(text)[64]) "\n"
//   key id     = SHA-256(origin || 0A || 01 || public key)[:4]
//   vkey       = origin "+" hex(key id) "+" base64(01 || public key)
//
// Source: C2SP tlog-checkpoint, signed-note. We write and accept exactly one signature, the log's,
// and no extension line: a checkpoint has one spelling.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vault/audit/merkle.h"
#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"

namespace vault {

// NoteKey is a log's public key together with the log's name.
class NoteKey {
 public:
  // Of joins a name and a key. Errors: kInvalid the name is empty, longer than 200 bytes, or has
  // anything but printable ASCII without space and "+".
  static Result<NoteKey> Of(std::string name, const SigningPublicKey& key);
  // Parse reads a vkey. Errors: kInvalid.
  static Result<NoteKey> Parse(std::string_view vkey);
  const std::string& name() const { return name_; }
  const SigningPublicKey& key() const { return key_; }
  const ByteArray<4>& id() const { return id_; }
  // ToText is the vkey, without a newline.
  std::string ToText() const;

 private:
  NoteKey() = default;
  std::string name_;
  SigningPublicKey key_{};
  ByteArray<4> id_{};
};

// TreeHead is what a checkpoint says.
struct TreeHead {
  std::string origin;
  std::uint64_t size = 0;
  LogHash root{};
};

// TreeHeadText is the text that is signed.
std::string TreeHeadText(const TreeHead& head);
// SignedNote puts text and signature together.
std::string SignedNote(std::string_view text, const NoteKey& key, const Signature& signature);
// OpenCheckpoint checks the signature and every byte of the spelling.
// Errors: kCorrupt.
Result<TreeHead> OpenCheckpoint(std::string_view note, const NoteKey& key);

}  // namespace vault
