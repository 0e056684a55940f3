#include "vault/audit/audit_log.h"

#include <algorithm>
#include <utility>

#include "vault/audit/checkpoint.h"
#include "vault/audit/merkle.h"
#include "vault/audit/proof.h"
#include "vault/audit/tile_path.h"
#include "vault/base/wire.h"

namespace vault {
namespace {

constexpr UnixSeconds kGrantLifetime = 60;
constexpr std::string_view kCheckpointFile = "checkpoint";
constexpr std::string_view kVerifierKeyFile = "vkey";

Result<LogHash> ToHash(const Bytes& bytes) {
  LogHash hash;
  if (bytes.size() != hash.size()) return Corrupt("a stored hash of the log has the wrong length");
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

// StoredHashes reads the table log_hash.
class StoredHashes final : public HashSource {
 public:
  explicit StoredHashes(Database& database) : database_(database) {}
  Result<LogHash> Hash(unsigned level, std::uint64_t index) const override {
    Statement select = database_.Prepare("SELECT hash FROM log_hash WHERE level = ? AND idx = ?");
    select.Bind(level, index);
    TRY(const bool found, select.Step());
    if (!found) return Corrupt("a stored hash of the log is missing");
    return ToHash(select.Blob(0));
  }

 private:
  Database& database_;
};

Result<Bytes> ReadEntry(Database& database, std::uint64_t index) {
  Statement select = database.Prepare("SELECT entry FROM log_entry WHERE idx = ?");
  select.Bind(index);
  TRY(const bool found, select.Step());
  if (!found) return Corrupt("an entry of the log is missing");
  return select.Blob(0);
}

// CountRows is MAX(idx) + 1: the rows are numbered from 0 without a gap.
Result<std::uint64_t> CountRows(Database& database, std::string_view sql) {
  Statement select = database.Prepare(sql);
  TRY(const bool found, select.Step());
  if (!found) return Corrupt("the log cannot be counted");
  return select.IsNull(0) ? 0 : static_cast<std::uint64_t>(select.Int(0)) + 1;
}

Result<std::uint64_t> CountEntries(Database& database) {
  return CountRows(database, "SELECT MAX(idx) FROM log_entry");
}

Status CheckAge(const AccessGrant& grant, UnixSeconds now) {
  // A clock that stepped back must not lengthen a grant, hence both ends.
  const UnixSeconds age = now - grant.opening().granted_at;
  if (age > kGrantLifetime || age < -kGrantLifetime) {
    return Expired("the grant to open is older than 60 s");
  }
  return Ok();
}

// CheckEdge holds the stored hashes against the entries where a lost or torn write would show: the
// last tile from its entries up, and above it each node of the right edge from its children.
Status CheckEdge(Database& database, std::uint64_t size) {
  TRY(const std::uint64_t leaves,
      CountRows(database, "SELECT MAX(idx) FROM log_hash WHERE level = 0"));
  if (leaves != size) return Corrupt("the log has more hashes or more entries than the other");
  if (size == 0) return Ok();
  const StoredHashes stored(database);
  const std::uint64_t first = (size - 1) / kTileWidth * kTileWidth;
  for (std::uint64_t index = first; index < size; ++index) {
    TRY(const Bytes entry, ReadEntry(database, index));
    TRY(const LogHash leaf, stored.Hash(0, index));
    if (leaf != HashLeaf(entry)) return Corrupt("an entry of the log does not match its hash");
  }
  for (unsigned level = 1; level < 64 && size >> level != 0; ++level) {
    const std::uint64_t end = size >> level;
    for (std::uint64_t index = std::min(first >> level, end - 1); index < end; ++index) {
      TRY(const LogHash left, stored.Hash(level - 1, 2 * index));
      TRY(const LogHash right, stored.Hash(level - 1, 2 * index + 1));
      TRY(const LogHash node, stored.Hash(level, index));
      if (node != HashNode(left, right)) return Corrupt("the hashes of the log do not agree");
    }
  }
  return Ok();
}

}  // namespace

// durable is what the last commit holds, pending what the open transaction adds to it.
struct AuditLog::State {
  Database& database;
  const LogSigner& signer;
  NoteKey key;
  MerkleEdge durable;
  MerkleEdge pending;

  Result<std::uint64_t> Append(const LogEntry& entry) {
    // A caller that forgot Committed or RolledBack would make a gap or a fork.
    TRY(const std::uint64_t rows, CountEntries(database));
    CHECK(rows == pending.size());
    Statement insert_entry = database.Prepare("INSERT INTO log_entry (idx, entry) VALUES (?, ?)");
    TRY_VOID(insert_entry.Bind(pending.size(), AsBytes(entry.text())).Run());
    Statement insert_hash =
        database.Prepare("INSERT INTO log_hash (level, idx, hash) VALUES (?, ?, ?)");
    MerkleEdge next = pending;
    for (const TreeNode& node : next.Append(HashLeaf(AsBytes(entry.text())))) {
      TRY_VOID(insert_hash.Bind(node.level, node.index, node.hash).Run());
    }
    pending = std::move(next);
    return pending.size() - 1;
  }
};

AuditLog::AuditLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
AuditLog::~AuditLog() = default;

Status AuditLog::CreateTables(Database& database) {
  // Neither table may ever name an object or a person: an index beside one would tell what the
  // pseudonyms hide (FORMAT.md §8).
  return database.Execute(
      "CREATE TABLE log_entry (idx INTEGER PRIMARY KEY, entry BLOB NOT NULL);"
      "CREATE TABLE log_hash (level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,"
      " PRIMARY KEY (level, idx)) WITHOUT ROWID;");
}

Result<std::unique_ptr<AuditLog>> AuditLog::Open(Database& database, std::string origin,
                                                 const LogSigner& signer) {
  TRY(NoteKey key, NoteKey::Of(std::move(origin), signer.public_key()));
  TRY(const std::uint64_t size, CountEntries(database));
  TRY_VOID(CheckEdge(database, size));
  TRY(MerkleEdge edge, MerkleEdge::Load(StoredHashes(database), size));
  auto state = std::make_unique<State>(State{database, signer, std::move(key), edge, edge});
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(state)));
}

Result<std::uint64_t> AuditLog::Append(Transaction& transaction, const LogEntry& entry) {
  CHECK(&transaction.database() == &state_->database);
  return state_->Append(entry);
}

void AuditLog::Committed() { state_->durable = state_->pending; }
void AuditLog::RolledBack() { state_->pending = state_->durable; }

Result<std::uint64_t> AuditLog::Record(const LogEntry& entry, const Act& act) {
  TRY(Transaction transaction, Transaction::Begin(state_->database));
  // The act may append entries of its own; an error takes them back with everything else.
  auto index = [&]() -> Result<std::uint64_t> {
    if (act) TRY_VOID(act(transaction));
    return Append(transaction, entry);
  }();
  if (!index.ok()) {
    RolledBack();
    return std::move(index).error();
  }
  transaction.Commit();
  Committed();
  return index;
}

void AuditLog::RecordGroup(std::span<GroupAct* const> acts, UnixSeconds now, const Act& last) {
  std::vector<std::optional<AccessGrant>> grants(acts.size());
  const Status committed = [&]() -> Status {
    TRY(Transaction transaction, Transaction::Begin(state_->database));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < acts.size(); ++i) {
      const MerkleEdge before = state_->pending;
      acts[i]->outcome = [&]() -> Status {
        // Alone, an act is taken back with the transaction: a savepoint copies every page it meets.
        if (acts.size() == 1) return RunInGroup(*acts[i], transaction, now, grants[i]);
        TRY(Savepoint savepoint, Savepoint::Begin(transaction));
        TRY_VOID(RunInGroup(*acts[i], transaction, now, grants[i]));
        return savepoint.Keep();
      }();
      if (acts[i]->outcome.ok()) {
        ++kept;
      } else {
        state_->pending = before;
      }
      // The rows of the acts before went too: none of them has happened.
      if (!transaction.open()) return Unavailable("the register could not be written");
    }
    if (kept == 0) return Ok();
    TRY_VOID(last(transaction));
    transaction.Commit();
    Committed();
    return Ok();
  }();
  if (!committed.ok()) RolledBack();
  for (std::size_t i = 0; i < acts.size(); ++i) {
    GroupAct& act = *acts[i];
    if (!act.outcome.ok()) continue;
    if (!committed.ok()) {
      act.outcome = committed;
    } else if (grants[i]) {
      act.receipt = OpeningReceipt(std::move(grants[i]->opening_), act.index);
    }
  }
}

Status AuditLog::RunInGroup(GroupAct& act, Transaction& transaction, UnixSeconds now,
                            std::optional<AccessGrant>& grant) {
  TRY(GroupLine line, act.line(transaction));
  if (line.grant) TRY_VOID(CheckAge(*line.grant, now));
  TRY(act.index, Append(transaction, line.entry));
  grant = std::move(line.grant);
  return Ok();
}

Result<OpeningReceipt> AuditLog::RecordOpening(AccessGrant grant, const LogEntry& entry,
                                               UnixSeconds now, const Act& act) {
  TRY_VOID(CheckAge(grant, now));
  TRY(const std::uint64_t index, Record(entry, act));
  return OpeningReceipt(std::move(grant.opening_), index);
}

Result<ReleaseReceipt> AuditLog::RecordRelease(LoanId loan, std::uint32_t slot,
                                               const LogEntry& entry, const Act& act) {
  TRY_VOID(Record(entry, act));
  return ReleaseReceipt(loan, slot);
}

Result<IntentReceipt> AuditLog::RecordIntent(std::vector<ShredItem> items, const LogEntry& entry,
                                             const Act& act) {
  TRY_VOID(Record(entry, act));
  return IntentReceipt(std::move(items));
}

const std::string& AuditLog::origin() const { return state_->key.name(); }
std::uint64_t AuditLog::size() const { return state_->durable.size(); }
ByteArray<32> AuditLog::root() const { return state_->durable.Root(); }
std::string AuditLog::VerifierKey() const { return state_->key.ToText(); }

Result<std::string> AuditLog::Checkpoint() {
  const std::string text = TreeHeadText({origin(), size(), root()});
  return SignedNote(text, state_->key, state_->signer.Sign(AsBytes(text)));
}

Result<std::string> AuditLog::Proof(std::uint64_t index) {
  if (index >= size()) return NotFound("the log has no such entry");
  TlogProof proof;
  proof.index = index;
  TRY(proof.hashes, InclusionProof(StoredHashes(state_->database), index, size()));
  TRY(proof.checkpoint, Checkpoint());
  return FormatProof(proof);
}

Result<std::string> AuditLog::EntryText(std::uint64_t index) {
  if (index >= size()) return NotFound("the log has no such entry");
  TRY(const Bytes entry, ReadEntry(state_->database, index));
  return ToString(entry);
}

Result<Bytes> AuditLog::File(std::string_view path) {
  if (path == kCheckpointFile) {
    TRY(const std::string checkpoint, Checkpoint());
    return ToBytes(AsBytes(checkpoint));
  }
  if (path == kVerifierKeyFile) return ToBytes(AsBytes(VerifierKey() + "\n"));
  TRY(const TilePath tile, ParseTilePath(path));
  // A partial tile stays readable after it grew: somebody may still hold the older checkpoint.
  if (TileSpan(size(), tile.level.value_or(0), tile.number) < tile.width) {
    return NotFound("no such log file");
  }
  const std::uint64_t begin = tile.number * kTileWidth;
  const std::uint64_t end = begin + tile.width;
  Statement select = state_->database.Prepare(
      tile.level.has_value()
          ? "SELECT hash FROM log_hash WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"
          : "SELECT entry FROM log_entry WHERE idx >= ? AND idx < ? ORDER BY idx");
  if (tile.level.has_value()) {
    select.Bind(*tile.level * kTileHeight, begin, end);
  } else {
    select.Bind(begin, end);
  }
  WireWriter out;
  for (std::uint64_t index = begin; index < end; ++index) {
    TRY(const bool found, select.Step());
    if (!found) return Corrupt("an entry or a hash of the log is missing");
    const Bytes row = select.Blob(0);
    if (!tile.level.has_value()) out.U16(static_cast<std::uint16_t>(row.size()));
    out.Raw(row);
  }
  return std::move(out).Take();
}

std::vector<std::string> AuditLog::Files() const {
  std::vector<std::string> files{std::string(kCheckpointFile), std::string(kVerifierKeyFile)};
  const auto add = [&](std::optional<unsigned> level) {
    for (std::uint64_t n = 0; n < TileCount(size(), level.value_or(0)); ++n) {
      files.push_back(FormatTilePath({level, n, TileSpan(size(), level.value_or(0), n)}));
    }
  };
  add(std::nullopt);
  for (unsigned level = 0; level <= kMaxTileLevel; ++level) add(level);
  return files;
}

}  // namespace vault
