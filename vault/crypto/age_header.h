// AgeHeader: the text in front of an age v1 payload, read strictly and within bounds.
//
//   header   = "age-encryption.org/v1" LF 1*stanza "---" SP base64(mac[32]) LF
//   stanza   = "->" 1*(SP argument) LF *(64 columns of base64 LF) (0 to 63 columns of base64 LF)
//   argument = 1*(%x21-7E)                          base64 is canonical and without padding
//   mac      = HMAC-SHA256(HKDF(file key, salt="", info="header"), header up to and with "---")
#pragma once

#include <span>
#include <string>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"

namespace vault {

// kMaxAgeHeaderSize bounds what a hostile file can make us read before anything is authenticated.
inline constexpr std::size_t kMaxAgeHeaderSize = 64 * 1024;

// AgeStanza is one recipient's part; the first argument is its type.
struct AgeStanza {
  std::vector<std::string> arguments;
  Bytes body;
  bool operator==(const AgeStanza&) const = default;
};

struct AgeHeader {
  std::vector<AgeStanza> stanzas;
  ByteArray<32> mac{};
  std::size_t authenticated_size = 0;  // what the MAC covers
  std::size_t size = 0;                // the payload nonce follows
};

// ParseAgeHeader reads the header off the start of a file; at most kMaxAgeHeaderSize are looked at.
//
// Errors: kCorrupt not exactly the grammar, or longer than the bound.
// Source: age specification, C2SP.
Result<AgeHeader> ParseAgeHeader(ByteView file_start);

// EncodeAgeStanzas writes everything that the MAC covers.
std::string EncodeAgeStanzas(std::span<const AgeStanza> stanzas);
// EncodeAgeMacLine writes what follows the authenticated part.
std::string EncodeAgeMacLine(const ByteArray<32>& mac);

// ComputeAgeMac is the MAC over the authenticated part.
ByteArray<32> ComputeAgeMac(const FileKey& key, ByteView authenticated);

}  // namespace vault
