// Documents: filing and opening, streamed.
//
// Filing order: slot reserved → blob under it, synced → slot filled → one register commit {row,
// boxes, log line, insert counter} → answer. The last two are shared with whatever else is filed or
// opened at that moment (group_commit.h). What a crash leaves is dust in the new area, or a filled
// slot without a row, which is closed and reported.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vault/access.h"
#include "vault/core.h"
#include "vault/crypto/container.h"
#include "vault/document_rows.h"
#include "vault/loans.h"
#include "vault/matter_rows.h"
#include "vault/named_boxes.h"
#include "vault/openings.h"

namespace vault {

// FormOutcome is what the reader made of the bytes.
struct FormOutcome {
  std::string state = "none";  // read, unreadable, none
  Plaintext form;              // the encoded form; empty unless read
  std::string findings;        // encoded findings, kept as a label
};

struct FiledDocument {
  DocumentId id;
  std::uint32_t version = 0;
  std::string class_code;
};

// FilingStream is a document on its way in. Gone without Finish, it leaves dust at most.
class FilingStream {
 public:
  FilingStream(FilingStream&&) noexcept;
  FilingStream& operator=(FilingStream&&) noexcept;
  ~FilingStream();
  Status Write(ByteView content);
  // Finish makes it durable and gives its id. Errors: kConflict somebody filed the same form at the
  // same time; kUnavailable.
  Result<FiledDocument> Finish(FormOutcome form);

 private:
  friend class Documents;
  struct State;
  explicit FilingStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// DocumentStream is an opened document. It stops with kExpired when a disposal cancels it.
class DocumentStream {
 public:
  std::uint64_t size() const { return reader_.content_length(); }
  const std::string& name() const { return name_; }
  std::uint32_t version() const { return version_; }
  // Read fills `out` from `offset`; 0 at the end. Errors: kCorrupt; kExpired.
  Result<std::size_t> Read(std::uint64_t offset, MutableByteView out);

 private:
  friend class Documents;
  DocumentStream(ContainerReader reader, std::shared_ptr<StreamTicket> ticket, std::string name,
                 std::uint32_t version)
      : reader_(std::move(reader)),
        ticket_(std::move(ticket)),
        name_(std::move(name)),
        version_(version) {}
  ContainerReader reader_;
  std::shared_ptr<StreamTicket> ticket_;
  std::string name_;
  std::uint32_t version_;
};

struct VersionView {
  std::uint32_t version = 0;
  Day day;
  std::uint64_t padded_size = 0;
  std::string state;
};
struct DocumentView {
  DocumentId id;
  MatterId matter;
  std::string matter_ref;
  std::string class_code;
  AgencyId owner;
  std::string subject;  // pseudonym, or empty
  std::string state;    // filed, returned, misfiled, shredding, destroyed
  bool may_open = false;
  bool reason_required = false;
  std::string rule;
  std::uint32_t version = 0;
  Day filed;
  bool held = false;
  std::vector<VersionView> versions;
};

class Documents {
 public:
  Documents(Core& core, Compartments& compartments, MatterRows& matters, Openings& openings,
            Loans& loans)
      : core_(core),
        compartments_(compartments),
        matters_(matters),
        openings_(openings),
        loans_(loans),
        rows_(core),
        named_(core, compartments) {}

  // Begin starts a filing. Uses up: grant.
  Result<FilingStream> Begin(FilingGrant grant, std::string_view name, std::string_view channel);

  // Open streams a version (the newest live one when none is named).
  // Errors: those of Access::Decide and Openings::Open.
  struct Wish {
    DocumentId document;
    std::optional<std::uint32_t> version;
    std::string reason;
  };
  Result<DocumentStream> Open(const Actor& actor, const Wish& wish);
  // OpenForm gives the encoded form read out of a version. Errors: kConflict none was read.
  Result<Plaintext> OpenForm(const Actor& actor, const Wish& wish);
  // StreamOf streams an object that a receipt opened, until one of these slots is shredded.
  Result<DocumentStream> StreamOf(const OpenedObject& opened, std::vector<SlotNumber> rests_on);

  // List gives what the actor may at least know of.
  Result<std::vector<DocumentView>> List(const Actor& actor, const std::optional<MatterId>& matter,
                                         std::string_view class_code);
  // Show is one of List. Errors: kNotFound; kExpired.
  Result<DocumentView> Show(const Actor& actor, const DocumentId& document);
  // LiveFilesOf lists the files of a matter whose newest version is there and not returned to its
  // author: what was filed, whoever may read it.
  Result<std::vector<DocumentRow>> LiveFilesOf(const MatterRow& matter);
  // Return gives the newest version back to its author: it leaves every running loan, and is
  // awaited again until the next version is filed. The unit's alone. Gives how many loans changed.
  // Errors: kInvalid no reason; kConflict it has been returned.
  Result<std::uint64_t> Return(const Actor& actor, const DocumentId& document,
                               std::string_view reason);
  // PutRight says that a document was filed wrongly and anew as another: it leaves every running
  // loan at once, and its destruction waits for two people. The unit's alone.
  // Errors: kInvalid no reason, or the other is no live file of the matter; kConflict done already.
  struct Misfiling {
    DocumentId wrong;
    DocumentId anew;
    std::string reason;
  };
  Result<std::uint64_t> PutRight(const Actor& actor, const Misfiling& misfiling);
  // NameReaders seals every live version of a document or record for named readers to more people.
  // A named reader's own to do; each version is opened for it, and logged.
  // Errors: kNotFound also to who is not named; kInvalid its class asks for no names, or somebody
  // has no part in the matter.
  Status NameReaders(const Actor& actor, const DocumentId& document,
                     const std::vector<PersonId>& readers);
  // RecordEvent records what happened to this document alone (published, superseded), which its
  // own period may count from; without a time, at the latest it can be. The unit's. Errors:
  // kInvalid the template has no such event, it opens a phase or a loan and so is the matter's, or
  // the future; kConflict recorded already.
  Status RecordEvent(const Actor& actor, const DocumentId& document, std::string_view event,
                     std::optional<UnixSeconds> at);
  // Withdraw takes a version (all, when none is named) out of running loans. The unit's alone.
  Result<std::uint64_t> Withdraw(const Actor& actor, const Wish& wish);

 private:
  friend class FilingStream;
  struct Opened {
    OpenedObject keys;
    VersionRow version;
    std::shared_ptr<StreamTicket> ticket;
  };
  Result<DocumentStream> Stream(const OpenedObject& keys, const VersionRow& row,
                                std::shared_ptr<StreamTicket> ticket);
  struct Decided {
    AccessGrant grant;
    VersionRow version;
    std::shared_ptr<StreamTicket> ticket;
  };
  Result<Decided> DecideOpening(const Actor& actor, const Wish& wish);
  Result<Opened> OpenKeys(const Actor& actor, const Wish& wish);
  Result<FiledDocument> Commit(FilingStream::State& state, FormOutcome form);
  // CommitRows makes blob, slot and rows durable and names the blobs to settle.
  Result<std::vector<BlobName>> CommitRows(FilingStream::State& state, FormOutcome form);
  // Filed is what became of the bytes.
  struct Filed {
    const FormOutcome& form;
    std::uint64_t length;
    std::optional<BlobName> form_blob;
  };
  Result<KeyKeeper::Filling> WriteRows(Transaction& transaction, FilingStream::State& state,
                                       const Filed& filed);
  Result<LogEntry> FilingLine(const FilingStream::State& state);
  // TakeBack withdraws every live version from running loans and notes why, in the matter.
  Result<std::uint64_t> TakeBack(const Actor& actor, const DocumentRow& document,
                                 std::string_view note, std::string_view reason);
  Result<std::optional<DocumentView>> View(const Actor& actor, const MatterRow& matter,
                                           const DocumentRow& document);
  Core& core_;
  Compartments& compartments_;
  MatterRows& matters_;
  Openings& openings_;
  Loans& loans_;
  DocumentRows rows_;
  NamedBoxes named_;
};

}  // namespace vault
