// DueItems: what has fallen due in the register, and what the rules say of one thing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"
#include "vault/deadlines.h"
#include "vault/document_rows.h"
#include "vault/matter_rows.h"

namespace vault {

// Approval says whether two people have approved.
enum class Approval : std::uint8_t { kNone, kByTwo };

// WeighedItem is one thing and what the rules say of it now.
struct WeighedItem {
  RetentionFacts facts;
  Judgement judgement;
  std::string matter_ref;  // empty: its matter is destroyed
};

class DueItems {
 public:
  DueItems(Core& core, MatterRows& matters) : core_(core), matters_(matters), documents_(core) {}

  // On lists what the register's index calls due on or before a day: documents, subjects, matters,
  // the names of destroyed matters. What hangs together comes together.
  Result<std::vector<ShredItem>> On(Day day);
  // Between lists the documents that fall due after one day and not after another.
  Result<std::vector<ShredItem>> Between(Day after, Day until);
  // RunningLoans lists the loans that have not ended, due or not: an event may have ended them.
  Result<std::vector<ShredItem>> RunningLoans();

  // Forget drops the matter kept in memory: before a new round of questions.
  void Forget() { known_.reset(); }
  // Weigh asks the rules. Errors: kNotFound it is not there any more.
  Result<WeighedItem> Weigh(const ShredItem& item, Approval approval);
  // WeighFacts is Weigh for what the caller knows the facts of (links).
  Result<WeighedItem> WeighFacts(const MatterId& matter, RetentionFacts facts);

 private:
  struct Known {
    MatterRow row;
    MatterFacts events;
  };
  Result<const Known*> Matter(const MatterId& id);
  Result<WeighedItem> WeighDocument(const ShredItem& item, Approval approval);
  Result<WeighedItem> WeighLoan(const ShredItem& item);
  Result<WeighedItem> WeighDetails(const ShredItem& item, Approval approval);
  Result<WeighedItem> WeighNames(const ShredItem& item);
  // Hangs says whether something that needs these details is still there.
  Result<bool> Hangs(const ShredItem& item);
  Core& core_;
  MatterRows& matters_;
  DocumentRows documents_;
  std::optional<Known> known_;  // the matter asked for last: items come matter by matter
};

}  // namespace vault
