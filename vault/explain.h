// Explain: why a document is kept or due, in one plain paragraph and in its parts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/due_items.h"
#include "vault/proposals.h"

namespace vault {

struct ExplainedLoan {
  std::string kind;
  std::string party;  // an agency's id, or chair, control, inspection
  std::string state;  // closed, open
  UnixSeconds ends = 0;
};
// ExplainedLink is a running link that carries the document. Who has it is not said here.
struct ExplainedLink {
  std::string id;
  UnixSeconds ends = 0;
  std::uint32_t uses = 0;
  std::uint32_t used = 0;
};
struct Explanation {
  DocumentId id;
  std::uint32_t version = 0;  // the newest that is still there
  std::string class_code;
  std::string agency;
  std::string state;  // live, due, proposed, waiting, held, destroyed
  RetentionVerdict verdict;
  std::vector<ReviewHold> holds;
  std::vector<ExplainedLoan> loans;
  std::vector<ExplainedLink> links;
  std::string text;
};

class Explain {
 public:
  Explain(Core& core, MatterRows& matters) : core_(core), documents_(core), due_(core, matters) {}
  // Document explains the newest version that lives. The caller has decided that the asker may know
  // of it. Errors: kNotFound.
  Result<Explanation> Document(const DocumentId& id);

 private:
  Status AddHolds(const DocumentRow& document, Explanation& out);
  Status AddLoans(Explanation& out);
  Status AddLinks(const DocumentRow& document, Explanation& out);
  Status AddState(Explanation& out);
  Core& core_;
  DocumentRows documents_;
  DueItems due_;
};

}  // namespace vault
