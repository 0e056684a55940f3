// SlotNumbers: hands out slot numbers, each at most once in the life of a tree.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "vault/base/ids.h"
#include "vault/base/result.h"
#include "vault/keys/key_tree.h"

namespace vault {

// SlotNumbers gives each owner (a matter; zero: nobody) the slots of its open leaf in order, so
// that a matter's keys lie in few leaves and die in few.
//
// Invariant: a number is handed out only below the leaf's `reserved`, which is durable first. After
// a restart an owner goes on at `reserved`: numbers handed out and never filled are left out for
// ever, and no number is given twice, although a reservation itself leaves no trace on the disk.
// What may lie on the disk under a left-out number is a blob whose slot is empty: dust.
// Threads: one at a time.
class SlotNumbers {
 public:
  // tree outlives this.
  SlotNumbers(KeyTree& tree, std::uint32_t next_leaf) : tree_(tree), next_leaf_(next_leaf) {}

  // Next gives the next free number of the owner. Errors: kUnavailable the tree is full.
  Result<SlotNumber> Next(const ObjectId& owner);
  // PromiseMore raises the owner's `reserved` along with a commit that is made anyway, so that few
  // numbers need a commit of their own.
  Status PromiseMore(Transaction& transaction, const ObjectId& owner);
  // PromiseKept follows that commit.
  void PromiseKept(const ObjectId& owner);
  // Close forgets leaves without a live slot: their rows went with the epoch's commit.
  void Close(const std::set<std::uint32_t>& leaves);

 private:
  struct OpenLeaf {
    std::uint32_t leaf = 0;
    unsigned next = kNodeEntries;
    unsigned reserved = kNodeEntries;
  };
  Result<OpenLeaf*> Find(const ObjectId& owner);

  KeyTree& tree_;
  std::uint32_t next_leaf_;
  std::map<ObjectId, OpenLeaf> open_;
};

}  // namespace vault
