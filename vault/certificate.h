// Certificate: the text of a certificate of destruction: what, why, when, and what it cannot claim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vault/base/civil.h"
#include "vault/base/ids.h"

namespace vault {

// CertificateFacts holds no personal data: objects are named by their log pseudonyms.
struct CertificateFacts {
  DisposalId batch;
  std::string store;  // the vault's id
  std::string rule;
  std::string trigger;
  std::string authority;
  std::string mandate;
  UnixSeconds due = 0;
  UnixSeconds done = 0;
  std::uint64_t epoch = 0;
  std::vector<std::string> cell_classes;
  bool clock_confirmed = true;
  std::vector<std::string> objects;  // "pack loan o:… to agency POL"
  std::uint64_t held_back = 0;       // taken out by a hold at the last moment
};

// CertificateText is the whole text, LF-ended lines; the file adds the log's proof (FORMAT.md §8).
std::string CertificateText(const CertificateFacts& facts);

// ResidualWords says in plain words what an erasure of these cells does not cover.
std::string ResidualWords(const std::vector<std::string>& cell_classes);

}  // namespace vault
