// Proof: a .tlog-proof, which shows offline that an entry is in a log.
//
//   proof = "c2sp.org/tlog-proof@v1\n" [ "extra " base64 "\n" ] "index " decimal "\n"
//           *( base64(hash) "\n" ) "\n" checkpoint
//
// Source: C2SP tlog-proof. Parsing accepts exactly what formatting writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/audit/checkpoint.h"
#include "vault/audit/merkle.h"
#include "vault/base/result.h"

namespace vault {

// TlogProof is one such file. extra: what the application adds; we put the entry itself there.
struct TlogProof {
  std::optional<std::string> extra;
  std::uint64_t index = 0;
  std::vector<LogHash> hashes;
  std::string checkpoint;
};

std::string FormatProof(const TlogProof& proof);
// ParseProof takes the file apart; nothing is verified yet. Errors: kCorrupt.
Result<TlogProof> ParseProof(std::string_view text);
// VerifyProof checks the checkpoint's signature and that the entry is in its tree at the index.
// Errors: kCorrupt.
Result<TreeHead> VerifyProof(const TlogProof& proof, std::string_view entry, const NoteKey& key);

}  // namespace vault
