// Custody: the vault's copies: a standby that gets every change of tree and register before they
// are answered, how one joins, comes back, and is given up.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vault/copy_marker.h"
#include "vault/core.h"

namespace vault {

// StandbyWish says where a standby is: a folder of its own and cells of its own, KIND:PATH; without
// any, DIR.cell beside the folder.
struct StandbyWish {
  std::string folder;
  std::vector<std::string> cells;
};

// CellDoor makes and opens the cells of a folder. Errors: those of the cells; kInvalid a cell
// inside the folder.
struct CellDoor {
  using Cells = std::vector<std::unique_ptr<ErasureCell>>;
  std::function<Result<Cells>(const StandbyWish&)> open;
  std::function<Result<Cells>(const StandbyWish&)> create;
};

// CopyView is one copy for `custody status`.
struct CopyView {
  unsigned number = 0;
  std::string name;   // "standby 1"
  std::string state;  // primary, standby, evicted, left-behind, unfinished
  bool reached = false;
  std::string folder;
  std::vector<std::string> cells;
  std::vector<std::string> cell_classes;
  std::uint64_t since = 0;  // the epoch in which it got this state
  std::string detail;       // why it is not reached, or what it means
};

enum class Eviction : std::uint8_t { kProposed, kDone };

// Custody.
//
// Invariant: while a standby is in the list and not reached, nothing is filed, changed in the tree
// or destroyed; documents are read and openings logged, on the primary alone.
class Custody {
 public:
  Custody(Core& core, std::function<Status()> finish_interrupted)
      : core_(core), finish_interrupted_(std::move(finish_interrupted)) {}

  // Use tells where cells come from, and where the standby is now if not where it was added.
  void Use(CellDoor door, std::optional<StandbyWish> elsewhere);

  // Attach reaches for the standby at start; one that cannot be reached is Ok, and said by List.
  // Errors: kConflict the standby has gone on without this vault (it was promoted, or this is an
  // old copy of the data): it must not be opened.
  Status Attach();
  // Rejoin reaches for a lost standby again, brings it up and finishes what waited for it. A
  // standby that follows, or none, is Ok. Errors: kUnavailable it cannot be reached; kConflict.
  Status Rejoin();
  // Add makes a standby: its folder, its cells, and copies of tree, register and unseal file. It
  // stands on the list, as unfinished, before its cells are given a secret.
  // Errors: kInvalid the folder is, or lies in, the data folder or the other way round; kConflict
  // it is not empty, or there is a standby already; kUnavailable.
  Status Add(const std::optional<std::string>& actor, const StandbyWish& wish);
  // Evict gives up a standby that cannot be reached, or one whose adding was cut short and whose
  // cells cannot be: proposed by one person, done by a second.
  // Errors: kDenied neither BUO nor IGO; kConflict it can be reached, there is none, or the same
  // person proposed it.
  Result<Eviction> Evict(const Actor& actor);
  // UndoUnfinished undoes, at start and before another is added, the adding of a standby that was
  // cut short: what its cells hold is erased. Cells that cannot be reached leave it on the list.
  Status UndoUnfinished();
  // FinishEviction does at start what was confirmed before a crash.
  Status FinishEviction();

  // OfferUnseal makes an unseal file one of those that may open the standby, SettleUnseal the only
  // one; with the register's lock. A standby that does not follow gets it when it is attached.
  Status OfferUnseal(ByteView file);
  Status SettleUnseal(ByteView file);

  Result<std::vector<CopyView>> List();
  // Warnings in plain words, for status.
  Result<std::vector<std::string>> Warnings();

 private:
  const CopyRow* StandbyIn(const std::vector<CopyRow>& rows) const;
  StandbyWish PlaceOf(const CopyRow& row) const;
  // Reach attaches both databases. Errors: kConflict as Attach; all others: not reached.
  Status Reach(const CopyRow& row);
  Status MirrorRegister(const StandbyWish& wish, const std::shared_ptr<MirrorLink>& link);

  Core& core_;
  std::function<Status()> finish_interrupted_;
  CellDoor door_;
  std::optional<StandbyWish> elsewhere_;
  std::string not_reached_;  // why the last Attach failed
};

// StandbyCellOf is where a standby's cell lies when nothing else is said.
std::string StandbyCellOf(const std::string& folder);

}  // namespace vault
