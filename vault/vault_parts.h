// VaultParts: what an unsealed vault is made of, and where its files stand.
#pragma once

#include <memory>
#include <string>

#include "vault/figures.h"
#include "vault/folder_lock.h"
#include "vault/keeper_signer.h"
#include "vault/mails.h"
#include "vault/pack_readers.h"
#include "vault/readers.h"
#include "vault/reconcile.h"
#include "vault/samples.h"
#include "vault/search.h"
#include "vault/succession.h"
#include "vault/unseal_file.h"
#include "vault/vault.h"

namespace vault {

inline std::string TreePath(const VaultPlace& place) { return Trimmed(place.data) + "/keys.db"; }
inline std::string RegisterPath(const VaultPlace& place) {
  return Trimmed(place.data) + "/register.db";
}
inline std::string BlobFolder(const VaultPlace& place) { return Trimmed(place.data) + "/blobs"; }

struct Vault::Parts {
  // First in, last out: nothing below touches the folder without it.
  std::unique_ptr<FolderLock> folder_lock;
  Core core;
  Compartments compartments{core};
  Disposal disposal{core, [this](const ShredItem& item) { search.Forget(item); }};
  DeletionDebt debt{core};
  People people{core, compartments, disposal};
  Loans loans{core, compartments, disposal};
  MatterRows rows{core, compartments};
  DocumentRows document_rows{core};
  Access access{core, compartments, loans, rows};
  Openings openings{core, compartments, loans, access};
  Matters matters{core, compartments, rows, openings, loans, people};
  Documents documents{core, compartments, rows, openings, loans};
  Records records{core, compartments, rows, openings, loans};
  Assignments assignments{core, people};
  Shares shares{core, documents, document_rows, rows, openings, disposal};
  Holds holds{core, rows, document_rows};
  Figures figures{core};
  Readers readers{core, people, access, rows};
  PackReaders pack_readers{core, compartments, rows, people, access};
  Succession succession{core, compartments, rows, people};
  Search search{core, rows};
  Samples samples{core};
  Mails mails{core, {people, compartments, rows, documents}};
  Proposals proposals{core, rows, disposal};
  Explain explain{core, rows};
  Deadlines deadlines{core, rows};
  Sweep sweep{core, {rows, matters, shares, people, disposal, proposals, deadlines, debt, [this] {
                       return FinishInterrupted();
                     }}};
  Agencies agencies{core};
  Custody custody{core, [this] { return FinishInterrupted(); }};
  Backups backups{core};
  // For a drill, which opens a vault of its own.
  VaultWorld world;
  Drills drills{core, documents, [this](ScratchTree& tree, const std::string& data) {
                  return OpenScratch(world, tree, data);
                }};
  Orphans orphans{core, compartments, rows, access, disposal};
  Reconciliation reconciliation{core};
  UnsealRenewal unseal_renewal{core, custody};
  PastLogs past_logs{core};
  UnixSeconds backup_warn_after = kBackupWarnAfter;

  // FinishInterrupted does what a crash left undone: at start, or when the standby is back.
  Status FinishInterrupted();
  Status OpenRegister(const VaultWorld& world, const VaultPlace& place);
  static Result<std::unique_ptr<Vault>> OpenScratch(const VaultWorld& world, ScratchTree& tree,
                                                    const std::string& data);
};

}  // namespace vault
