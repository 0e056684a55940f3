// ContainerStanzas: the container's meaning of an age header (grammar in FORMAT.md §4).
//
//   -> strongroom/v1 <slot, 8 lower-case hex> <document, base64> <version, decimal>     empty body
//   -> strongroom-box <matter, base64> <party, base64>                  body: the access box
// The first stanza comes once and first, then boxes alone.
#pragma once

#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/age_header.h"
#include "vault/crypto/container.h"

namespace vault {

// ContainerStanzas puts a header into stanzas. Errors: kInvalid an empty box.
Result<std::vector<AgeStanza>> ContainerStanzas(const ContainerHeader& header);
// ContainerHeaderFrom is the inverse. Errors: kCorrupt any other stanza, order or spelling.
Result<ContainerHeader> ContainerHeaderFrom(const std::vector<AgeStanza>& stanzas);

// ReadAgeHeader reads and parses what may be a header at the start of a file, and keeps the bytes.
struct ReadHeader {
  AgeHeader age;
  Bytes bytes;  // exactly the header
};
Result<ReadHeader> ReadAgeHeader(RandomAccess& file);

}  // namespace vault
