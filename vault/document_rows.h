// DocumentRows: documents and their versions as they stand in the register.
#pragma once

#include <optional>
#include <string>
#include <vector>

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
  Bytes name;      // detail
  Bytes findings;  // label
};

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

 private:
  Core& core_;
};

}  // namespace vault
