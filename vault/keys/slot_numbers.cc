#include "vault/keys/slot_numbers.h"

#include <algorithm>
#include <utility>

namespace vault {
namespace {

// Promised ahead at each commit: a restart leaves out at most this many numbers of a leaf's 256.
constexpr unsigned kAhead = 16;

unsigned Promise(unsigned next) { return std::min(next + kAhead, kNodeEntries); }

}  // namespace

Result<SlotNumbers::OpenLeaf*> SlotNumbers::Find(const ObjectId& owner) {
  auto [found, fresh] = open_.try_emplace(owner);
  if (fresh) {
    Statement statement =
        tree_.database().Prepare("SELECT leaf, reserved FROM open_leaf WHERE owner=?");
    auto row = statement.Bind(owner).Step();
    if (!row.ok()) {
      open_.erase(found);
      return std::move(row).error();
    }
    if (row.value()) {
      const auto reserved = static_cast<unsigned>(std::min<std::uint32_t>(statement.U32(1), 256));
      found->second = {statement.U32(0), reserved, reserved};
    }
  }
  return &found->second;
}

Result<SlotNumber> SlotNumbers::Next(const ObjectId& owner) {
  TRY(OpenLeaf * open, Find(owner));
  if (open->next == open->reserved) {
    OpenLeaf wider = *open;
    TRY(Transaction transaction, Transaction::Begin(tree_.database()));
    if (open->next == kNodeEntries) {
      if (next_leaf_ >= kLeafCount) return Unavailable("the key tree is full");
      wider = {next_leaf_, 0, 0};
      Statement count = tree_.database().Prepare("UPDATE meta SET value=? WHERE key='next_leaf'");
      TRY_VOID(count.Bind(next_leaf_ + 1).Run());
    }
    wider.reserved = Promise(wider.next);
    {
      Statement statement = tree_.database().Prepare(
          "INSERT INTO open_leaf(owner, leaf, reserved) VALUES(?,?,?) ON CONFLICT(owner)"
          " DO UPDATE SET leaf=excluded.leaf, reserved=excluded.reserved");
      TRY_VOID(statement.Bind(owner, wider.leaf, wider.reserved).Run());
    }
    transaction.Commit();
    if (open->next == kNodeEntries) ++next_leaf_;
    *open = wider;
  }
  return open->leaf << 8 | open->next++;
}

Status SlotNumbers::PromiseMore(Transaction& transaction, const ObjectId& owner) {
  const auto found = open_.find(owner);
  if (found == open_.end()) return Ok();
  Statement statement =
      transaction.database().Prepare("UPDATE open_leaf SET reserved=? WHERE owner=? AND leaf=?");
  return statement.Bind(Promise(found->second.next), owner, found->second.leaf).Run();
}

void SlotNumbers::PromiseKept(const ObjectId& owner) {
  const auto found = open_.find(owner);
  if (found != open_.end()) found->second.reserved = Promise(found->second.next);
}

void SlotNumbers::Close(const std::set<std::uint32_t>& leaves) {
  std::erase_if(open_, [&](const auto& entry) { return leaves.contains(entry.second.leaf); });
}

}  // namespace vault
