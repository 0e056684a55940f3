// Shares: time-limited links for somebody without an account (FORMAT.md §7).
//
// A link is an id and a secret; an 8-digit PIN goes by a second channel. Only a POST with both
// counts; a wrong secret is no try; five wrong PINs end the link. Uses are counted before the
// first byte, and the same reservation finishes a broken download.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "vault/documents.h"

namespace vault {

struct NewShare {
  std::vector<DocumentId> documents;  // or, when empty, a subject's pack
  std::optional<MatterId> matter;
  std::optional<SubjectId> subject;
  std::string recipient;
  UnixSeconds until = 0;
  std::uint32_t uses = 1;
};
struct MadeShare {
  ShareId id;
  std::string link;  // 22 characters
  Plaintext secret;  // 22 characters
  Plaintext pin;     // 8 digits
  UnixSeconds until = 0;
  std::uint32_t uses = 1;
};
struct ShareView {
  ShareId id;
  std::string recipient;
  UnixSeconds until = 0;
  std::uint32_t uses = 0;
  std::uint32_t used = 0;
  std::uint32_t failures = 0;
  std::string state;  // running, used, ended, expired, burned
  std::vector<DocumentId> documents;
};
struct SharedDocument {
  std::uint32_t number = 0;  // from 1
  std::string name;
  std::uint64_t size = 0;
};
struct Reservation {
  Plaintext token;  // 43 characters
  std::vector<SharedDocument> documents;
  UnixSeconds until = 0;
};

class Shares {
 public:
  Shares(Core& core, Documents& documents, DocumentRows& rows, MatterRows& matters,
         Openings& openings, Disposal& disposal)
      : core_(core),
        documents_(documents),
        rows_(rows),
        matters_(matters),
        openings_(openings),
        disposal_(disposal) {}

  // Make opens every document in the maker's session (each opening is logged) and seals the access
  // shares under the link. Errors: those of Access::Decide; kInvalid `until` is past or later than
  // what the link rests on; kConflict the event it rests on has happened.
  Result<MadeShare> Make(const Actor& actor, const NewShare& share);
  Result<std::vector<ShareView>> List(const Actor& actor);
  Status End(const Actor& actor, const ShareId& id);

  // Redeem checks secret and PIN and reserves one use.
  // Errors: kNotFound no such link, or wrong secret; kDenied wrong PIN; kExpired used or ended;
  // kUnavailable five tries are under way or the date is not confirmed.
  Result<Reservation> Redeem(std::string_view link, std::string_view secret, ByteView pin);
  // Open streams one document of a reservation.
  // Errors: kNotFound; kExpired the reservation's 30 minutes or the link are over.
  Result<DocumentStream> Open(std::string_view link, std::string_view secret,
                              std::string_view reservation, std::uint32_t number);

  // Due lists the links whose time or uses are over, for the sweep.
  Result<std::vector<RetentionFacts>> Due();
  void DropReservations();
  // ForgetTries gives back tries that a crash left reserved (at start).
  Status ForgetTries();

 private:
  struct Row;
  struct Held {
    ShareId share;
    Bytes sealed;  // the access shares, under the reservation
    UnixSeconds until_boottime = 0;
  };
  struct Content {
    DocumentId document;
    std::uint32_t version = 0;
    AccessShare access;
  };
  Result<Row> Load(std::string_view link, std::string_view secret);
  Result<Row> LoadById(const ShareId& id);
  Status EndNow(const ShareId& id, std::string_view trigger,
                const std::optional<std::string>& actor);
  bool HasReservation(const ShareId& id) const;
  Result<OpenedObject> Unwrap(const Row& row, const Content& content);
  Result<std::vector<Content>> Contents(const SecretBytes& plain);
  Core& core_;
  Documents& documents_;
  DocumentRows& rows_;
  MatterRows& matters_;
  Openings& openings_;
  Disposal& disposal_;
  std::map<ByteArray<16>, Held> reservations_;
};

}  // namespace vault
