#include "vault/keys/key_tree.h"

#include <utility>

namespace vault {
namespace {

constexpr std::string_view kSchema =
    "CREATE TABLE IF NOT EXISTS node(id INTEGER PRIMARY KEY, ct BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value NOT NULL);"
    "CREATE TABLE IF NOT EXISTS open_leaf(owner BLOB PRIMARY KEY, leaf INTEGER NOT NULL,"
    " reserved INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS open_leaf_by_leaf ON open_leaf(leaf);";

template <std::size_t N>
Result<ByteArray<N>> Exactly(const Bytes& bytes) {
  if (bytes.size() != N) return Corrupt("the key tree's meta table is damaged");
  ByteArray<N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

}  // namespace

Result<std::unique_ptr<KeyTree>> KeyTree::Open(Disk& disk, RandomSource& random,
                                               const std::string& path, std::uint8_t copy) {
  TRY(auto database, Database::Open(disk, path, std::nullopt, DatabaseMode::kWriter));
  TRY_VOID(database->Execute(kSchema));
  return std::unique_ptr<KeyTree>(new KeyTree(random, std::move(database), copy));
}

Result<std::optional<TreeMeta>> KeyTree::ReadMeta(Database& database) {
  {
    // A file whose creation was cut short has no tables yet: no tree was ever started in it.
    Statement tables =
        database.Prepare("SELECT COUNT(*) FROM sqlite_master WHERE type='table' AND name='meta'");
    TRY(bool row, tables.Bind().Step());
    if (!row || tables.Int(0) == 0) return std::optional<TreeMeta>();
  }
  Statement statement = database.Prepare(
      "SELECT (SELECT value FROM meta WHERE key='store_id'),"
      "(SELECT value FROM meta WHERE key='unseal_check'),"
      "(SELECT value FROM meta WHERE key='epoch'),"
      "(SELECT value FROM meta WHERE key='inserts'),"
      "(SELECT value FROM meta WHERE key='next_leaf')");
  TRY(bool row, statement.Bind().Step());
  if (!row || statement.IsNull(0)) return std::optional<TreeMeta>();
  TreeMeta meta;
  TRY(meta.store, StoreId::FromBytes(statement.Blob(0)));
  TRY(meta.unseal_check, Exactly<32>(statement.Blob(1)));
  meta.epoch_hint = static_cast<std::uint64_t>(statement.Int(2));
  meta.inserts = static_cast<std::uint64_t>(statement.Int(3));
  meta.next_leaf = statement.U32(4);
  return std::optional<TreeMeta>(meta);
}

void KeyTree::Use(const StoreId& store, std::vector<CopySeal> roots) {
  CHECK(!roots.empty() && roots.front().copy == copy_);
  store_ = store;
  roots_ = std::move(roots);
  recent_.clear();
  cache_.clear();
}

Result<bool> KeyTree::Unlock(const StoreId& store, RootSeal root) {
  TRY(Bytes sealed, ReadSealed(*database_, RowOf(NodeId{}, copy_)));
  if (!Node::Open(root.key.view(), {NodeId{}, store, copy_, root.epoch}, sealed).ok()) {
    return false;
  }
  std::vector<CopySeal> roots;
  roots.push_back({copy_, std::move(root)});
  Use(store, std::move(roots));
  return true;
}

void KeyTree::UseStandby(std::optional<CopySeal> standby) {
  roots_.resize(1);
  if (!standby.has_value()) return;
  CHECK(standby->copy != copy_ && standby->seal.epoch == epoch());
  roots_.push_back(std::move(*standby));
}

NodePlace KeyTree::PlaceOf(NodeId id) const { return {id, store_, copy_, epoch()}; }

Result<Database*> KeyTree::FromDevice() {
  if (device_ == nullptr) {
    TRY(device_, database_->OpenPastCache(std::nullopt));
  }
  device_->ForgetPages();
  return device_.get();
}

Result<Bytes> KeyTree::ReadSealed(Database& database, std::int64_t row) {
  Statement statement = database.Prepare("SELECT ct FROM node WHERE id=?");
  TRY(bool found, statement.Bind(row).Step());
  if (!found) return Corrupt("a key tree node is missing");
  return statement.Blob(0);
}

Result<Node> KeyTree::Load(NodeId id, ByteView key) {
  TRY(Bytes sealed, ReadSealed(*database_, RowOf(id, copy_)));
  ++nodes_read_;
  return Node::Open(key, PlaceOf(id), sealed);
}

Result<const Node*> KeyTree::Cached(NodeId id, ByteView key) {
  if (auto found = cache_.find(id); found != cache_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return const_cast<const Node*>(&found->second->node);
  }
  TRY(Node node, Load(id, key));
  if (recent_.size() >= kCachedNodes) {
    cache_.erase(recent_.back().id);
    recent_.pop_back();
  }
  recent_.push_front({id, std::move(node)});
  cache_.emplace(id, recent_.begin());
  return const_cast<const Node*>(&recent_.front().node);
}

void KeyTree::Forget(NodeId id) {
  if (auto found = cache_.find(id); found != cache_.end()) {
    recent_.erase(found->second);
    cache_.erase(found);
  }
}

Result<const Node*> KeyTree::InnerAbove(std::uint32_t leaf) {
  // A node just used stands in front of the cache, so loading its child cannot push it out while
  // its key is read.
  TRY(const Node* node, Cached(NodeId{}, root_key()));
  for (unsigned level = 1; level < kLeafLevel; ++level) {
    const NodeId id = NodeId::OnPathTo(leaf, level);
    if (!node->HasChild(id.index(), level)) return static_cast<const Node*>(nullptr);
    TRY(node, Cached(id, node->key(id.index())));
  }
  return node;
}

Result<const Node*> KeyTree::Leaf(std::uint32_t leaf) {
  TRY(const Node* parent, InnerAbove(leaf));
  const NodeId id = NodeId::OnPathTo(leaf, kLeafLevel);
  if (parent == nullptr || !parent->HasChild(id.index(), kLeafLevel)) {
    return static_cast<const Node*>(nullptr);
  }
  return Cached(id, parent->key(id.index()));
}

Result<std::optional<Node>> KeyTree::LeafOnce(std::uint32_t leaf) {
  TRY(const Node* parent, InnerAbove(leaf));
  const NodeId id = NodeId::OnPathTo(leaf, kLeafLevel);
  if (parent == nullptr || !parent->HasChild(id.index(), kLeafLevel)) return std::optional<Node>();
  const ByteView key = parent->key(id.index());
  const auto found = cache_.find(id);
  if (found != cache_.end()) return std::optional<Node>(found->second->node.Clone());
  TRY(Node node, Load(id, key));
  return std::optional<Node>(std::move(node));
}

Result<std::optional<std::uint32_t>> KeyTree::NextLeaf(std::uint32_t from) {
  std::uint64_t leaf = from;
  while (leaf < kLeafCount) {
    // Walk down as far as nodes exist; where one is missing, skip all that would be below it.
    TRY(const Node* node, Cached(NodeId{}, root_key()));
    unsigned level = 1;
    for (; level <= kLeafLevel; ++level) {
      const NodeId id = NodeId::OnPathTo(static_cast<std::uint32_t>(leaf), level);
      if (!node->HasChild(id.index(), level)) break;
      if (level == kLeafLevel) return std::optional<std::uint32_t>(id.number);
      TRY(node, Cached(id, node->key(id.index())));
    }
    const unsigned shift = 8 * (kLeafLevel - level);
    leaf = ((leaf >> shift) + 1) << shift;
  }
  return std::optional<std::uint32_t>();
}

// ---- TreeEdit

TreeEdit::TreeEdit(KeyTree& tree, Transaction& transaction)
    : tree_(tree), database_(transaction.database()), renew_(false), roots_(tree.roots()) {}

TreeEdit::TreeEdit(KeyTree& tree, Transaction& transaction, const std::vector<CopySeal>& next)
    : tree_(tree), database_(transaction.database()), renew_(true), roots_(next) {}

Status TreeEdit::Root() {
  CHECK(path_.empty());
  TRY_VOID(Descend(NodeId{}));
  path_.back().changed = true;
  return Ok();
}

Result<Node*> TreeEdit::Leaf(std::uint32_t leaf) {
  while (!path_.empty() && path_.back().id != NodeId::OnPathTo(leaf, path_.back().id.level)) {
    CHECK(path_.back().id < NodeId::OnPathTo(leaf, path_.back().id.level));
    TRY_VOID(Close());
  }
  while (path_.size() <= kLeafLevel) {
    TRY_VOID(Descend(NodeId::OnPathTo(leaf, static_cast<unsigned>(path_.size()))));
  }
  path_.back().changed = true;
  return &path_.back().node;
}

Status TreeEdit::Descend(NodeId id) {
  if (id.level == 0) {
    // The very first edit of a tree makes its root. Not counted: that would read a page of every
    // eighth node in each edit.
    Statement any = database_.Prepare("SELECT 1 FROM node LIMIT 1");
    TRY(const bool some, any.Bind().Step());
    if (!some) {
      CHECK(!renew_);
      path_.push_back({id, Node(), true});
      return Ok();
    }
    TRY(const Node* root, tree_.Cached(id, tree_.root_key()));
    path_.push_back({id, root->Clone(), false});
    return Ok();
  }
  Step& parent = path_.back();
  if (!parent.node.HasChild(id.index(), id.level)) {
    if (renew_) return Corrupt("a leaf to be erased is missing");
    parent.node.AddChild(id.index(), id.level, tree_.random_);
    parent.changed = true;
    path_.push_back({id, Node(), true});
    return Ok();
  }
  TRY(const Node* node, tree_.Cached(id, parent.node.key(id.index())));
  path_.push_back({id, node->Clone(), false});
  return Ok();
}

Status TreeEdit::Close() {
  Step step = std::move(path_.back());
  path_.pop_back();
  if (!step.changed) return Ok();
  // Forgotten, not replaced: if the transaction is given up, what is read again is still right.
  tree_.Forget(step.id);
  NodePlace place = tree_.PlaceOf(step.id);
  if (step.id.level == 0) {
    for (const CopySeal& root : roots_) {
      place.copy = root.copy;
      place.epoch = root.seal.epoch;
      TRY_VOID(Store(step, root.seal.key.view(), place));
    }
    return Ok();
  }
  Step& parent = path_.back();
  if (renew_) {
    parent.node.RenewKey(step.id.index(), tree_.random_);
    parent.changed = true;
  }
  return Store(step, parent.node.key(step.id.index()), place);
}

Status TreeEdit::Store(const Step& step, ByteView key, const NodePlace& place) {
  const Bytes sealed = step.node.Seal(key, place, tree_.random_);
  Statement statement = database_.Prepare(
      "INSERT INTO node(id, ct) VALUES(?,?) ON CONFLICT(id) DO UPDATE SET ct=excluded.ct");
  TRY_VOID(statement.Bind(KeyTree::RowOf(step.id, place.copy), sealed).Run());
  written_.push_back({step.id, place.copy, MarkOf(sealed)});
  return Ok();
}

Status TreeEdit::Finish() {
  while (!path_.empty()) TRY_VOID(Close());
  return Ok();
}

}  // namespace vault
