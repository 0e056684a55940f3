#include "vault/crypto/container_header.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "vault/base/text.h"
#include "vault/base/wire.h"

namespace vault {
namespace {

constexpr std::string_view kSlotType = "strongroom/v1";
constexpr std::string_view kBoxType = "strongroom-box";

Error NotOurs() { return Corrupt("a container header does not say what it must"); }

template <class IdType>
Result<IdType> ParseId(const std::string& text) {
  const auto bytes = DecodeBase64Raw(text);
  if (!bytes.ok()) return NotOurs();
  return IdType::FromBytes(bytes.value());
}

Result<std::uint32_t> ParseSlot(const std::string& text) {
  const auto bytes = DecodeHex(text);
  if (!bytes.ok() || bytes.value().size() != 4) return NotOurs();
  return WireReader(bytes.value()).U32();
}

Result<std::uint32_t> ParseVersion(const std::string& text) {
  const auto number = ParseDecimal(text);
  if (!number.ok() || number.value() > std::numeric_limits<std::uint32_t>::max()) return NotOurs();
  return static_cast<std::uint32_t>(number.value());
}

}  // namespace

Result<std::vector<AgeStanza>> ContainerStanzas(const ContainerHeader& header) {
  std::vector<AgeStanza> stanzas;
  stanzas.reserve(1 + header.boxes.size());
  stanzas.push_back({{std::string(kSlotType), EncodeHex(WireWriter().U32(header.slot).bytes()),
                      EncodeBase64Raw(header.document.view()), std::to_string(header.version)},
                     {}});
  for (const ContainerBox& box : header.boxes) {
    if (box.box.empty()) return Invalid("an access box is empty");
    stanzas.push_back({{std::string(kBoxType), EncodeBase64Raw(box.matter.view()),
                        EncodeBase64Raw(box.party.view())},
                       box.box});
  }
  return stanzas;
}

Result<ContainerHeader> ContainerHeaderFrom(const std::vector<AgeStanza>& stanzas) {
  if (stanzas.empty()) return NotOurs();
  const AgeStanza& first = stanzas.front();
  if (first.arguments.size() != 4 || first.arguments[0] != kSlotType || !first.body.empty()) {
    return NotOurs();
  }
  ContainerHeader header;
  TRY(header.slot, ParseSlot(first.arguments[1]));
  TRY(header.document, ParseId<DocumentId>(first.arguments[2]));
  TRY(header.version, ParseVersion(first.arguments[3]));
  for (std::size_t i = 1; i < stanzas.size(); ++i) {
    const AgeStanza& stanza = stanzas[i];
    if (stanza.arguments.size() != 3 || stanza.arguments[0] != kBoxType || stanza.body.empty()) {
      return NotOurs();
    }
    TRY(const MatterId matter, ParseId<MatterId>(stanza.arguments[1]));
    TRY(const PartyId party, ParseId<PartyId>(stanza.arguments[2]));
    header.boxes.push_back({matter, party, stanza.body});
  }
  return header;
}

Result<ReadHeader> ReadAgeHeader(RandomAccess& file) {
  Bytes start(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kMaxAgeHeaderSize)));
  TRY_VOID(file.ReadAt(0, start));
  TRY(AgeHeader age, ParseAgeHeader(start));
  start.resize(age.size);
  return ReadHeader{std::move(age), std::move(start)};
}

Result<ContainerHeader> ParseContainerHeader(RandomAccess& file) {
  TRY(const ReadHeader header, ReadAgeHeader(file));
  return ContainerHeaderFrom(header.age.stanzas);
}

}  // namespace vault
