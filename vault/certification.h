// Certification: what follows a destruction, until nothing is owed any more: the rows read back
// from the device, the register's pages searched, the certificate, the blobs unlinked; and the
// certificate written anew when a copy that was away has erased, or what was found is gone.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vault/certificate.h"
#include "vault/core.h"
#include "vault/disposal_rows.h"
#include "vault/leftovers.h"

namespace vault {

// A disposal has a certificate; a re-make, of the same steps, has none.
inline constexpr std::string_view kDisposalKind = "disposal";

// DisposalBatch is what one certificate covers.
struct DisposalBatch {
  DisposalRow row;
  std::vector<DisposalItem> items;
};

// After so many failures in a row, or so long, a disposal that fails is an incident.
inline constexpr std::uint32_t kIncidentAfter = 3;
inline constexpr UnixSeconds kIncidentEvery = 86400;

// CopiesOf tells the copies of an epoch apart, the primary first. One that must follow and was lost
// on the way has still to erase; of the others that did not, none ever will.
std::vector<CopyFacts> CopiesOf(const EpochResult& result, const std::vector<CopyRow>& rows);

// Certification.    Threads: with the register's lock.
class Certification {
 public:
  Certification(Core& core, DisposalRows& rows) : core_(core), rows_(rows), leftovers_(core) {}

  // leftovers hears what the purge takes away, before it does.
  Leftovers& leftovers() { return leftovers_; }

  // Certify is P5 and P6 of batches whose rows are purged.
  // Errors: kCorrupt the device still shows what was purged; kUnavailable. They stay in debt.
  Status Certify(std::vector<DisposalBatch> batches);
  // FinishProvisional writes a certificate anew once the last copy has erased or was given up.
  Status FinishProvisional();
  // FinishLeftovers makes the register's file anew where something was found in it.
  Status FinishLeftovers();
  // UnlinkBlobs removes the blobs of destroyed documents; one that cannot be stays in debt.
  Status UnlinkBlobs();

  Result<std::vector<DisposalBatch>> InState(std::string_view state);
  // Failed counts a failure, and makes an incident of one that stays.
  Status Failed(const std::vector<DisposalBatch>& batches, const Error& error);
  // RecordAll commits the act with several log lines.
  Status RecordAll(const std::vector<LogEntry>& lines, const AuditLog::Act& act);

 private:
  Status ReadBack(const std::vector<DisposalBatch>& batches);
  Result<std::string> TextOf(const DisposalBatch& batch);
  // RowlessDocuments lists the documents of which a version's key lives without a row, each as
  // often as it has such versions.
  Result<std::multiset<ObjectId>> RowlessDocuments();
  Status SearchLeftovers(std::vector<DisposalBatch>& batches, std::vector<LogEntry>& lines);
  // MadeAnew makes the register's file anew where a search found something, and searches again.
  // Gives how many values had been found, of each batch; none: nothing was, or it could not be.
  Result<std::map<DisposalId, std::uint64_t>> MadeAnew(const std::vector<DisposalId>& wanted,
                                                       std::map<DisposalId, SearchFacts>& found);
  Core& core_;
  DisposalRows& rows_;
  Leftovers leftovers_;
};

}  // namespace vault
