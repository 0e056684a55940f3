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

// LogTables names the two tables of a log: of the one that is written, or of a past one.
struct LogTables {
  std::string entries;
  std::string hashes;
};

LogTables CurrentTables() { return {"log_entry", "log_hash"}; }
LogTables PastTables(std::uint32_t number) {
  const std::string suffix = "_past_" + std::to_string(number);
  return {"log_entry" + suffix, "log_hash" + suffix};
}

// StoredHashes reads a log's table of hashes.
class StoredHashes final : public HashSource {
 public:
  StoredHashes(Database& database, const LogTables& tables)
      : database_(database),
        select_("SELECT hash FROM " + tables.hashes + " WHERE level = ? AND idx = ?") {}
  Result<LogHash> Hash(unsigned level, std::uint64_t index) const override {
    Statement select = database_.Prepare(select_);
    select.Bind(level, index);
    TRY(const bool found, select.Step());
    if (!found) return Corrupt("a stored hash of the log is missing");
    return ToHash(select.Blob(0));
  }

 private:
  Database& database_;
  const std::string select_;
};

Result<Bytes> ReadEntry(Database& database, const LogTables& tables, std::uint64_t index) {
  Statement select = database.Prepare("SELECT entry FROM " + tables.entries + " WHERE idx = ?");
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

Result<std::uint64_t> CountEntries(Database& database, const LogTables& tables) {
  return CountRows(database, "SELECT MAX(idx) FROM " + tables.entries);
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
Status CheckEdge(Database& database, const LogTables& tables, std::uint64_t size) {
  TRY(const std::uint64_t leaves,
      CountRows(database, "SELECT MAX(idx) FROM " + tables.hashes + " WHERE level = 0"));
  if (leaves != size) return Corrupt("the log has more hashes or more entries than the other");
  if (size == 0) return Ok();
  const StoredHashes stored(database, tables);
  const std::uint64_t first = (size - 1) / kTileWidth * kTileWidth;
  for (std::uint64_t index = first; index < size; ++index) {
    TRY(const Bytes entry, ReadEntry(database, tables, index));
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
  LogTables tables;
  bool past = false;
  NoteKey key;
  MerkleEdge durable;
  MerkleEdge pending;

  Result<std::uint64_t> Append(const LogEntry& entry) {
    CHECK(!past);
    // A caller that forgot Committed or RolledBack would make a gap or a fork.
    TRY(const std::uint64_t rows, CountEntries(database, tables));
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
  TRY_VOID(
      database.Execute("CREATE TABLE past_log (number INTEGER PRIMARY KEY, origin TEXT NOT NULL,"
                       " size INTEGER NOT NULL) STRICT"));
  return CreateEntryTables(database);
}

Status AuditLog::CreateEntryTables(Database& database) {
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
  const LogTables tables = CurrentTables();
  TRY(const std::uint64_t size, CountEntries(database, tables));
  TRY_VOID(CheckEdge(database, tables, size));
  TRY(MerkleEdge edge, MerkleEdge::Load(StoredHashes(database, tables), size));
  auto state =
      std::make_unique<State>(State{database, signer, tables, false, std::move(key), edge, edge});
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(state)));
}

Result<std::vector<AuditLog::PastLog>> AuditLog::ListPast(Database& database) {
  std::vector<PastLog> logs;
  Statement select = database.Prepare("SELECT number, origin, size FROM past_log ORDER BY number");
  while (true) {
    TRY(const bool more, select.Step());
    if (!more) return logs;
    logs.push_back({select.U32(0), select.Text(1), static_cast<std::uint64_t>(select.Int(2))});
  }
}

Result<std::unique_ptr<AuditLog>> AuditLog::OpenPast(Database& database, const PastLog& log,
                                                     const LogSigner& signer) {
  TRY(NoteKey key, NoteKey::Of(log.origin, signer.public_key()));
  const LogTables tables = PastTables(log.number);
  TRY(const std::uint64_t size, CountEntries(database, tables));
  if (size != log.size) return Corrupt("a past log has lost or gained entries");
  TRY_VOID(CheckEdge(database, tables, size));
  TRY(MerkleEdge edge, MerkleEdge::Load(StoredHashes(database, tables), size));
  auto state =
      std::make_unique<State>(State{database, signer, tables, true, std::move(key), edge, edge});
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(state)));
}

Result<AuditLog::PastLog> AuditLog::Retire(Transaction& transaction, std::string_view origin) {
  Database& database = transaction.database();
  TRY(const std::vector<PastLog> logs, ListPast(database));
  const LogTables current = CurrentTables();
  TRY(const std::uint64_t size, CountEntries(database, current));
  const PastLog past{logs.empty() ? 1 : logs.back().number + 1, std::string(origin), size};
  const LogTables tables = PastTables(past.number);
  TRY_VOID(database.Execute("ALTER TABLE " + current.entries + " RENAME TO " + tables.entries +
                            "; ALTER TABLE " + current.hashes + " RENAME TO " + tables.hashes));
  TRY_VOID(CreateEntryTables(database));
  TRY_VOID(database.Prepare("INSERT INTO past_log(number, origin, size) VALUES(?, ?, ?)")
               .Bind(past.number, past.origin, past.size)
               .Run());
  return past;
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
Result<ByteArray<32>> AuditLog::RootAt(std::uint64_t size) {
  if (size > this->size()) return Invalid("the log was never that long");
  TRY(const MerkleEdge edge,
      MerkleEdge::Load(StoredHashes(state_->database, state_->tables), size));
  return edge.Root();
}
std::string AuditLog::VerifierKey() const { return state_->key.ToText(); }

Result<std::string> AuditLog::Checkpoint() {
  const std::string text = TreeHeadText({origin(), size(), root()});
  return SignedNote(text, state_->key, state_->signer.Sign(AsBytes(text)));
}

Result<std::string> AuditLog::Proof(std::uint64_t index) {
  if (index >= size()) return NotFound("the log has no such entry");
  TlogProof proof;
  proof.index = index;
  TRY(proof.hashes, InclusionProof(StoredHashes(state_->database, state_->tables), index, size()));
  TRY(proof.checkpoint, Checkpoint());
  return FormatProof(proof);
}

Result<std::string> AuditLog::EntryText(std::uint64_t index) {
  if (index >= size()) return NotFound("the log has no such entry");
  TRY(const Bytes entry, ReadEntry(state_->database, state_->tables, index));
  return ToString(entry);
}

Result<std::optional<std::uint64_t>> AuditLog::FindLine(std::string_view line) {
  const std::string wanted = "\n" + std::string(line) + "\n";
  Statement select =
      state_->database.Prepare("SELECT idx FROM " + state_->tables.entries +
                               " WHERE instr(entry, ?) > 0 ORDER BY idx DESC LIMIT 1");
  select.Bind(AsBytes(wanted));
  TRY(const bool found, select.Step());
  if (!found) return std::optional<std::uint64_t>();
  const auto index = static_cast<std::uint64_t>(select.Int(0));
  if (index >= size()) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(index);
}

Result<std::uint64_t> AuditLog::CountLines(std::uint64_t from, std::string_view line) {
  const std::string wanted = "\n" + std::string(line) + "\n";
  Statement select = state_->database.Prepare("SELECT count(*) FROM " + state_->tables.entries +
                                              " WHERE idx >= ? AND instr(entry, ?) > 0");
  select.Bind(from, AsBytes(wanted));
  TRY(const bool found, select.Step());
  return found ? static_cast<std::uint64_t>(select.Int(0)) : 0;
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
      tile.level.has_value() ? "SELECT hash FROM " + state_->tables.hashes +
                                   " WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"
                             : "SELECT entry FROM " + state_->tables.entries +
                                   " WHERE idx >= ? AND idx < ? ORDER BY idx");
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

std::vector<std::string> AuditLog::Files() const { return FilesAt(size()); }

std::vector<std::string> AuditLog::FilesAt(std::uint64_t size) const {
  std::vector<std::string> files{std::string(kCheckpointFile), std::string(kVerifierKeyFile)};
  const auto add = [&](std::optional<unsigned> level) {
    for (std::uint64_t n = 0; n < TileCount(size, level.value_or(0)); ++n) {
      files.push_back(FormatTilePath({level, n, TileSpan(size, level.value_or(0), n)}));
    }
  };
  add(std::nullopt);
  for (unsigned level = 0; level <= kMaxTileLevel; ++level) add(level);
  return files;
}

}  // namespace vault
