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

// kTreePath and so on are the names of a vault's files below its root.
inline constexpr const char* kTreeFile = "data/keys.db";
inline constexpr const char* kRegisterFile = "data/register.db";
inline constexpr const char* kCellFile = "data.cell";
// kMarker stands in every name, address, content and secret that must never be seen in clear.
inline constexpr std::string_view kMarker = "marker-7f3a";

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

  // Weigh attacks the disk as it is. `when` names the moment in a report.
  // Gives what the register says; empty when no key opens it, which is reported.
  std::optional<Standing> Weigh(Ledger& ledger, const std::string& when);
  // Look is Weigh without the attack.
  std::optional<Standing> Look();
  // Accuse reports a violation.
  void Accuse(const std::string& what) { record_.Report(what); }
  // Compare holds the campaign itself: the record accounts for every byte below a root.
  void Compare(const std::string& root);
  // CheckCell holds that after a start the cell keeps one epoch's secret and no other.
  void CheckCell(const std::string& when);
  UnsealKey unseal() const { return UnsealKey::FromBytes(unseal_).value(); }

 private:
  void TakeStep(const DiskStep& step);
  void TakeBlobs();
  std::set<std::uint64_t> EpochsIn(const std::string& cell) const;
  std::vector<Bytes> Cells() const;
  std::optional<Standing> StandingUnder(const LootedKeys& slots);
  void Absorb(const Standing& now, Ledger& ledger, const std::string& when);
  void CheckAcknowledged(const Standing& now, const Ledger& ledger, const std::string& when);
  void CheckNobody(const VaultAttacker::Keys& keys, const std::string& when);
  void CheckBorrowers(const VaultAttacker::Keys& keys, const Standing& now, const Ledger& ledger,
                      const std::string& when);
  void CheckEverybody(const VaultAttacker::Keys& keys, const Standing& now, const Ledger& ledger,
                      const std::string& when);
  void CheckRetired(const VaultAttacker::Keys& keys, const Ledger& ledger, const std::string& when);
  void CheckBlobs(const VaultAttacker::Keys& keys, const std::string& when);
  void CheckDead(const AttackLoot& loot, const Ledger& ledger, const std::string& who);

  Record& record_;
  Bytes unseal_;
  Platter platter_;
  VaultAttacker thief_;
  TreePages tree_;
  std::unique_ptr<RegisterPages> register_;
  std::uint64_t oldest_epoch_ = 0;
  std::set<std::string> staged_;                // secrets ever written to the cell
  std::string where_clear_;                     // the first place a marker was seen
  std::map<std::string, std::uint32_t> blobs_;  // slots, by the name of every blob ever seen
};

}  // namespace vault
