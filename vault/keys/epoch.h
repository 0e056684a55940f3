// Epoch: the change from one root secret to the next, which is what destroys keys for good.
//
//   P1 stage    a fresh E′ to slot (e+1)&1 of every cell, read back
//   P2 commit   entries zeroed but for the spent bit, fresh keys on every touched path, a root
//   under
//               R_{e+1}; one transaction: the commit point
//   P3 verify   the log truncated, every touched node read from the device
//   P4 destroy  slot e&1 of every cell overwritten, read back: from here it is irrevocable
//
// FORMAT.md §5. What comes before (P0) and after (P5, P6) is the vault's.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "vault/base/random.h"
#include "vault/base/result.h"
#include "vault/keys/key_tree.h"
#include "vault/keys/root_secret.h"

namespace vault {

// TreeCopy is a tree with the secret of its own root. A second copy (later) has a KeyTree and cells
// of its own: levels 1 to 3 are the same bytes, only the root is sealed apart, and every step below
// is done on all copies, the primary's commit last.
struct TreeCopy {
  std::unique_ptr<KeyTree> tree;
  std::unique_ptr<RootSecret> secret;
};

// ChangeEpoch erases these slots (all live, sorted) and gives the leaves left without a live slot.
//
// A step that fails from P1 on leaves a state only start-up can judge: the process is stopped.
// Errors: kCorrupt or kUnavailable before P1; nothing has changed.
Result<std::set<std::uint32_t>> ChangeEpoch(TreeCopy& copy, RandomSource& random,
                                            const std::vector<SlotNumber>& slots);

// RecoverEpoch unlocks the tree and finishes (tree at e+1) or undoes (tree at e) an interrupted
// change. Errors: kConflict the tree is older than its cells; kCorrupt; kUnavailable.
Status RecoverEpoch(TreeCopy& copy, const TreeMeta& meta);

}  // namespace vault
