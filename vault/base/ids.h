// Ids: 16 random bytes that know what they name. A matter id is never a document id.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/base/text.h"

namespace vault {

// Id names one thing of one kind. Written as 32 hex digits for people and programs.
template <class Kind>
class Id {
 public:
  constexpr Id() = default;
  explicit Id(ByteArray<16> bytes) : bytes_(bytes) {}

  // FromBytes takes exactly 16 bytes.
  // Errors: kCorrupt any other length.
  static Result<Id> FromBytes(ByteView view) {
    if (view.size() != 16) return Corrupt("an id is not 16 bytes long");
    Id id;
    std::memcpy(id.bytes_.data(), view.data(), 16);
    return id;
  }
  // Parse reads 32 lower-case hex digits.
  // Errors: kNotFound anything else, so that a wrong id and an unknown id answer alike.
  static Result<Id> Parse(std::string_view text) {
    auto bytes = DecodeHex(text);
    if (!bytes.ok() || bytes.value().size() != 16) return NotFound("no such id");
    return FromBytes(bytes.value());
  }

  const ByteArray<16>& bytes() const { return bytes_; }
  ByteView view() const { return {bytes_.data(), bytes_.size()}; }
  std::string ToHex() const { return EncodeHex(view()); }
  bool is_zero() const { return bytes_ == ByteArray<16>{}; }
  auto operator<=>(const Id&) const = default;

 private:
  ByteArray<16> bytes_{};
};

using StoreId = Id<struct StoreTag>;
using PersonId = Id<struct PersonTag>;
using RoleId = Id<struct RoleTag>;
using MatterId = Id<struct MatterTag>;
using SubjectId = Id<struct SubjectTag>;
using InvolvementId = Id<struct InvolvementTag>;
using PartyId = Id<struct PartyTag>;
using MemberId = Id<struct MemberTag>;
using DocumentId = Id<struct DocumentTag>;
using LoanId = Id<struct LoanTag>;
using ShareId = Id<struct ShareTag>;
using HoldId = Id<struct HoldTag>;
using DisposalId = Id<struct DisposalTag>;
using DeputyId = Id<struct DeputyTag>;
using ExclusionId = Id<struct ExclusionTag>;
using BlobName = Id<struct BlobTag>;
// ObjectId is any of the above where only the 16 bytes matter (key tree entries, log pseudonyms).
using ObjectId = Id<struct ObjectTag>;

template <class Kind>
ObjectId AsObject(const Id<Kind>& id) {
  return ObjectId(id.bytes());
}

// AgencyId is the short code people use for an agency: [A-Za-z0-9-]{1,32}.
class AgencyId {
 public:
  AgencyId() = default;
  // Errors: kInvalid any other character, empty, or longer than 32.
  static Result<AgencyId> Parse(std::string_view text);
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const AgencyId&) const = default;

 private:
  std::string text_;
};

}  // namespace vault
