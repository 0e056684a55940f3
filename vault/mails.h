// Mails: who is to be reminded of what, kept until it was delivered, without a word of a case.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/documents.h"
#include "vault/matter_rows.h"
#include "vault/people.h"

namespace vault {

// MailKind says why somebody is written to. Each is a letter of its own.
enum class MailKind : std::uint8_t {
  kReminder,    // a day comes near
  kOverdue,     // it has passed
  kEscalation,  // it has passed, and nobody did anything
  kHoldReview,  // a hold's review day has passed
  kDisposal,    // a disposal waits for its approvals
  kMissing,     // what agencies were to file by a day is not there: for the unit
};
std::string_view MailKindName(MailKind kind);

// MailRow is one letter to one person, made once.
struct MailRow {
  ObjectId id;  // of all that follows, up to the day: the same letter is not made twice
  PersonId person;
  std::optional<MatterId> matter;
  MailKind kind = MailKind::kReminder;
  std::string item;   // the template's name of what is due, or the id of a hold, disposal or record
  Day day;            // when it was or is due
  std::string state;  // queued, sent, dropped (it was done meanwhile), failed (given up)
  std::uint32_t attempts = 0;
  UnixSeconds next = 0;
  UnixSeconds made = 0;
};

// Letter is what a mail may say: an address, a reference and a day. Nothing of a case is in it.
struct Letter {
  ObjectId id;
  std::string to;
  MailKind kind = MailKind::kReminder;
  std::string reference;  // of the matter; empty: of none
  Day day;
  std::uint32_t attempts = 0;
};

// MailView is one row of the list.
struct MailView {
  ObjectId id;
  std::string to;  // empty: the person has ended
  std::string kind;
  std::string reference;
  Day day;
  std::string state;
  std::uint32_t attempts = 0;
  std::optional<UnixSeconds> next;  // while it waits
};

// Mails.
//
// Invariants: a letter is made once, however often it is looked for and whatever restarts between;
// what nobody answers is escalated, and never destroys anything.
class Mails {
 public:
  // Parts are what a letter is looked up in.
  struct Parts {
    People& people;
    Compartments& compartments;
    MatterRows& matters;
    Documents& documents;
  };
  Mails(Core& core, const Parts& parts)
      : core_(core),
        people_(parts.people),
        compartments_(parts.compartments),
        matters_(parts.matters),
        documents_(parts.documents) {}

  // Gather makes the letters that are due today. Gives how many are new.
  // Errors: kUnavailable the date was not confirmed.
  Result<std::uint64_t> Gather();
  // Waiting gives the letters whose turn it is, oldest first. What was done meanwhile is dropped.
  Result<std::vector<Letter>> Waiting(std::size_t most);
  // Sent logs a delivery. Failed puts the next try off, longer each time; after the last it is
  // given up, which is logged and shows in the list.
  Status Sent(const ObjectId& id);
  enum class Failure : std::uint8_t { kForNow, kForGood };
  Status Failed(const ObjectId& id, Failure failure);
  // List gives all letters, newest first. Errors: kDenied neither the unit nor IGO.
  Result<std::vector<MailView>> List(const Actor& actor);

 private:
  struct Wanted {
    PersonId person;
    std::optional<MatterId> matter;
    MailKind kind;
    std::string item;
    Day day;
    std::int32_t round = 0;
  };
  // Scene is one matter today, and the letters that are found.
  struct Scene {
    const MatterRow& matter;
    const MatterFacts& facts;
    Day today;
    std::vector<Wanted>& wanted;
  };
  // Whom are people with one of these roles, all of them or those of some parties.
  struct Whom {
    std::vector<std::string> roles;
    const std::set<PartyId>* parties = nullptr;
  };
  Status WantedOf(const MatterRow& matter, std::vector<Wanted>& wanted);
  Status ChaseEvent(const Scene& scene, const DueItem& item);
  Status ChaseFilings(const Scene& scene, const DueItem& item);
  Status ChaseRecords(const Scene& scene);
  Status Ask(const Scene& scene, const DueItem& item, MailKind kind, const Whom& whom);
  // Owing are the parties of whom a document awaited by this day is not there.
  Result<std::set<PartyId>> Owing(const Scene& scene, const DueItem& item);
  Status WantedByHolds(std::vector<Wanted>& wanted);
  Status WantedByDisposals(std::vector<Wanted>& wanted);
  // Holders are the people meant: members of the matter, or everybody.
  Result<std::vector<PersonId>> Holders(const std::optional<MatterId>& matter, const Whom& whom);
  ObjectId NameOf(const Wanted& wanted) const;
  Result<std::vector<MailRow>> Read(Statement query);
  Result<MailRow> Load(const ObjectId& id);
  Result<bool> StillWanted(const MailRow& row);
  Status Write(const MailRow& row);
  Core& core_;
  People& people_;
  Compartments& compartments_;
  MatterRows& matters_;
  Documents& documents_;
};

}  // namespace vault
