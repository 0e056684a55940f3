// DocumentRows: documents and their versions as they stand in the register. Files, records and what
// is recovered are written and read through here alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vault/compartments.h"
#include "vault/core.h"

namespace vault {

struct DocumentRow {
  DocumentId id;
  MatterId matter;
  std::optional<SubjectId> subject;
  std::string class_code;
  AgencyId owner;
  std::uint32_t latest = 0;
  std::string state;  // live, destroyed
  std::string kind;   // of a record (record_rows.h); empty: a file
};

struct VersionRow {
  DocumentId document;
  std::uint32_t version = 0;
  SlotNumber slot = 0;
  std::string state;  // live, shredding, destroyed
  Day day;
  std::uint64_t padded_size = 0;
  std::string channel;
  std::string form;  // read, unreadable, none
  std::optional<BlobName> blob;
  std::optional<BlobName> form_blob;
  Bytes name;      // detail: a file's name, or all that a record says
  Bytes findings;  // label: what its reader found, or what of a record the server may know
};

// NamePlace and FindingsPlace are where those two columns stand.
ColumnPlace NamePlace(const DocumentId& document, std::uint32_t version);
Core::Place FindingsPlace(const VersionRow& row);

// PartyBox is the bare access box of one party.
struct PartyBox {
  PartyId party;
  Bytes box;
};
// SealPartyBoxes seals a version for its owner and for the unit: one box where they are the same.
Result<std::vector<PartyBox>> SealPartyBoxes(const VersionRow& row, const AccessShare& access,
                                             const CompartmentRow& owner,
                                             const CompartmentRow& unit);

class DocumentRows {
 public:
  explicit DocumentRows(Core& core) : core_(core) {}
  // Errors: kNotFound.
  Result<DocumentRow> Load(const DocumentId& id);
  Result<VersionRow> LoadVersion(const DocumentId& id, std::uint32_t version);
  Result<std::vector<VersionRow>> Versions(const DocumentId& id);
  Result<std::vector<DocumentRow>> OfMatter(const MatterId& matter);
  // FindOne gives the live file that a second filing of a once-per-subject class continues.
  Result<std::optional<DocumentRow>> FindOne(const MatterId& matter,
                                             const std::optional<SubjectId>& subject,
                                             std::string_view class_code, const AgencyId& owner);
  // NextVersion is the number of the version that comes after all there are: also after those whose
  // keys live without a row, so that no certificate names two keys alike.
  Result<std::uint32_t> NextVersion(const DocumentRow& document);

  // Insert writes a document that is new, Continue one that gets another version: `latest` is that
  // version. InsertVersion writes the version itself, live, and its bare boxes.
  static Status Insert(Transaction& transaction, const DocumentRow& document);
  static Status Continue(Transaction& transaction, const DocumentRow& document);
  static Status InsertVersion(Transaction& transaction, const VersionRow& row,
                              const std::vector<PartyBox>& boxes);
  // EntryOf is what the key tree keeps of a new version: held when a hold that runs covers it.
  Result<SlotEntry> EntryOf(const DocumentRow& document);

 private:
  Core& core_;
};

}  // namespace vault
