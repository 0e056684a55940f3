// Capability: the papers. "Decide, then log durably, then open" is the order of these types.
//
// Every paper is move-only, has a private constructor and names the only writers as friends, so
// `grep friend` over this file shows the whole authority of the program.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vault/base/civil.h"
#include "vault/base/facts.h"
#include "vault/base/ids.h"

namespace policies {
class Judge;
}

namespace vault {

class Access;
class AuditLog;
class KeyKeeper;
class Loans;
class People;
class Shares;
class Disposal;

// UnlockedKey hides what a signed-in person's private key is made of: base knows no key.
class UnlockedKey {
 public:
  virtual ~UnlockedKey() = default;
};

// MoveOnly is the shape of a paper.
class MoveOnly {
 public:
  MoveOnly(MoveOnly&&) = default;
  MoveOnly& operator=(MoveOnly&&) = default;
  MoveOnly(const MoveOnly&) = delete;
  MoveOnly& operator=(const MoveOnly&) = delete;

 protected:
  MoveOnly() = default;
  ~MoveOnly() = default;
};

// Actor is a person proved to be who they are, for the length of one request.
class Actor : public MoveOnly {
 public:
  PersonId person() const { return person_; }
  const AgencyId& agency() const { return agency_; }
  bool in_unit() const { return in_unit_; }
  const std::vector<std::string>& roles() const { return roles_; }
  bool Has(std::string_view role) const {
    for (const auto& r : roles_) {
      if (r == role) return true;
    }
    return false;
  }
  // slot is where the person's key stands: what they read stops when it is re-made.
  std::uint32_t slot() const { return slot_; }
  // acting_for lists those whose deputy this person is now; their roles are among roles().
  const std::vector<PersonId>& acting_for() const { return acting_for_; }
  // excluded lists the subjects that a conflict of interest keeps from this person.
  const std::vector<SubjectId>& excluded() const { return excluded_; }
  bool Excluded(const SubjectId& subject) const {
    return std::find(excluded_.begin(), excluded_.end(), subject) != excluded_.end();
  }
  const UnlockedKey& key() const { return *key_; }

 private:
  friend class People;
  Actor() = default;
  PersonId person_;
  AgencyId agency_;
  bool in_unit_ = false;
  std::uint32_t slot_ = 0;
  std::vector<std::string> roles_;
  std::vector<PersonId> acting_for_;
  std::vector<SubjectId> excluded_;
  std::unique_ptr<UnlockedKey> key_;
};

// OpeningRoute is the way a key reaches the reader.
enum class OpeningRoute : std::uint8_t { kOwner, kUnit, kLoan, kNamed, kLink };

// Opening says what may be opened, once, soon.
struct Opening {
  EntryType type = EntryType::kDocument;  // document, matter or subject
  ObjectId object;
  std::uint32_t version = 0;
  std::uint32_t slot = 0;
  MatterId matter;
  OpeningRoute route = OpeningRoute::kOwner;
  LoanId loan;                  // kLoan only
  std::uint32_t loan_slot = 0;  // kLoan only
  ShareId share;                // kLink only
  UnixSeconds granted_at = 0;
  std::string rule;  // the rule that allowed it
};

// AccessGrant: you may open this, once, within 60 s.
class AccessGrant : public MoveOnly {
 public:
  const Opening& opening() const { return opening_; }

 private:
  friend class Access;
  friend class Shares;
  friend class AuditLog;  // takes it apart to write the receipt
  explicit AccessGrant(Opening opening) : opening_(std::move(opening)) {}
  Opening opening_;
};

// OpeningReceipt: that opening is in the log, on disk.
class OpeningReceipt : public MoveOnly {
 public:
  const Opening& opening() const { return opening_; }
  std::uint64_t log_index() const { return log_index_; }

 private:
  friend class AuditLog;
  OpeningReceipt(Opening opening, std::uint64_t log_index)
      : opening_(std::move(opening)), log_index_(log_index) {}
  Opening opening_;
  std::uint64_t log_index_;
};

// FilingGrant: you may file this class into this matter, as this agency.
class FilingGrant : public MoveOnly {
 public:
  MatterId matter() const { return matter_; }
  const std::string& class_code() const { return class_code_; }
  const AgencyId& owner() const { return owner_; }
  const std::optional<SubjectId>& subject() const { return subject_; }
  const std::optional<PersonId>& filed_by() const { return filed_by_; }
  const std::vector<PersonId>& acting_for() const { return acting_for_; }

 private:
  friend class Access;
  FilingGrant() = default;
  MatterId matter_;
  std::string class_code_;
  AgencyId owner_;
  std::optional<SubjectId> subject_;
  std::optional<PersonId> filed_by_;
  std::vector<PersonId> acting_for_;
};

// DisposalOrder: this fell due, under this rule, on this mandate.
class DisposalOrder : public MoveOnly {
 public:
  const RetentionFacts& object() const { return object_; }
  const RetentionVerdict& verdict() const { return verdict_; }

 private:
  friend class ::policies::Judge;
  DisposalOrder(RetentionFacts object, RetentionVerdict verdict)
      : object_(std::move(object)), verdict_(std::move(verdict)) {}
  RetentionFacts object_;
  RetentionVerdict verdict_;
};

// ReleaseReceipt: this loan's release is in the log, on disk.
class ReleaseReceipt : public MoveOnly {
 public:
  LoanId loan() const { return loan_; }
  std::uint32_t slot() const { return slot_; }

 private:
  friend class AuditLog;
  ReleaseReceipt(LoanId loan, std::uint32_t slot) : loan_(loan), slot_(slot) {}
  LoanId loan_;
  std::uint32_t slot_;
};

// RemakeOrder: this key's holders changed or it ended; re-seal what stays, shred the old slot.
class RemakeOrder : public MoveOnly {
 public:
  EntryType type() const { return type_; }
  ObjectId object() const { return object_; }
  std::uint32_t old_slot() const { return old_slot_; }

 private:
  friend class People;
  friend class Loans;
  friend class Shares;
  RemakeOrder(EntryType type, ObjectId object, std::uint32_t old_slot)
      : type_(type), object_(object), old_slot_(old_slot) {}
  EntryType type_;
  ObjectId object_;
  std::uint32_t old_slot_;
};

// ShredItem is one key to be destroyed: the slot and what must stand in it.
struct ShredItem {
  std::uint32_t slot = 0;
  EntryType type = EntryType::kEmpty;
  ObjectId object;
  std::uint32_t version = 0;
};

// IntentReceipt: the intent to destroy exactly these keys is in the log, on disk.
class IntentReceipt : public MoveOnly {
 public:
  const std::vector<ShredItem>& items() const { return items_; }

 private:
  friend class AuditLog;
  explicit IntentReceipt(std::vector<ShredItem> items) : items_(std::move(items)) {}
  std::vector<ShredItem> items_;
};

}  // namespace vault
