// Epoch: the change from one root secret to the next, which is what destroys keys for good.
//
//   P1 stage    a fresh E′ to slot (e+1)&1 of every cell of every copy, read back
//   P2 commit   entries zeroed but for the spent bit, fresh keys on every touched path, for every
//               copy a root under its R_{e+1}; one transaction, the primary's file last: the
//               commit point
//   P3 verify   the log truncated, every touched node read from the device of every copy
//   P4 destroy  slot e&1 of every cell of every copy overwritten, read back: from here it is
//               irrevocable
//
// FORMAT.md §5. What comes before (P0) and after (P5, P6) is the vault's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/keys/key_tree.h"
#include "vault/keys/root_secret.h"
#include "vault/store/mirror.h"

namespace vault {

// TreeCopy is one place where the tree stands, with the secret of its own root.
struct TreeCopy {
  std::uint8_t number = 0;
  std::string path;
  std::unique_ptr<RootSecret> secret;
};

// TreeSet is the tree with its copies: the primary's file is the tree, the standby's its mirror.
struct TreeSet {
  std::unique_ptr<KeyTree> tree;
  TreeCopy primary;
  std::optional<TreeCopy> standby;
  std::shared_ptr<MirrorLink> link;  // to the standby

  bool standby_whole() const { return standby.has_value() && link->whole(); }
};

// EpochChange says what a change left.
struct EpochChange {
  std::set<std::uint32_t> closed;  // leaves without a live slot
  bool standby_erased = false;     // the standby's old secret is gone as well
};

// ChangeEpoch erases these slots (all live, sorted; there may be none) and commits `also` with it.
//
// A step that fails on the primary from P1 on leaves a state only start-up can judge: the process
// is stopped. A step that fails on the standby breaks the link; after P1 the primary goes on, and
// the standby's old secret is erased when it is attached again.
// Errors: kCorrupt; kUnavailable also when P1 fails on the standby. Nothing has changed.
Result<EpochChange> ChangeEpoch(TreeSet& set, RandomSource& random,
                                const std::vector<SlotNumber>& slots,
                                const std::function<Status(Transaction&)>& also);

// RecoverEpoch unlocks the primary's tree and finishes (tree at e+1) or undoes (tree at e) an
// interrupted change there. Errors: kConflict the tree is older than its cells; kCorrupt;
// kUnavailable.
Status RecoverEpoch(TreeSet& set, const TreeMeta& meta);

// AttachStandby makes a standby's file the mirror of the unlocked tree, and finishes or undoes an
// interrupted change in its cells: the primary's file says which.
// Errors: kConflict its cells have destroyed what this tree still opens with, so the tree is an old
// copy: it must not be used; nothing has changed. All others: the standby is not attached.
Status AttachStandby(TreeSet& set, Disk& disk, TreeCopy standby, std::shared_ptr<MirrorLink> link);

}  // namespace vault
