#include "vault/backup_manifest.h"

#include "vault/base/civil.h"
#include "vault/base/text.h"
#include "vault/crypto/sign.h"

namespace vault {
namespace {

constexpr std::string_view kFirstLine = "strongroom-backup/v1\n";

Error NotAManifest() { return Corrupt("a backup's manifest is damaged"); }
Error NotAList() { return Corrupt("a backup's list of blobs is damaged"); }

std::string FactsText(const FileFacts& facts) {
  return std::to_string(facts.size) + " " + EncodeHex(facts.sha256);
}

// A name of ours: it never leads out of the folder.
bool IsPlainName(std::string_view name) {
  if (name.empty() || name.size() > 100 || name.front() == '.') return false;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    if (!plain) return false;
  }
  return true;
}

Result<FileFacts> ReadFacts(std::string_view size, std::string_view digest) {
  FileFacts facts;
  TRY(facts.size, ParseDecimal(size));
  TRY(const Bytes bytes, DecodeHex(digest));
  if (bytes.size() != facts.sha256.size()) return NotAManifest();
  std::copy(bytes.begin(), bytes.end(), facts.sha256.begin());
  return facts;
}

std::string ManifestText(const BackupManifest& manifest) {
  const auto part = [](std::string_view word, const BackupPart& file) {
    return std::string(word) + " " + file.name + " " + FactsText(file.facts) + "\n";
  };
  return std::string(kFirstLine) + "vault " + manifest.store.ToHex() + "\ntime " +
         FormatMinute(manifest.time) + "\nmark " + std::to_string(manifest.mark) + "\nepoch " +
         std::to_string(manifest.epoch) + "\ninserts " + std::to_string(manifest.inserts) + "\n" +
         part("register", manifest.register_copy) + part("list", manifest.list) + "blobs " +
         std::to_string(manifest.blob_count) + " " + std::to_string(manifest.blob_bytes) + "\n\n" +
         manifest.checkpoint;
}

// Fields splits the line that must begin with this word; empty when it does not.
std::vector<std::string_view> Fields(std::string_view& rest, std::string_view word) {
  const std::size_t end = rest.find('\n');
  if (end == rest.npos) return {};
  const std::vector<std::string_view> fields = Split(rest.substr(0, end), ' ');
  rest.remove_prefix(end + 1);
  if (fields.front() != word) return {};
  return {fields.begin() + 1, fields.end()};
}

// SignedText is the text above the signature line, with its last line feed.
Result<std::string_view> SignedText(std::string_view note) {
  const std::size_t at = note.rfind("\n\n");
  if (at == note.npos || at + 2 == note.size()) return NotAManifest();
  return note.substr(0, at + 1);
}

Result<BackupManifest> ReadText(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return NotAManifest();
  std::string_view rest = text.substr(kFirstLine.size());
  BackupManifest manifest;
  const auto number = [&rest](std::string_view word) -> Result<std::uint64_t> {
    const auto fields = Fields(rest, word);
    if (fields.size() != 1) return NotAManifest();
    return ParseDecimal(fields[0]);
  };
  const auto part = [&rest](std::string_view word) -> Result<BackupPart> {
    const auto fields = Fields(rest, word);
    if (fields.size() != 3 || !IsPlainName(fields[0])) return NotAManifest();
    TRY(const FileFacts facts, ReadFacts(fields[1], fields[2]));
    return BackupPart{std::string(fields[0]), facts};
  };
  const auto vault = Fields(rest, "vault");
  if (vault.size() != 1) return NotAManifest();
  TRY(manifest.store, StoreId::Parse(vault[0]));
  const auto time = Fields(rest, "time");
  if (time.size() != 1) return NotAManifest();
  TRY(manifest.time, ParseWhen(time[0]));
  TRY(const std::uint64_t mark, number("mark"));
  manifest.mark = static_cast<UnixSeconds>(mark);
  TRY(manifest.epoch, number("epoch"));
  TRY(manifest.inserts, number("inserts"));
  TRY(manifest.register_copy, part("register"));
  TRY(manifest.list, part("list"));
  const auto blobs = Fields(rest, "blobs");
  if (blobs.size() != 2) return NotAManifest();
  TRY(manifest.blob_count, ParseDecimal(blobs[0]));
  TRY(manifest.blob_bytes, ParseDecimal(blobs[1]));
  if (!rest.starts_with("\n")) return NotAManifest();
  manifest.checkpoint = rest.substr(1);
  return manifest;
}

}  // namespace

Result<std::string> SignManifest(const BackupManifest& manifest, const std::string& origin,
                                 const LogSigner& signer) {
  TRY(const NoteKey key, NoteKey::Of(origin, signer.public_key()));
  const std::string text = ManifestText(manifest);
  return SignedNote(text, key, signer.Sign(AsBytes(text)));
}

Result<BackupManifest> ReadManifest(std::string_view note) {
  TRY(const std::string_view text, SignedText(note));
  auto manifest = ReadText(text);
  // One spelling: whatever reads differently from what we would write was changed.
  if (!manifest.ok() || ManifestText(manifest.value()) != text) return NotAManifest();
  return manifest;
}

Result<TreeHead> VerifyManifest(std::string_view note, const SigningPublicKey& key) {
  TRY(const std::string_view text, SignedText(note));
  TRY(const BackupManifest manifest, ReadManifest(note));
  TRY(const TreeHead head, OpenOwnCheckpoint(manifest.checkpoint, key));
  TRY(const NoteKey name, NoteKey::Of(head.origin, key));
  const std::size_t at = note.rfind(' ');
  if (at == note.npos || !note.ends_with('\n')) return NotAManifest();
  const auto signed_by = DecodeBase64(note.substr(at + 1, note.size() - at - 2));
  if (!signed_by.ok() || signed_by.value().size() != 4 + 64) return NotAManifest();
  Signature signature{};
  std::copy(signed_by.value().begin() + 4, signed_by.value().end(), signature.begin());
  // Written again from its parts, so that no byte of the signature's line is free.
  if (SignedNote(text, name, signature) != note ||
      !VerifySignature(key, AsBytes(text), signature)) {
    return Corrupt("a backup's manifest is not signed by this vault");
  }
  return head;
}

std::string FormatBlobList(const BlobList& list) {
  std::string text;
  for (const auto& [name, facts] : list) {
    text += "blob " + name.ToHex() + " " + FactsText(facts) + "\n";
  }
  return text;
}

Result<BlobList> ReadBlobList(std::string_view text) {
  BlobList list;
  while (!text.empty()) {
    const auto fields = Fields(text, "blob");
    if (fields.size() != 3) return NotAList();
    const auto name = BlobName::Parse(fields[0]);
    auto facts = ReadFacts(fields[1], fields[2]);
    if (!name.ok() || !facts.ok()) return NotAList();
    if (!list.empty() && !(list.rbegin()->first < name.value())) return NotAList();
    list.emplace_hint(list.end(), name.value(), facts.value());
  }
  return list;
}

std::string BackupBlobFolder(const std::string& folder, const BlobName& name) {
  return folder + "/" + std::string(kBackupBlobs) + "/" + name.ToHex().substr(0, 2);
}

std::string BackupBlobPath(const std::string& folder, const BlobName& name) {
  return BackupBlobFolder(folder, name) + "/" + name.ToHex();
}

Result<TreeHead> OpenOwnCheckpoint(std::string_view note, const SigningPublicKey& key) {
  const std::size_t end = note.find('\n');
  if (end == note.npos) return Corrupt("a checkpoint has no origin");
  auto name = NoteKey::Of(std::string(note.substr(0, end)), key);
  if (!name.ok()) return Corrupt("a checkpoint has no origin");
  return OpenCheckpoint(note, name.value());
}

}  // namespace vault
