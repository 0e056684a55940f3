#include "vault/audit/proof.h"

#include <algorithm>

#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1\n";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kMaxHashes = 63;

// Line takes one LF-ended line off the front. Errors: kCorrupt there is none.
Result<std::string_view> Line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return Corrupt("a proof ends in the middle of a line");
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string FormatProof(const TlogProof& proof) {
  std::string out(kFirstLine);
  if (proof.extra.has_value()) {
    out.append(kExtra).append(EncodeBase64(AsBytes(*proof.extra))).append("\n");
  }
  out.append(kIndex).append(std::to_string(proof.index)).append("\n");
  for (const LogHash& hash : proof.hashes) out.append(EncodeBase64(hash)).append("\n");
  out.append("\n").append(proof.checkpoint);
  return out;
}

Result<TlogProof> ParseProof(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return Corrupt("a proof does not begin with its first line");
  std::string_view rest = text.substr(kFirstLine.size());
  TlogProof proof;
  TRY(std::string_view line, Line(rest));
  if (line.starts_with(kExtra)) {
    auto extra = DecodeBase64(line.substr(kExtra.size()));
    if (!extra.ok()) return Corrupt("the extra line of a proof is malformed");
    proof.extra = ToString(extra.value());
    TRY(line, Line(rest));
  }
  if (!line.starts_with(kIndex)) return Corrupt("a proof has no index");
  auto index = ParseDecimal(line.substr(kIndex.size()));
  if (!index.ok()) return Corrupt("the index of a proof is no number");
  proof.index = index.value();
  for (;;) {
    TRY(line, Line(rest));
    if (line.empty()) break;
    auto bytes = DecodeBase64(line);
    LogHash hash;
    if (!bytes.ok() || bytes.value().size() != hash.size()) {
      return Corrupt("a proof has a line that is no hash");
    }
    if (proof.hashes.size() == kMaxHashes) return Corrupt("a proof has too many hashes");
    std::copy(bytes.value().begin(), bytes.value().end(), hash.begin());
    proof.hashes.push_back(hash);
  }
  proof.checkpoint = rest;
  return proof;
}

Result<TreeHead> VerifyProof(const TlogProof& proof, std::string_view entry, const NoteKey& key) {
  TRY(TreeHead head, OpenCheckpoint(proof.checkpoint, key));
  TRY_VOID(
      VerifyInclusion(proof.index, head.size, HashLeaf(AsBytes(entry)), proof.hashes, head.root));
  return head;
}

}  // namespace vault
