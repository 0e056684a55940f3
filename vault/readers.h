// Readers: who may read a document now, and who after the next release, with the reason for each.
#pragma once

#include <string>
#include <vector>

#include "vault/access.h"
#include "vault/people.h"

namespace vault {

// ReaderStanding is what one person may do with the document at one moment.
struct ReaderStanding {
  bool may_know = false;
  bool may_open = false;
  std::string code;    // the need-to-know code (POLICY.md)
  std::string rule;    // the rule that gave it
  std::string reason;  // in plain words
};
struct ReaderView {
  std::string email;
  AgencyId agency;
  std::vector<std::string> roles;
  ReaderStanding now;
  ReaderStanding released;
};

class Readers {
 public:
  Readers(Core& core, People& people, Access& access, MatterRows& matters)
      : core_(core), people_(people), access_(access), matters_(matters), documents_(core) {}

  // Of lists everybody who may know of the newest version now or once every loan was released,
  // and everybody an exclusion keeps from it; by agency and address. Nothing is opened.
  // Errors: kDenied neither the unit, nor IGO, nor DPO; kNotFound.
  Result<std::vector<ReaderView>> Of(const Actor& actor, const DocumentId& document);

 private:
  // Moment is what has happened by then.
  struct Moment {
    MatterFacts events;
    std::vector<LoanKind> as_if_open;
  };
  static Moment AfterRelease(const MatterRow& matter, const MatterFacts& now, UnixSeconds at);
  Result<ReaderStanding> Weigh(const Reader& reader, const MatterRow& matter,
                               const DocumentRow& document, const VersionRow& version,
                               const Moment& moment);
  Core& core_;
  People& people_;
  Access& access_;
  MatterRows& matters_;
  DocumentRows documents_;
};

}  // namespace vault
