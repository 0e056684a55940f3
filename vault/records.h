// Records: writing and reading the small entries of a matter, as its template defines them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/access.h"
#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/loans.h"
#include "vault/matter_rows.h"
#include "vault/named_boxes.h"
#include "vault/openings.h"
#include "vault/record_rows.h"

namespace vault {

struct NewRecord {
  std::string kind;
  std::vector<FieldValue> values;
  std::optional<AgencyId> agency;  // whose it is; else the owner it names, else the writer's
  std::string reason;              // for an exception
  std::vector<PersonId> readers =
      {};  // named along with the author, where its class asks for names
};
// RecordChange replaces the fields it names; a field given empty goes.
struct RecordChange {
  DocumentId id;
  std::vector<FieldValue> values;
  std::string reason;
};

struct WrittenRecord {
  DocumentId id;
  std::uint32_t version = 0;
  std::vector<KeptFinding> findings;  // what it missed and went ahead with
};

struct RecordView {
  DocumentId id;
  std::string kind;
  std::string class_code;
  AgencyId owner;
  std::string subject;  // pseudonym, or empty
  std::uint32_t version = 0;
  Day day;                            // of this version
  bool may_open = false;              // without it no value is shown
  std::vector<FieldValue> values;     // in a list without the personal ones
  std::vector<std::string> personal;  // names of fields that only `show` gives
  std::vector<KeptFinding> findings;
  std::string reason;  // that an exception was made for (`show`)
  std::optional<Day> due;
  std::string state;  // open, overdue, done, late (done after it was due), or empty
};

class Records {
 public:
  Records(Core& core, Compartments& compartments, MatterRows& matters, Openings& openings,
          Loans& loans)
      : core_(core),
        compartments_(compartments),
        matters_(matters),
        openings_(openings),
        loans_(loans),
        rows_(core),
        named_(core, compartments) {}

  // Add writes a record after the template's checks; each one missed that does not refuse is kept
  // with it and logged by its name.
  // Errors: kInvalid unknown kind, or a value that is none; kDenied the role may not write it, or
  // may not make this exception; kConflict a check refuses it (the detail names rule and severity);
  // kNotFound no such matter.
  Result<WrittenRecord> Add(const Actor& actor, const MatterRow& matter, const NewRecord& record);
  // Set writes the next version. Opens the old one when it has personal fields (logged).
  // Errors: as Add; kNotFound no such record.
  Result<WrittenRecord> Set(const Actor& actor, const MatterRow& matter,
                            const RecordChange& change);
  // List gives the records the actor may at least know of, of one kind or all; nothing is opened.
  Result<std::vector<RecordView>> List(const Actor& actor, const MatterRow& matter,
                                       std::string_view kind);
  // Show opens one record (logged). Errors: those of Access::Decide.
  Result<RecordView> Show(const Actor& actor, const MatterRow& matter, const DocumentId& id,
                          std::string_view reason);
  // Counted gives the records of a matter as the server alone can read them, to be counted: without
  // those for named readers and those about subjects kept from the actor. Personal values are
  // digests. Errors: kDenied neither the unit nor an information governance officer; kNotFound.
  struct CountedRecord {
    RecordFacts facts;
    Day day;  // of its newest version
  };
  Result<std::vector<CountedRecord>> Counted(const Actor& actor, const MatterRow& matter);
  // Opened gives the records of a kind with the values of one field in clear: where it is personal
  // each record is opened (logged). Errors: those of Access::Decide.
  Result<std::vector<RecordFacts>> Opened(const Actor& actor, const MatterRow& matter,
                                          std::string_view kind, std::string_view field);

 private:
  struct Draft;
  Result<WrittenRecord> Write(const Actor& actor, const MatterRow& matter, Draft draft);
  Status Place(const Actor& actor, const MatterRow& matter, Draft& draft);
  Result<std::vector<PersonId>> ReadersOf(const MatterRow& matter, const ClassRule& rule,
                                          const FilingGrant& grant, const Draft& draft,
                                          const NamedObject& object);
  Result<KeptRecord> Find(const MatterRow& matter, const DocumentId& id);
  Result<RecordText> Open(const Actor& actor, const MatterRow& matter, const KeptRecord& record,
                          std::string_view reason);
  Result<std::optional<RecordView>> View(const Actor& actor, const MatterRow& matter,
                                         const KeptRecord& record);
  Core& core_;
  Compartments& compartments_;
  MatterRows& matters_;
  Openings& openings_;
  Loans& loans_;
  DocumentRows rows_;
  NamedBoxes named_;
};

}  // namespace vault
