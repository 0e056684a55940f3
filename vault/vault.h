// Vault: one partnership's store. A SealedVault has nothing to call but Unseal.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vault/adoption.h"
#include "vault/agencies.h"
#include "vault/assignments.h"
#include "vault/backup.h"
#include "vault/custody.h"
#include "vault/deletion_debt.h"
#include "vault/documents.h"
#include "vault/drill.h"
#include "vault/explain.h"
#include "vault/holds.h"
#include "vault/keys/cell_kind.h"
#include "vault/keys/unseal_share.h"
#include "vault/matters.h"
#include "vault/orphans.h"
#include "vault/past_logs.h"
#include "vault/people.h"
#include "vault/reconcile.h"
#include "vault/records.h"
#include "vault/shares.h"
#include "vault/sweep.h"
#include "vault/unseal_renewal.h"

namespace vault {

class Figures;
class Readers;
class PackReaders;
class Succession;
class Search;
class Samples;
class Mails;

inline constexpr UnixSeconds kBackupWarnAfter = 86400;

// VaultPlace is where a vault lives and what it is given from outside.
struct VaultPlace {
  std::string data;                // folder
  std::vector<std::string> cells;  // "KIND:WHERE"; empty: the file DATA.cell beside it
  // Where the standby is now, if not where it was added.
  std::optional<StandbyWish> standby = {};
  // A last backup older than this is a warning of status.
  UnixSeconds backup_warn_after = kBackupWarnAfter;
};
// VaultWorld is what comes in as parameters: disk, randomness, time, rules and the price of
// passwords.
struct VaultWorld {
  Disk* disk = nullptr;
  RandomSource* random = nullptr;
  const SystemClock* clock = nullptr;
  const RuleBook* rules = nullptr;
  PasswordCosts costs;
  PasswordCost unseal_cost = kUnsealPassphraseCost;
  const CellKinds* cell_kinds = nullptr;
  // The texts behind the rules: an unsealing logs those that are new.
  std::vector<RuleText> rule_texts = {};
};

struct InitOptions {
  std::string name;
  AgencyId unit;
  std::string origin;    // empty: strongroom.invalid/<vault id>
  NewPerson officer;     // agency and roles are filled in
  Plaintext passphrase;  // one of these three
  std::string credential_path;
  ShareCount shares;
  std::optional<StandbyWish> standby = {};  // made along with the vault
};
struct InitResult {
  StoreId store;
  std::vector<CellClass> cells;
  std::string log_key;
  std::vector<Plaintext> shares;  // shown once, kept nowhere
};

// InitVault makes a vault. Errors: kConflict the folder is not empty; kInvalid a cell or credential
// inside the data folder, a bad address or password; kUnavailable the disk.
Result<InitResult> InitVault(const VaultWorld& world, const VaultPlace& place, InitOptions options);

// CellReport is what a cell is, without the unseal secret: for doctor, and for a sealed vault.
struct CellReport {
  std::string cell;  // as configured
  CellClass found;   // an empty name: it cannot be opened, and the reason says why
};
// InspectCells opens every cell and reads its slots. Errors: kInvalid how a cell is written.
Result<std::vector<CellReport>> InspectCells(const VaultWorld& world, const VaultPlace& place);

struct VaultStatus {
  std::string vault;
  std::uint64_t epoch = 0;
  std::uint64_t log_size = 0;
  bool anchored = false;
  std::vector<CellClass> cells;
  std::uint64_t deletion_debt = 0;
  std::uint64_t box_debt = 0;
  std::vector<CopyView> copies;
  std::uint64_t orphans = 0;          // keys without a row
  std::optional<UnixSeconds> backup;  // when the last one was made
  std::vector<std::string> warnings;
};

// Vault is an unsealed vault: its parts, sharing one store.
class Vault {
 public:
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;
  ~Vault();

  Agencies& agencies();
  People& people();
  MatterRows& matter_rows();
  Matters& matters();
  Access& access();
  Loans& loans();
  Documents& documents();
  Records& records();
  Assignments& assignments();
  Shares& shares();
  Holds& holds();
  Figures& figures();
  Readers& readers();
  PackReaders& pack_readers();
  Succession& succession();
  Search& search();
  Samples& samples();
  Mails& mails();
  Disposal& disposal();
  DeletionDebt& debt();
  Proposals& proposals();
  Explain& explain();
  Sweep& sweep();
  Custody& custody();
  Backups& backups();
  Drills& drills();
  Orphans& orphans();
  // restored is there when this unsealing finished a restore.
  const std::optional<RestoreOutcome>& restored() const;
  UnsealRenewal& unseal_renewal();
  AuditLog& log();
  PastLogs& past_logs();
  Compartments& compartments();
  // Locked holds the register's lock; the log is used under it.
  std::unique_lock<RegisterMutex> Locked();

  // Anchor confirms the date and logs it. Errors: kInvalid.
  Status Anchor(const std::optional<Actor>& actor, Day date);
  Status TrustSystemClock();
  // KeepMark logs that a day has passed, when no other line of the log has: a restart under a clock
  // that was set back then knows it.
  Status KeepMark();
  TimeInterval Now();
  Result<VaultStatus> Describe();
  // PseudonymOf is how the log names an actor outside of matters.
  Result<std::string> PseudonymOf(const Actor& actor);
  // LogReport writes that a report was taken, before it is made.
  Status LogReport(const Actor& actor, std::string_view name);
  // LogSealing writes the last line before the vault is let go.
  Status LogSealing(const Actor& actor);

 private:
  friend class SealedVault;
  friend Result<InitResult> InitVault(const VaultWorld&, const VaultPlace&, InitOptions);
  struct Parts;
  explicit Vault(std::unique_ptr<Parts> parts);
  // Begin is what a start does once the key tree is open, until the vault may be used.
  static Result<std::unique_ptr<Vault>> Begin(std::unique_ptr<Parts> parts, const VaultWorld& world,
                                              const VaultPlace& place,
                                              const std::optional<Day>& date);
  Status DescribeBackup(VaultStatus& status);
  std::unique_ptr<Parts> parts_;
};

struct UnsealTry;

// OpenCells opens the erasure cells of a place. Errors: kInvalid a cell inside the data folder;
// those of the cells.
Result<std::vector<std::unique_ptr<ErasureCell>>> OpenCells(const VaultWorld& world,
                                                            const VaultPlace& place);

// SealedVault knows where a vault is. No key is in memory.
class SealedVault {
 public:
  // At checks that a vault is there. Errors: kNotFound; kInvalid a cell inside the data folder;
  // kConflict the folder is a standby copy, which must be promoted first.
  static Result<SealedVault> At(const VaultWorld& world, const VaultPlace& place);
  const StoreId& store() const { return store_; }
  // Unseal opens the vault: U → cells → root → recovery → register → log → unfinished disposals →
  // dust. With a date, anchors; a wrong date seals it again.
  // Errors: kDenied the secret is wrong; kConflict the key tree is older than its cells; kInvalid
  // the date; kCorrupt; kUnavailable.
  Result<std::unique_ptr<Vault>> UnsealWithPassphrase(ByteView passphrase,
                                                      const std::optional<Day>& date) const;
  Result<std::unique_ptr<Vault>> UnsealWithCredential(ByteView credential,
                                                      const std::optional<Day>& date) const;
  // shares: exactly the threshold, each from ReadShare.
  Result<std::unique_ptr<Vault>> UnsealWithShares(std::span<const UnsealShare> shares,
                                                  const std::optional<Day>& date) const;
  // ReadShare reads one share and checks that it is of this vault and its present set.
  // Errors: kInvalid mistyped, or the vault is not unsealed with shares; kDenied not one of them.
  Result<UnsealShare> ReadShare(ByteView text) const;
  // Need says what opens this vault. Errors: kCorrupt; kUnavailable.
  Result<UnsealNeed> Need() const;
  const SystemClock& clock() const { return *world_.clock; }

 private:
  SealedVault(VaultWorld world, VaultPlace place, StoreId store)
      : world_(std::move(world)), place_(std::move(place)), store_(store) {}
  Result<std::unique_ptr<Vault>> Unseal(UnsealTry key, const std::optional<Day>& date) const;
  // UnsealByTurns tries one after the other until a U opens the key tree.
  Result<std::unique_ptr<Vault>> UnsealByTurns(std::vector<UnsealTry> tries,
                                               const std::optional<Day>& date) const;
  VaultWorld world_;
  VaultPlace place_;
  StoreId store_;
};

}  // namespace vault
