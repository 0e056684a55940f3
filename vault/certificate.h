// Certificate: the text of a certificate of destruction: what, why, when, and what it cannot claim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/civil.h"
#include "vault/base/ids.h"
#include "vault/base/result.h"

namespace vault {

// CopyState is what became of one copy of the key tree in the epoch.
enum class CopyState : std::uint8_t {
  kErased,       // its cells' old secret was overwritten and read back
  kUnreachable,  // it will erase when it is reached; until then the certificate is provisional
  kEvicted,      // two people gave it up: it is told apart for ever
};

// CopyFacts is one copy and the classes of its erasure cells.
struct CopyFacts {
  CopyState state = CopyState::kErased;
  std::vector<std::string> cell_classes;
};

// CopiesLine and ReadCopies keep the copies of a batch in one column:
//   copies = copy *( ";" copy )     copy = state ":" class *( "," class )
std::string CopiesLine(const std::vector<CopyFacts>& copies);
// Errors: kCorrupt.
Result<std::vector<CopyFacts>> ReadCopies(std::string_view line);

// AllErased says whether a certificate over these copies is final: none is still to erase.
bool AllErased(const std::vector<CopyFacts>& copies);

// CertificateFacts holds no personal data: objects and people are named by their log pseudonyms.
struct CertificateFacts {
  DisposalId batch;
  std::string store;  // the vault's id
  std::string rule;
  std::string trigger;
  std::string authority;
  std::string mandate;
  std::vector<std::string> approvers;  // "IGO p:…"
  UnixSeconds due = 0;
  UnixSeconds done = 0;
  std::string clock;  // how the vault knew the date
  std::uint64_t epoch = 0;
  std::vector<CopyFacts> copies;
  std::vector<std::string> objects;  // "pack loan o:… to agency POL"
  std::vector<std::string> channels;
  std::uint64_t held_back = 0;  // taken out by a hold at the last moment
};

// CertificateText is the whole text, LF-ended lines; the file adds the log's proof (FORMAT.md §8).
// It says "provisional" while a copy has still to erase.
std::string CertificateText(const CertificateFacts& facts);

// ResidualWords says in plain words what an erasure of these cells does not cover. Any one cell of
// a copy is enough to destroy it, so the strongest class counts.
std::string ResidualWords(const std::vector<std::string>& cell_classes);

// ChannelWords says what a way of taking documents in leaves behind elsewhere; empty: nothing that
// the vault knows of.
std::string ChannelWords(std::string_view channel);

// MandateWords says in plain words on whose word it was done.
std::string MandateWords(std::string_view mandate);

}  // namespace vault
