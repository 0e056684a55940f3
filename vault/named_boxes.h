// NamedBoxes: documents and records of classes for named readers are sealed to people, not to
// compartments: whoever is not named holds no key, also in the same agency and in the unit.
//
// A box is the access share for one person, inside an outer layer under that person's slot
// (FORMAT.md §6, SAB1): it moves with a re-make of the slot and is gone with the person.
#pragma once

#include <optional>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/matter_rows.h"
#include "vault/people_rows.h"

namespace vault {

struct NamedBoxRow {
  ObjectId id;  // of the row
  ObjectId object;
  std::uint32_t version = 0;
  PersonId person;
  SlotNumber slot = 0;  // the person's
  Bytes box;
  std::uint64_t row_version = 0;
};

// NamedBoxPlace is where a box's outer layer stands.
OuterPlace NamedBoxPlace(const NamedBoxRow& row);
// FindNamedBox, NamedBoxesOf and PersonsNamedBoxes check the rows. Errors: kCorrupt.
Result<std::optional<NamedBoxRow>> FindNamedBox(const Core& core, const ObjectId& object,
                                                std::uint32_t version, const PersonId& person);
Result<std::vector<NamedBoxRow>> NamedBoxesOf(const Core& core, const ObjectId& object,
                                              std::uint32_t version);
Result<std::vector<NamedBoxRow>> PersonsNamedBoxes(const Core& core, const PersonId& person);
Status InsertNamedBox(Database& database, const Core& core, const NamedBoxRow& row);

// NamedObject is what is sealed to people.
struct NamedObject {
  ObjectId object;
  std::uint32_t version = 0;
  std::optional<SubjectId> subject;
};

class NamedBoxes {
 public:
  NamedBoxes(Core& core, Compartments& compartments) : core_(core), compartments_(compartments) {}

  // FirstReaders are the author and whoever sits in the matter in a role that the class names,
  // without those from whom the subject is kept.
  Result<std::vector<PersonId>> FirstReaders(const MatterRow& matter, const ClassRule& rule,
                                             const std::optional<PersonId>& author,
                                             const NamedObject& object);
  // MayBeNamed asks that somebody has a part in the matter and is not kept from the subject.
  // Errors: kInvalid.
  Status MayBeNamed(const MatterRow& matter, const NamedObject& object, const PersonId& person);
  // Seal names people, in the caller's transaction; who is named already stays so.
  Status Seal(Transaction& transaction, const NamedObject& object, const AccessShare& access,
              const std::vector<PersonId>& readers);

 private:
  Core& core_;
  Compartments& compartments_;
};

}  // namespace vault
