// Compartments: one key pair for each party of a matter, and who holds it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"
#include "vault/crypto/sealed_box.h"
#include "vault/register.h"

namespace vault {

struct DeputyRow;

struct CompartmentRow {
  PartyId party;
  MatterId matter;
  SlotNumber slot = 0;  // the matter's
  std::string kind;     // agency, chair, group, control, inspection
  AgencyId agency;      // agency only
  BoxPublicKey public_key{};
  Bytes escrow;  // lockbox to the unit's compartment; empty for the unit's own
  std::uint64_t row_version = 0;
};

struct MemberRow {
  MemberId id;
  MatterId matter;
  PartyId party;
  PersonId person;
  SlotNumber slot = 0;  // the person's
  bool attending = false;
  // Of a deputy: in whose place, and until when. Who is a member in their own right has neither.
  std::optional<PersonId> stands_for = {};
  std::optional<UnixSeconds> until = {};
  Bytes lockbox;  // empty: owed
  std::uint64_t row_version = 0;

  // Over says whether a deputy's part has ended by itself. While the date is not known, it has.
  bool Over(const TimeInterval& now) const { return until && now.high >= *until; }
};

// SealLockbox is "SLB1" | u8 kind | u8 role | u16 1 | matter[16] | recipient[16] | party[16] |
// sk[32] | 0[8] sealed to the recipient, 144 B.
enum class LockboxKind : std::uint8_t { kPerson = 1, kEscrow = 2, kCompartment = 3 };

class Compartments {
 public:
  explicit Compartments(Core& core) : core_(core) {}

  // Load and Find check the row's mac and slot. Errors: kNotFound; kCorrupt.
  Result<CompartmentRow> Load(const PartyId& party);
  Result<CompartmentRow> Find(const MatterId& matter, std::string_view kind,
                              const AgencyId& agency);
  Result<CompartmentRow> FindAgency(const MatterId& matter, const AgencyId& agency) {
    return Find(matter, "agency", agency);
  }

  // OfMatter lists the parties of a matter.
  Result<std::vector<CompartmentRow>> OfMatter(const MatterId& matter);

  // Create makes a compartment inside the caller's transaction, its private key sealed to the
  // unit's compartment (or to nobody yet, when it is the unit's own).
  struct Created {
    CompartmentRow row;
    BoxSecretKey secret_key;
  };
  Result<Created> Create(Transaction& transaction, const MatterId& matter, SlotNumber matter_slot,
                         std::string_view kind, const AgencyId& agency);

  // Rename writes a party's agency anew, as the row has it; its key pair and who holds it stay.
  Status Rename(Transaction& transaction, CompartmentRow row);

  // Unlock gives the private key of a compartment to a member of it, or to a member of the unit's
  // compartment through the escrow. Errors: kNotFound the actor holds no key to it.
  Result<BoxSecretKey> Unlock(const Actor& actor, const PartyId& party);

  // Membership gives a person's part in a matter that runs now.
  Result<std::optional<MemberRow>> Membership(const PersonId& person, const MatterId& matter);
  // MembersOf lists who has a part in a matter that runs now. Errors: kCorrupt.
  Result<std::vector<MemberRow>> MembersOf(const MatterId& matter);
  // AddMember seals the compartment's key to a person, inside the caller's transaction. What they
  // had as somebody's deputy becomes their own.
  // Errors: kConflict the person is in a party of this matter already.
  Status AddMember(Transaction& transaction, const CompartmentRow& compartment,
                   const BoxSecretKey& secret_key, const PersonId& person, bool attending);
  // AddDeputy is AddMember in another's place, until an end. Errors: kConflict as above.
  Status AddDeputy(Transaction& transaction, const CompartmentRow& compartment,
                   const BoxSecretKey& secret_key, const DeputyRow& deputy);
  // Owed lists the live members whose lockbox is owed: somebody with the key hands it over.
  Result<std::vector<MemberRow>> Owed();
  // HandOver seals the compartment's key to a member who is owed it, in the caller's transaction.
  Status HandOver(Transaction& transaction, MemberRow row, const BoxSecretKey& secret_key);
  // MemberPlace is where a lockbox's outer layer stands.
  static OuterPlace MemberPlace(const MemberRow& row);
  // MemberImage is the row under K_row.
  static RowImage MemberImage(const MemberRow& row);
  // MembershipsOf lists the live memberships of a person.
  Result<std::vector<MemberRow>> MembershipsOf(const PersonId& person);
  // SealFor makes the lockbox bytes for a person (the outer layer included).
  Result<Bytes> SealFor(const MemberRow& row, const BoxPublicKey& person_key,
                        const BoxSecretKey& secret_key);
  // SetAttending names a member as attending the meeting, or not.
  Status SetAttending(Transaction& transaction, MemberRow row, bool attending);

 private:
  // Join inserts a member with their lockbox.
  Status Join(Transaction& transaction, MemberRow member, const CompartmentRow& compartment,
              const BoxSecretKey& secret_key);
  Result<BoxSecretKey> OpenLockbox(const BoxSecretKey& holder, ByteView box,
                                   const CompartmentRow& expected, LockboxKind kind,
                                   const ObjectId& recipient);
  Core& core_;
};

}  // namespace vault
