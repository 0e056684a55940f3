// DisposalRows: disposals as they stand in the register, and what a destruction does to the rows of
// the things it destroys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/core.h"

namespace vault {

// DisposalRow is one batch: what one certificate covers.
//
//   proposed → shredding → tidying → done      waiting (the breaker stopped it) → shredding → …
//   shredding: the intent is logged · tidying: the keys are gone, the certificate is owed ·
//   provisional, then done: a copy of the key tree has still to erase
struct DisposalRow {
  DisposalId id;
  std::string kind;   // disposal, remake
  std::string state;  // proposed, waiting, shredding, tidying, provisional, done, extended
  std::optional<MatterId> matter;
  std::string rule;
  std::string trigger;
  std::string authority;
  UnixSeconds due = 0;
  std::string mandate;        // event, schedule, approved-by-two, released-by-two, re-make
  std::uint64_t objects = 0;  // items
  std::uint64_t records = 0;  // of them records ended by the clock alone, for the budget
  std::string digest;         // of the items: what an approval approves
  std::optional<UnixSeconds> proposed;
  std::uint32_t reminders = 0;
  std::optional<PersonId> first_approver;  // of exactly this digest
  std::string first_names;  // "BUO p:…": role and log pseudonym, for the certificate
  std::string second_names;
  Bytes decision;  // label: why it was sent back or put off, under the matter's slot
  std::optional<UnixSeconds> done;
  std::uint64_t epoch = 0;
  std::uint64_t held_back = 0;
  std::string copies;  // CopyFacts of the certificate, in one line
  std::string certificate;
  std::uint32_t failures = 0;
  std::string failure;                // the step that failed last
  std::optional<UnixSeconds> failed;  // since when
  // When the last copy had erased, where that was later than `done`.
  std::optional<UnixSeconds> completed;
  std::string search;          // SearchFacts of the certificate, in one line
  std::uint64_t leftover = 0;  // sealed values that the search found; in debt until they are gone
};

// DisposalItem is one key of a batch.
struct DisposalItem {
  ShredItem key;
  std::string label;  // how the certificate calls it, without a name; set with the intent
};

class DisposalRows {
 public:
  explicit DisposalRows(Core& core) : core_(core) {}

  // Errors: kNotFound.
  Result<DisposalRow> Load(const DisposalId& id);
  // InState lists the batches in a state, oldest first.
  Result<std::vector<DisposalRow>> InState(std::string_view state);
  // WithLeftovers lists the certified batches of which something sealed was still found.
  Result<std::vector<DisposalRow>> WithLeftovers();
  // Insert gives the row the next number. Runs in the caller's transaction, as do all below.
  Status Insert(const DisposalRow& row);
  // Update writes every column that changes after the making.
  Status Update(const DisposalRow& row);
  Status Delete(const DisposalId& id);
  Result<std::vector<DisposalItem>> Items(const DisposalId& id);
  Status ReplaceItems(const DisposalId& id, const std::vector<DisposalItem>& items);
  Status DropItems(const DisposalId& id);

  // Describe says for the certificate what a key was for, without naming a person.
  Result<std::string> Describe(const ShredItem& item);
  // IsCurrent says whether the row of the thing still lives and names this very slot.
  Result<bool> IsCurrent(const ShredItem& item);
  // IsOrphan says whether this key stands among those that have no row.
  Result<bool> IsOrphan(const ShredItem& item);
  // MarkShredding freezes the row: from this commit on it is not opened.
  Status MarkShredding(const ShredItem& item);
  // MarkLive undoes MarkShredding for what a hold took out of the batch.
  Status MarkLive(const ShredItem& item);
  // MarkDestroyed nulls every column that the destroyed key sealed, and every box of the object. It
  // moves the names of the object's blobs to the list of what is still to be unlinked.
  Status MarkDestroyed(const DisposalId& batch, const ShredItem& item);
  // IsPurged says whether nothing of MarkDestroyed is left, as another connection sees it.
  static Result<bool> IsPurged(Database& database, const ShredItem& item);

 private:
  Status PurgeOrphan(const DisposalId& batch, const ShredItem& item);
  Status OweBlobs(const DisposalId& batch, const ShredItem& item);
  Core& core_;
};

// EntryTypeName is the word for what a key was for: "document", "loan", …
std::string_view EntryTypeName(EntryType type);

// ItemsDigest names exactly these keys without listing them: SHA-256 over slot, type, object and
// version of each, in the order of their slots.
std::string ItemsDigest(std::vector<ShredItem> items);

}  // namespace vault
