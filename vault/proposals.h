// Proposals: what is due and may not go by itself: records that two people approve, and more at
// once than the clock alone may destroy.
//
// An approval is of exactly the items that stood there when it was given: their digest. A hold, a
// new item or a missing one makes it void. Silence never destroys: it escalates.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/disposal.h"
#include "vault/due_items.h"

namespace vault {

// Proposal is what a sweep found due under one rule and trigger in one matter.
struct Proposal {
  MatterId matter;
  RetentionVerdict verdict;  // of the first item
  std::vector<ShredItem> items;
};

// ReviewSheet is what people look at before they decide.
struct ReviewItem {
  std::string id;
  std::string kind;  // document, subject, matter
  std::optional<std::uint32_t> version;
  std::string class_code;
  std::string agency;
  std::optional<Day> filed;
};
struct ReviewHold {
  std::string scope;
  Day placed;
  Day review;
};
struct ReviewSheet {
  DisposalRow row;
  std::string matter_ref;
  std::vector<ReviewItem> items;
  std::map<std::string, std::uint64_t> classes;  // how many of each class
  std::vector<ReviewHold> holds;                 // that run in the matter now, on whatever in it
  std::string decision;                          // why it was sent back, when it was
};

// Decided is what an approval or release came to.
struct Decided {
  DisposalId id;
  std::string state;
  std::uint32_t approvals = 0;
  DisposalOutcome outcome;  // empty until the second person
};

// After so long without a decision a proposal is overdue, and again each time.
inline constexpr UnixSeconds kReminderAfter = UnixSeconds{14} * 86400;
// A decision may put a record off for so long at once, and never further than so long past its due
// day.
inline constexpr std::int32_t kMostMonthsAtOnce = 12;
inline constexpr std::int32_t kMostMonthsInAll = 36;

class Proposals {
 public:
  Proposals(Core& core, MatterRows& matters, Disposal& disposal)
      : core_(core), matters_(matters), disposal_(disposal), rows_(core), due_(core, matters) {}

  // Keep makes the stored batches of a state exactly these, after a sweep. `told` is the person who
  // ran it: of what the breaker stopped, they are the first of the two.
  enum class Kind : std::uint8_t { kProposed, kWaiting };
  Status Keep(Kind kind, const std::vector<Proposal>& found, const std::optional<PersonId>& told);

  // Approve gives one person's approval of each; with the second person's they are destroyed, all
  // in one epoch. One of the two is an information governance officer. Errors: kDenied; kNotFound;
  // kConflict it waits for nobody's approval, the same person again, or the items are not those
  // that were approved first; kHeld a hold stands on one of them.
  Result<std::vector<Decided>> Approve(const Actor& actor, const std::vector<DisposalId>& ids,
                                       const std::optional<std::string>& digest);
  // SendBack takes a first approval away. Errors: kDenied; kNotFound; kConflict; kInvalid reason.
  Status SendBack(const Actor& actor, const DisposalId& id, std::string_view reason);
  // Extend puts a batch of documents off to a day. Errors: as SendBack; kInvalid the day.
  Status Extend(const Actor& actor, const DisposalId& id, Day until, std::string_view reason);
  // Release lets what the breaker stopped go, exactly that set, when two people have said so.
  // Errors: kDenied; kConflict nothing waits, the same person again, or the set has changed.
  Result<std::vector<Decided>> Release(const Actor& actor);
  // Sheet gives one batch for review. Errors: kDenied; kNotFound.
  Result<ReviewSheet> Sheet(const Actor& actor, const DisposalId& id);

 private:
  struct Ready {
    DisposalRow row;
    std::vector<DisposalOrder> orders;
  };
  // Check weighs a stored batch again: it must be what was stored, item by item.
  Result<Ready> Check(DisposalRow row, Approval approval);
  Status Void(DisposalRow row);
  Status Log(const LogEntry& entry, const DisposalRow& row);
  Result<std::string> NamesOf(const Actor& actor, const DisposalRow& row);
  Result<std::vector<Decided>> Carry(std::vector<Ready> ready, const Actor& actor,
                                     std::string_view mandate);
  Result<std::vector<Decided>> First(const Actor& actor, std::vector<Ready> ready,
                                     std::string_view type);
  Result<DisposalRow> Proposed(const Actor& actor, const DisposalId& id);
  Result<Bytes> SealDecision(const DisposalRow& row, std::string_view reason);
  Core& core_;
  MatterRows& matters_;
  Disposal& disposal_;
  DisposalRows rows_;
  DueItems due_;
};

}  // namespace vault
