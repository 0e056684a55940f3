// Judge: reads everything a history ever wrote, plays the attackers of FORMAT.md §1 against it, and
// compares what they open with what the people were told.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/campaign/carving.h"
#include "tests/campaign/ledger.h"
#include "tests/campaign/platter.h"
#include "tests/campaign/record.h"
#include "tests/campaign/standing.h"
#include "tests/support/attack_vault.h"
#include "vault/keys/key_keeper.h"

namespace vault {

// kFirstHome is the folder in which a vault begins; a standby's is another, and may become the
// vault's. A cell lies beside its folder. What is out of reach lies below kAway.
inline constexpr const char* kFirstHome = "data";
inline constexpr const char* kAway = "away-";
inline std::string TreeIn(const std::string& folder) { return folder + "/keys.db"; }
inline std::string RegisterIn(const std::string& folder) { return folder + "/register.db"; }
inline std::string CellOf(const std::string& folder) { return folder + ".cell"; }
// kMarker stands in every name, address, content and secret that must never be seen in clear.
inline constexpr std::string_view kMarker = "marker-7f3a";

// Covering names whatever a hold on it keeps this object too: itself, and what it belongs to.
std::set<std::string> Covering(const Standing& now, const Ledger& ledger,
                               const std::string& object);

class Judge {
 public:
  Judge(Record& record, const StoreId& store, ByteView unseal);

  // Learn takes the shapes of the register's tables from the disk as it is. Once, at the start.
  bool Learn();
  // Follow reads what was recorded since the last time: the disk's state follows it.
  void Follow();
  // Restart is called when the disk's state changed without steps: power lost, a copy put back.
  void Restart();
  Platter& platter() { return platter_; }
  // UseRecord is for a history that goes on from a beginning that another one made.
  void UseRecord(Record& record) { record_ = &record; }
  // MoveHome says in which folder the vault is from now on.
  void MoveHome(const std::string& folder);
  const std::string& home() const { return home_; }
  // BlobsWereLost forgets the stored files that are not there any more: somebody lost them.
  void BlobsWereLost();
  // EpochNow is the vault's epoch, as its cell says.
  std::uint64_t EpochNow() const;

  // Weigh attacks the disk as it is. `when` names the moment in a report.
  // Gives what the register says; empty when no key opens it, which is reported.
  std::optional<Standing> Weigh(Ledger& ledger, const std::string& when);
  // Look is Weigh without the attack.
  std::optional<Standing> Look();
  // Accuse reports a violation.
  void Accuse(const std::string& what) { record_->Report(what); }
  // Compare holds the campaign itself: the record accounts for every byte below a root.
  void Compare(const std::string& root);
  // CheckCell holds that after a start the cell keeps one epoch's secret and no other.
  void CheckCell(const std::string& when);
  // CheckNoRow holds at the end of a history that what is owed for want of a row is told.
  void CheckNoRow();
  UnsealKey unseal() const { return UnsealKey::FromBytes(unseal_).value(); }

 private:
  // Copy is one copy of the tree, as the vault's own list has it.
  struct Copy {
    std::uint8_t number = 0;
    CopyStanding state = CopyStanding::kPrimary;
    std::uint64_t since = 0;
    std::string folder;
    bool given_up() const {
      return state == CopyStanding::kEvicted || state == CopyStanding::kLeftBehind ||
             state == CopyStanding::kUnfinished;
    }
  };
  void TakeStep(const DiskStep& step);
  void TakeCell(const DiskStep& step, const std::string& folder);
  void TakeBlobs();
  std::set<std::string> BlobsAtHome() const;
  // KeysAtHome are those of the vault's own tree as it is now.
  LootedKeys KeysAtHome() const;
  TreePages& TreeOf(const std::string& folder);
  std::set<std::uint64_t> EpochsIn(const std::string& cell) const;
  std::string CellNow(const std::string& folder) const;
  Bytes MetaOf(const std::string& tree, std::string_view key) const;
  static std::string SecretIn(const std::string& cell, std::uint64_t epoch);
  const std::vector<Copy>& Copies() const;
  static std::vector<Copy> ReadCopies(const Bytes& list);
  // CellsNow are all cells there are, but for those that certificates name as exceptions.
  std::vector<std::vector<Bytes>> CellsNow() const;
  static bool HeldOlder(const RegisterPages::OldestEpochs& oldest, const Copy& copy,
                        std::uint64_t epoch);
  static std::string SaidOf(std::string_view line, std::uint8_t number);
  void FindDoomed();
  void CheckClaims(const std::string& when);
  void CheckCertificates(const Standing& now, const std::string& when);
  std::optional<Standing> StandingUnder(const LootedKeys& slots);
  void Absorb(const Standing& now, Ledger& ledger, const std::string& when);
  void CheckAcknowledged(const Standing& now, const Ledger& ledger, const std::string& when);
  void CheckNobody(const VaultAttacker::Keys& keys, const std::string& when);
  void CheckBorrowers(const VaultAttacker::Keys& keys, const Standing& now, const Ledger& ledger,
                      const std::string& when);
  void CheckEverybody(const VaultAttacker::Keys& keys, const Standing& now, const Ledger& ledger,
                      const std::string& when);
  void CheckRetired(const VaultAttacker::Keys& keys, const Ledger& ledger, const std::string& when);
  void CheckBlobs(const VaultAttacker::Keys& keys, const Standing& now, const std::string& when);
  void CheckDead(const AttackLoot& loot, const Ledger& ledger, const std::string& who);
  void CheckNamed(const AttackLoot& loot, const Standing& now, const Ledger& ledger,
                  const std::string& who);
  void CheckRecord(const AttackLoot& loot, const VersionName& name, const Ledger& ledger,
                   const std::string& when);
  void CheckSuccessions(const Standing& now, const Ledger& ledger, const std::string& when);
  void CheckHolds(const Standing& now, const Ledger& ledger, const std::string& when);

  Record* record_;
  StoreId store_;
  Bytes unseal_;
  Platter platter_;
  std::string home_ = kFirstHome;
  VaultAttacker thief_;
  std::map<std::string, TreePages> trees_;           // by folder
  mutable std::optional<std::vector<Copy>> copies_;  // of this state of the disk
  std::unique_ptr<RegisterPages> register_;
  RegisterPages::OldestEpochs oldest_;
  std::set<std::string> staged_;  // secrets ever written to the cell
  std::set<std::string> doomed_;  // staged, and not committed when the process ended
  std::string where_clear_;       // the first place a marker was seen
  struct Blob {
    std::uint32_t slot = 0;
    VersionName version;
  };
  std::map<std::string, Blob> blobs_;  // ever seen, by name
  std::set<std::string> lost_blobs_;   // that somebody lost, by name
};

}  // namespace vault
