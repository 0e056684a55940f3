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
  std::uint8_t number = 0;  // of the copy (FORMAT.md §5)
};

// CopiesLine and ReadCopies keep the copies of a batch in one column:
//   copies = copy *( ";" copy )     copy = number ":" state ":" class *( "," class )
std::string CopiesLine(const std::vector<CopyFacts>& copies);
// Errors: kCorrupt.
Result<std::vector<CopyFacts>> ReadCopies(std::string_view line);

// AllErased says whether a certificate over these copies is final: none is still to erase.
bool AllErased(const std::vector<CopyFacts>& copies);

// SearchFacts is what a search of the register's pages for sealed values came to, after their rows
// were purged.
struct SearchFacts {
  std::uint64_t values = 0;  // looked for
  std::uint64_t left = 0;    // of them still found somewhere
  bool whole = false;        // in the whole file, not only where it changed and where it is free
  std::optional<UnixSeconds> rewritten =
      {};  // when the file was made anew because of what was left
};
// SearchLine and ReadSearch keep it in one column; an empty line is no search.
//   search = values " " left " " ( "whole" / "part" ) [ " " rewritten ]
std::string SearchLine(const SearchFacts& facts);
// Errors: kCorrupt.
Result<std::optional<SearchFacts>> ReadSearch(std::string_view line);
// SearchWords says in plain words where nothing was found.
std::string SearchWords(const SearchFacts& facts);

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
  std::uint64_t rowless = 0;    // other versions of these documents, whose keys live without a row
  // When the last copy had erased, if that was later than `done`.
  std::optional<UnixSeconds> completed = {};
  std::optional<SearchFacts> search = {};  // none: it could not be made
  std::string replaces;                    // SHA-256 of the text that was given out before
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
