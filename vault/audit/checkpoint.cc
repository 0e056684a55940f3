#include "vault/audit/checkpoint.h"

#include <algorithm>
#include <utility>

#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/bulk.h"
#include "vault/crypto/sign.h"

namespace vault {
namespace {

constexpr std::uint8_t kEd25519 = 1;
constexpr std::size_t kMaxName = 200;
// U+2014 and a space; written in bytes so that no editor changes the dash.
constexpr std::string_view kDash = "\xE2\x80\x94 ";

bool IsNoteName(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '+'; });
}

Bytes TypedKey(const SigningPublicKey& key) { return WireWriter().U8(kEd25519).Raw(key).bytes(); }

// Line takes one LF-ended line off the front. Errors: kCorrupt there is none.
Result<std::string_view> Line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return Corrupt("a checkpoint ends in the middle of a line");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

Result<NoteKey> NoteKey::Of(std::string name, const SigningPublicKey& key) {
  if (!IsNoteName(name)) return Invalid("the name of a log is 1 to 200 printable characters");
  NoteKey out;
  out.key_ = key;
  const Sha256Digest digest = Sha256(WireWriter().Text(name).U8('\n').Raw(TypedKey(key)).bytes());
  std::copy_n(digest.begin(), out.id_.size(), out.id_.begin());
  out.name_ = std::move(name);
  return out;
}

Result<NoteKey> NoteKey::Parse(std::string_view vkey) {
  // A name has no "+", base64 may have: cut at the first two.
  const std::size_t first = vkey.find('+');
  if (first == std::string_view::npos) return Invalid("a verifier key is name+id+key");
  const std::size_t second = vkey.find('+', first + 1);
  if (second == std::string_view::npos) return Invalid("a verifier key is name+id+key");
  auto typed = DecodeBase64(vkey.substr(second + 1));
  if (!typed.ok() || typed.value().size() != 33 || typed.value().front() != kEd25519) {
    return Invalid("a verifier key does not hold an Ed25519 key");
  }
  SigningPublicKey key;
  std::copy(typed.value().begin() + 1, typed.value().end(), key.begin());
  TRY(NoteKey out, Of(std::string(vkey.substr(0, first)), key));
  if (EncodeHex(out.id()) != vkey.substr(first + 1, second - first - 1)) {
    return Invalid("the id of a verifier key does not belong to its name and key");
  }
  return out;
}

std::string NoteKey::ToText() const {
  return name_ + "+" + EncodeHex(id_) + "+" + EncodeBase64(TypedKey(key_));
}

std::string TreeHeadText(const TreeHead& head) {
  return head.origin + "\n" + std::to_string(head.size) + "\n" + EncodeBase64(head.root) + "\n";
}

std::string SignedNote(std::string_view text, const NoteKey& key, const Signature& signature) {
  const Bytes signed_by = WireWriter().Raw(key.id()).Raw(signature).bytes();
  return std::string(text) + "\n" + std::string(kDash) + key.name() + " " +
         EncodeBase64(signed_by) + "\n";
}

Result<TreeHead> OpenCheckpoint(std::string_view note, const NoteKey& key) {
  std::string_view rest = note;
  TreeHead head;
  TRY(const std::string_view origin, Line(rest));
  if (origin != key.name()) return Corrupt("a checkpoint is of another log");
  head.origin = origin;
  TRY(const std::string_view size_line, Line(rest));
  auto size = ParseDecimal(size_line);
  if (!size.ok()) return Corrupt("the size in a checkpoint is no number");
  head.size = size.value();
  TRY(const std::string_view root_line, Line(rest));
  auto root = DecodeBase64(root_line);
  if (!root.ok() || root.value().size() != head.root.size()) {
    return Corrupt("the root in a checkpoint is no hash");
  }
  std::copy(root.value().begin(), root.value().end(), head.root.begin());
  TRY(const std::string_view blank, Line(rest));
  if (!blank.empty()) return Corrupt("a checkpoint has a line that we do not know");

  const std::string lead = std::string(kDash) + key.name() + " ";
  TRY(std::string_view signed_line, Line(rest));
  if (!signed_line.starts_with(lead)) return Corrupt("a checkpoint is not signed by its log");
  signed_line.remove_prefix(lead.size());
  if (!rest.empty()) return Corrupt("a checkpoint has bytes after its signature");
  auto signed_by = DecodeBase64(signed_line);
  if (!signed_by.ok() || signed_by.value().size() != 4 + 64) {
    return Corrupt("the signature of a checkpoint is malformed");
  }
  const ByteView signature(signed_by.value());
  if (!std::equal(key.id().begin(), key.id().end(), signature.begin())) {
    return Corrupt("a checkpoint is signed by another key");
  }
  if (!VerifySignature(key.key(), AsBytes(TreeHeadText(head)), signature.subspan(4))) {
    return Corrupt("the signature of a checkpoint is wrong");
  }
  return head;
}

}  // namespace vault
