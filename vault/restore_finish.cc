// What the vault's start does with a staged restore: the current tree, then the newest register.
#include <algorithm>
#include <filesystem>
#include <set>
#include <tuple>

#include "vault/backup_manifest.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/copy_marker.h"
#include "vault/keeper_signer.h"
#include "vault/restore_stage.h"
#include "vault/store/file_copy.h"

namespace vault {
namespace {

constexpr std::uint64_t kMostSmallFile = std::uint64_t{1} << 20;
constexpr std::size_t kMostOrigin = 200;
constexpr std::size_t kMostLogValue = 200;

Status NoStep(std::uint64_t /*bytes*/) { return Ok(); }

Result<std::string> ReadText(Disk& disk, const std::string& path) {
  TRY(const Bytes bytes, disk.ReadAll(path, kMostSmallFile));
  return ToString(bytes);
}

// Source says where a register was found.
enum class Source : std::uint8_t { kOwn, kTree, kBackup };
std::string_view SourceName(Source source) {
  switch (source) {
    case Source::kOwn:
      return "data-folder";
    case Source::kTree:
      return "tree-folder";
    case Source::kBackup:
      return "backup";
  }
  return "unknown";
}

// Candidate is a register that opens whole.
struct Candidate {
  Source source = Source::kOwn;
  std::string path;
  std::uint64_t inserts = 0;
  std::uint64_t mark = 0;
  TreeHead head;
  std::vector<AuditLog::PastLog> past;
  Bytes restore;  // the id of the restore it waits to be reconciled for
  auto Rank() const { return std::tuple(inserts, mark); }
};

Result<Bytes> Meta(Database& database, std::string_view key) {
  auto query = database.Prepare("SELECT value FROM meta WHERE key = ?").Bind(key);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such setting");
  return query.Blob(0);
}

Result<std::uint64_t> MetaNumber(Database& database, std::string_view key) {
  TRY(const Bytes value, Meta(database, key));
  WireReader reader(value);
  const std::uint64_t number = reader.U64();
  TRY_VOID(reader.Finish());
  return number;
}

Status SetMeta(Database& database, std::string_view key, ByteView value) {
  return database
      .Prepare(
          "INSERT INTO meta(key, value) VALUES(?, ?) "
          "ON CONFLICT(key) DO UPDATE SET value = excluded.value")
      .Bind(key, value)
      .Run();
}

Status CheckWhole(Database& database) {
  auto check = database.Prepare("PRAGMA quick_check(1)");
  TRY(const bool row, check.Step());
  if (!row || check.Text(0) != "ok") return Corrupt("a register is damaged");
  return Ok();
}

// MayAnswerLater tells a disk that fails for a moment from a file that is damaged: only of the
// latter may an older one take the place.
bool MayAnswerLater(const Error& error) { return error.code == Errc::kUnavailable; }

// LogValue writes a text that may have characters the log's grammar has not.
std::string LogValue(std::string_view text) {
  const bool plain = !text.empty() && text.size() <= kMostLogValue &&
                     std::all_of(text.begin(), text.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9') ||
                              std::string_view("._:/=-").find(c) != std::string_view::npos;
                     });
  if (plain) return std::string(text);
  return "sha256:" + EncodeHex(Sha256(AsBytes(text)));
}

// Finisher chooses a register and makes it ready.
class Finisher {
 public:
  Finisher(Disk& disk, RandomSource& random, const KeyKeeper& keeper, const std::string& data)
      : disk_(disk), random_(random), keeper_(keeper), signer_(keeper), paths_(data) {}

  Status Run() {
    TRY_VOID(ReadPlan());
    if (!disk_.Exists(paths_.next_register())) {
      TRY(const bool switched, SwitchedAlready());
      if (switched) return Clean();
      TRY_VOID(FindCandidates());
      TRY_VOID(FindHeads());
      TRY_VOID(MakeNext());
    }
    TRY_VOID(Switch());
    return Clean();
  }

 private:
  std::string OwnPath() const { return paths_.data + "/register.db"; }

  Status ReadPlan() {
    TRY(const std::string text, ReadText(disk_, paths_.plan()));
    const auto lines = Split(text, '\n');
    if (lines.size() != 3 || !lines[1].starts_with("id ")) {
      return Corrupt("the plan of a restore is damaged: stage it again");
    }
    TRY(plan_, ObjectId::Parse(lines[1].substr(3)));
    return Ok();
  }

  Result<Candidate> Look(Source source, const std::string& path) {
    TRY(const std::unique_ptr<Database> database,
        Database::Open(disk_, path, keeper_.RegisterDatabaseKey(), DatabaseMode::kReader));
    TRY_VOID(CheckWhole(*database));
    Candidate found;
    found.source = source;
    found.path = path;
    TRY(found.inserts, MetaNumber(*database, "inserts"));
    TRY(found.mark, MetaNumber(*database, "mark"));
    TRY(const Bytes origin, Meta(*database, "origin"));
    found.head.origin = ToString(origin);
    TRY(const auto log, AuditLog::Open(*database, found.head.origin, signer_));
    found.head.size = log->size();
    found.head.root = log->root();
    TRY(found.past, AuditLog::ListPast(*database));
    auto restore = Meta(*database, kRestoreMeta);
    if (restore.ok()) found.restore = std::move(restore).value();
    return found;
  }

  // The register may be in its place already: the last run ended before it tidied.
  Result<bool> SwitchedAlready() {
    if (!disk_.Exists(OwnPath())) return false;
    auto own = Look(Source::kOwn, OwnPath());
    if (!own.ok() && MayAnswerLater(own.error())) return own.error();
    return own.ok() && own.value().restore == ToBytes(plan_.view());
  }

  Status FindCandidates() {
    // Looked at as a copy: a look may not change what is there.
    const std::string own = paths_.At("register-own.db");
    if (disk_.Exists(OwnPath())) TRY_VOID(CopyDatabaseFiles(disk_, OwnPath(), own));
    TRY(manifest_text_, ReadText(disk_, paths_.At("manifest")));
    TRY([[maybe_unused]] const TreeHead head,
        VerifyManifest(manifest_text_, keeper_.LogPublicKey()));
    const std::pair<Source, std::string> places[] = {
        {Source::kTree, paths_.At("register-tree.db")},
        {Source::kOwn, own},
        {Source::kBackup, paths_.At("register-backup.db")},
        // Put aside by an earlier stage that was cut short and begun again.
        {Source::kOwn, paths_.replaced() + "/register.db"}};
    for (const auto& [source, path] : places) {
      if (!disk_.Exists(path)) continue;
      auto found = Look(source, path);
      if (found.ok()) {
        candidates_.push_back(std::move(found).value());
        continue;
      }
      // Left out for a moment's failure, the newest would be lost for good.
      if (MayAnswerLater(found.error())) {
        return Unavailable("a register (" + std::string(SourceName(source)) +
                           ") cannot be read just now, and an older one may not take its place: " +
                           found.error().detail +
                           ". begin the restore again once its disk answers; where it never will, "
                           "move that register away first");
      }
      LogError("a register is left out of the restore", found.error());
      damaged_.insert(source);
    }
    if (candidates_.empty())
      return Corrupt("no register can be read: neither the data folder's nor the backup's");
    beside_ = disk_.Exists(paths_.At("tree-installed")) ? Source::kTree : Source::kOwn;
    // The first of equals: the one beside the tree, which was in use last.
    std::stable_sort(candidates_.begin(), candidates_.end(), [&](const auto& a, const auto& b) {
      if (a.Rank() != b.Rank()) return a.Rank() > b.Rank();
      return (a.source == beside_) > (b.source == beside_);
    });
    if (candidates_.front().inserts > keeper_.inserts()) {
      return Conflict(
          "the key tree is older than the register: an older keys.db was put back, and keys that "
          "were made since are not in it. name the folder of the current one with --tree");
    }
    return Ok();
  }

  // Every head of the log that is known from anywhere.
  Status FindHeads() {
    for (const Candidate& candidate : candidates_) heads_.push_back(candidate.head);
    TRY(const TreeHead backup, VerifyManifest(manifest_text_, keeper_.LogPublicKey()));
    heads_.push_back(backup);
    for (std::size_t i = 0;; ++i) {
      const std::string path = paths_.At("checkpoint-" + std::to_string(i));
      if (!disk_.Exists(path)) return Ok();
      TRY(const std::string note, ReadText(disk_, path));
      auto head = OpenOwnCheckpoint(note, keeper_.LogPublicKey());
      if (!head.ok()) return Invalid("the checkpoint named is not of this vault's log");
      heads_.push_back(std::move(head).value());
    }
  }

  // MayContinue says whether the chosen log is certainly the newest: then it goes on.
  Result<bool> MayContinue(const Candidate& chosen, AuditLog& log) {
    // A register from elsewhere was in use after that copy was made, if only to log the backup
    // itself: its log was longer than what we have.
    if (chosen.source != beside_) return false;
    for (const TreeHead& head : heads_) {
      const bool before = std::any_of(chosen.past.begin(), chosen.past.end(),
                                      [&](const auto& past) { return past.origin == head.origin; });
      if (before) continue;
      if (head.origin != chosen.head.origin || head.size > chosen.head.size) return false;
      TRY(const LogHash root, log.RootAt(head.size));
      if (root != head.root) return false;
    }
    return true;
  }

  // NewOrigin is a name that no log had: a second restore of the same backup makes another one.
  std::string NewOrigin(const Candidate& chosen) {
    std::string base = chosen.past.empty() ? chosen.head.origin : chosen.past.front().origin;
    const std::string suffix = "/" + random_.NewId<ObjectId>().ToHex().substr(0, 12);
    if (base.size() + suffix.size() > kMostOrigin) {
      base = "strongroom.invalid/" + keeper_.store().ToHex();
    }
    return base + suffix;
  }

  static void AddHead(LogEntry& entry, const std::string& prefix, const TreeHead& head) {
    entry.Add(prefix + "-origin", LogValue(head.origin))
        .Add(prefix + "-size", head.size)
        .Add(prefix + "-root", EncodeBase64(head.root));
  }

  Status MakeNext() {
    const Candidate& chosen = candidates_.front();
    const std::string part = paths_.At("register-part.db");
    TRY_VOID(RemoveDatabaseFiles(disk_, part));
    TRY_VOID(CopyDatabaseFiles(disk_, chosen.path, part));
    // The time never goes back, whichever register was newest.
    std::uint64_t mark = 0;
    for (const Candidate& candidate : candidates_) mark = std::max(mark, candidate.mark);
    TRY(const BackupManifest manifest, ReadManifest(manifest_text_));
    mark = std::max(mark, static_cast<std::uint64_t>(manifest.mark));
    {
      TRY(const std::unique_ptr<Database> database,
          Database::Open(disk_, part, keeper_.RegisterDatabaseKey(), DatabaseMode::kWriter));
      bool on = false;
      {
        TRY(const auto log, AuditLog::Open(*database, chosen.head.origin, signer_));
        TRY(on, MayContinue(chosen, *log));
      }
      LogEntry entry("vault.restored", static_cast<UnixSeconds>(mark));
      entry.Add("source", SourceName(chosen.source)).Add("epoch", keeper_.epoch());
      for (const Source source : damaged_) entry.Add("damaged", SourceName(source));
      TRY(Transaction transaction, Transaction::Begin(*database));
      std::string origin = chosen.head.origin;
      if (!on) {
        TRY([[maybe_unused]] const AuditLog::PastLog past,
            AuditLog::Retire(transaction, chosen.head.origin));
        origin = NewOrigin(chosen);
        TRY_VOID(SetMeta(*database, "origin", AsBytes(origin)));
        AddHead(entry, "old", chosen.head);
        AddHead(entry, "newest", Newest());
      }
      TRY_VOID(SetMeta(*database, "mark", WireWriter().U64(mark).bytes()));
      TRY_VOID(SetMeta(*database, kRestoreMeta, plan_.view()));
      TRY(const auto log, AuditLog::Open(*database, origin, signer_));
      TRY([[maybe_unused]] const std::uint64_t index, log->Append(transaction, entry));
      transaction.Commit();
      log->Committed();
      TRY_VOID(database->TruncateLog());
    }
    TRY_VOID(disk_.Unlink(part + "-wal"));
    TRY_VOID(disk_.Unlink(part + "-shm"));
    TRY_VOID(disk_.Rename(part, paths_.next_register()));
    return disk_.SyncFolder(paths_.folder);
  }

  const TreeHead& Newest() const {
    const TreeHead* newest = &heads_.front();
    for (const TreeHead& head : heads_) {
      // A checkpoint that somebody kept comes last and counts among equals.
      if (head.size >= newest->size) newest = &head;
    }
    return *newest;
  }

  Status Switch() {
    if (disk_.Exists(OwnPath())) {
      TRY_VOID(PutAside(disk_, OwnPath(), paths_.replaced()));
    }
    TRY_VOID(RemoveDatabaseFiles(disk_, OwnPath()));
    TRY_VOID(disk_.Rename(paths_.next_register(), OwnPath()));
    TRY_VOID(disk_.SyncFolder(paths_.folder));
    return disk_.SyncFolder(paths_.data);
  }

  // Clean ends the restore: the plan goes first.
  Status Clean() {
    TRY_VOID(disk_.Unlink(paths_.plan()));
    TRY_VOID(disk_.SyncFolder(paths_.folder));
    return TidyStage(disk_, paths_.data);
  }

  Disk& disk_;
  RandomSource& random_;
  const KeyKeeper& keeper_;
  const KeeperSigner signer_;
  const StagePaths paths_;
  ObjectId plan_;
  Source beside_ = Source::kOwn;
  std::string manifest_text_;
  std::vector<Candidate> candidates_;  // best first
  std::set<Source> damaged_;           // where a register was that does not open
  std::vector<TreeHead> heads_;
};

}  // namespace

bool IsStaged(const Disk& disk, const std::string& data) {
  return disk.Exists(StagePaths(data).plan());
}

Status TidyStage(Disk& disk, const std::string& data) {
  const StagePaths paths(data);
  if (!disk.Exists(paths.folder)) return Ok();
  TRY(const std::vector<std::string> names, disk.ListFolder(paths.folder));
  for (const std::string& name : names) {
    if (paths.At(name) != paths.replaced()) TRY_VOID(disk.Unlink(paths.At(name)));
  }
  // What was in the way is kept for a person to remove.
  std::vector<std::string> kept;
  if (disk.Exists(paths.replaced())) {
    TRY(kept, disk.ListFolder(paths.replaced()));
  }
  if (!kept.empty()) {
    int number = 1;
    while (disk.Exists(data + "/replaced-" + std::to_string(number))) ++number;
    TRY_VOID(disk.Rename(paths.replaced(), data + "/replaced-" + std::to_string(number)));
    Log(LogLevel::kInfo, "what the restore replaced is kept in a folder of the data folder");
  }
  std::error_code failed;
  std::filesystem::remove(paths.replaced(), failed);
  std::filesystem::remove(paths.folder, failed);
  return disk.SyncFolder(data);
}

Status CopyDatabaseFiles(Disk& disk, const std::string& from, const std::string& to) {
  TRY_VOID(RemoveDatabaseFiles(disk, to));
  // The log first: a file without its log would be an older state, and look whole.
  for (const std::string suffix : {"-wal", ""}) {
    if (!disk.Exists(from + suffix)) continue;
    TRY(const std::unique_ptr<RandomAccess> file, disk.OpenForReading(from + suffix));
    if (file->size() == 0 && !suffix.empty()) continue;
    TRY([[maybe_unused]] const FileFacts facts, CopyFile(disk, *file, to + suffix, NoStep));
  }
  return Ok();
}

Status RemoveDatabaseFiles(Disk& disk, const std::string& path) {
  for (const std::string suffix : {"-shm", "-wal", ""}) TRY_VOID(disk.Unlink(path + suffix));
  return Ok();
}

Status PutAside(Disk& disk, const std::string& path, const std::string& folder) {
  TRY_VOID(disk.MakeFolder(folder));
  const std::string name = folder + path.substr(path.rfind('/'));
  std::string to = name;
  for (int i = 2; disk.Exists(to); ++i) to = name + "." + std::to_string(i);
  if (disk.Exists(path + "-wal")) TRY_VOID(disk.Rename(path + "-wal", to + "-wal"));
  TRY_VOID(disk.Rename(path, to));
  return disk.SyncFolder(folder);
}

Status InstallStagedTree(Disk& disk, RandomSource& random, const std::string& data,
                         const UnsealKey& unseal, const CellOpener& cells) {
  const StagePaths paths(data);
  const auto place_marker = [&]() -> Status {
    if (!disk.Exists(paths.At("custody"))) return Ok();
    TRY(const Bytes marker, disk.ReadAll(paths.At("custody"), kMostSmallFile));
    return disk.WriteWhole(data + "/custody", marker);
  };
  if (!disk.Exists(paths.tree())) {
    return disk.Exists(paths.At("tree-installed")) ? place_marker() : Ok();
  }
  // InsertsOf opens a tree as the vault's own: only the current one opens.
  const auto inserts_of = [&](const std::string& folder) -> Result<std::uint64_t> {
    KeyKeeperOptions options;
    options.tree_path = folder + "/keys.db";
    TRY(const std::optional<CopyMarker> marker, ReadCopyMarker(disk, folder));
    if (marker) options.copy = marker->copy;
    TRY(options.cells, cells());
    TRY(const auto keeper, KeyKeeper::Open(disk, random, std::move(options), unseal.Clone()));
    return keeper->inserts();
  };
  TRY(const std::uint64_t staged, inserts_of(paths.folder));
  const std::string own = data + "/keys.db";
  if (disk.Exists(own)) {
    const auto here = inserts_of(data);
    if (!here.ok() && MayAnswerLater(here.error())) return here.error();
    if (here.ok() && here.value() >= staged) return RemoveDatabaseFiles(disk, paths.tree());
    TRY_VOID(PutAside(disk, own, paths.replaced()));
  }
  TRY_VOID(RemoveDatabaseFiles(disk, own));
  TRY_VOID(disk.WriteWhole(paths.At("tree-installed"), AsBytes("yes\n")));
  TRY_VOID(disk.Unlink(paths.tree() + "-wal"));
  TRY_VOID(disk.Rename(paths.tree(), own));
  TRY_VOID(place_marker());
  TRY_VOID(disk.SyncFolder(paths.folder));
  return disk.SyncFolder(data);
}

Status InstallStagedRegister(Disk& disk, RandomSource& random, const KeyKeeper& keeper,
                             const std::string& data) {
  return Finisher(disk, random, keeper, data).Run();
}

}  // namespace vault
