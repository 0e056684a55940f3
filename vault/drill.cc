#include "vault/drill.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "vault/agencies.h"
#include "vault/base/log.h"
#include "vault/folder_lock.h"
#include "vault/restore.h"
#include "vault/restore_stage.h"
#include "vault/unseal_file.h"
#include "vault/vault.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMarker = "/strongroom-drill";
constexpr std::string_view kNote = "/drill";
constexpr std::uint64_t kMostManifest = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostNote = 4096;
// So many of each kind are tried; of those drawn, some are newer than the backup, or not for this
// person to read.
constexpr std::size_t kTried = 16;
constexpr std::uint64_t kDrawn = 128;
constexpr std::uint64_t kDestroyedDrawn = 20000;
constexpr std::uint64_t kSpare = std::uint64_t{256} << 20;
constexpr std::size_t kChunk = 65536;
constexpr std::string_view kReason = "a drill of the backup";

bool Within(const std::string& inner, const std::string& outer) {
  return inner == outer || inner.starts_with(outer + "/");
}

// Resolved is a path without links and dots; what is not there yet stays as it is written.
std::string Resolved(const std::string& path) {
  std::error_code failed;
  const fs::path resolved = fs::weakly_canonical(path, failed);
  return Trimmed(failed ? path : resolved.string());
}

std::uint64_t SizeOf(const std::string& path) {
  std::error_code failed;
  const auto size = fs::file_size(path, failed);
  return failed ? 0 : size;
}

// Clear removes what a drill made, and nothing that it did not.
Status Clear(const std::string& scratch) {
  std::error_code failed;
  if (!fs::exists(scratch, failed)) return Ok();
  if (!fs::exists(scratch + std::string(kMarker), failed)) {
    // Stopped before the marker had its name: only its beginning may be there.
    const std::string begun = std::string(kMarker).substr(1) + ".new";
    for (const auto& entry : fs::directory_iterator(scratch, failed)) {
      if (entry.path().filename() == begun) continue;
      return Conflict("the scratch folder holds something else than an earlier drill");
    }
    if (!failed) fs::remove(scratch + "/" + begun, failed);
    if (failed) return Unavailable("what the drill made cannot be removed: " + failed.message());
    return Ok();
  }
  std::unique_ptr<FolderLock> lock;
  if (fs::exists(scratch + "/data", failed)) {
    // Another vault's drill may be at work there.
    TRY(lock, FolderLock::Take(scratch + "/data"));
  }
  // The marker last: what is cut short here is still known for what it is.
  fs::remove_all(scratch + "/data", failed);
  if (!failed) fs::remove_all(scratch, failed);
  if (failed) return Unavailable("what the drill made cannot be removed: " + failed.message());
  return Ok();
}

// A commit that finds no room stops the process, so room is asked for before anything is made.
Status CheckRoom(const std::string& scratch, std::uint64_t wanted) {
  std::error_code failed;
  const fs::space_info room = fs::space(scratch, failed);
  if (failed) return Unavailable("the scratch folder's disk cannot be asked for room");
  if (room.available >= wanted + kSpare) return Ok();
  return Unavailable("a drill needs as much room as the backup: name a scratch folder elsewhere");
}

// Version names one version of a document.
struct Version {
  DocumentId document;
  std::uint32_t version = 0;
};

}  // namespace

// Play is one drill under way.
struct Drills::Play {
  const Actor& actor;
  const std::string& backup;
  const std::string& scratch;
  const ProgressSink& progress;
  WorkProgress done;
  std::vector<Version> live;       // for this person to read, and in the backup
  std::vector<Version> destroyed;  // first those that lived when the backup was made
  std::vector<Version> failed;
  bool any_in_backup = false;
  DrillReport report;
};

void RemoveDrillLeft(Disk& disk, const std::string& data) {
  const std::string note = data + std::string(kNote);
  if (!disk.Exists(note)) return;
  const auto removed = [&]() -> Status {
    TRY(const Bytes text, disk.ReadAll(note, kMostNote));
    const std::string_view line = AsText(text);
    const std::string scratch(line.substr(0, line.find('\n')));
    const Status cleared = Clear(scratch);
    // Only if nothing is in it, and not where a disk is mounted.
    std::error_code ignored;
    if (cleared.ok()) fs::remove(scratch, ignored);
    // What somebody else put there since is not ours, and nothing of ours is there.
    if (!cleared.ok() && cleared.error().code != Errc::kConflict) return cleared;
    return disk.Unlink(note);
  }();
  if (!removed.ok()) LogError("what an interrupted drill made is still there", removed.error());
}

// Draw takes living documents from a random place on: their numbers are random.
Status Drills::Draw(Play& play) {
  struct Drawn {
    Version version;
    bool in_backup = false;
  };
  std::vector<Drawn> drawn;
  {
    const Core::Lock lock = core_.Locked();
    auto query =
        core_.database
            ->Prepare(
                "SELECT * FROM (SELECT document, version, blob FROM version WHERE document >= ?1 "
                "AND state = 'live' AND blob IS NOT NULL ORDER BY document LIMIT ?2) UNION ALL "
                "SELECT * FROM (SELECT document, version, blob FROM version WHERE document < ?1 "
                "AND state = 'live' AND blob IS NOT NULL ORDER BY document LIMIT ?2) LIMIT ?2")
            .Bind(core_.random->NewId<DocumentId>(), kDrawn);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      const std::string blob = BackupBlobPath(play.backup, query.IdAt<BlobName>(2));
      drawn.push_back({{query.IdAt<DocumentId>(0), query.U32(1)}, core_.disk->Exists(blob)});
    }
  }
  for (const Drawn& one : drawn) {
    if (play.live.size() == kTried) break;
    if (!one.in_backup) {
      ++play.report.newer;
      continue;
    }
    play.any_in_backup = true;
    // Asked of the decision alone: nothing is opened in the vault, so nothing is to be logged.
    const auto view = documents_.Show(play.actor, one.version.document);
    if (view.ok() && view.value().may_open) play.live.push_back(one.version);
  }
  return Ok();
}

// Of what is destroyed, the backup's register may still tell as living: that is what must not come
// back.
Status Drills::DrawDestroyed(Play& play, Database& backup) {
  std::vector<Version> others;
  const Core::Lock lock = core_.Locked();
  auto query = core_.database->Prepare(
      "SELECT * FROM (SELECT document, version FROM version WHERE document >= ?1 AND "
      "state = 'destroyed' ORDER BY document LIMIT ?2) UNION ALL "
      "SELECT * FROM (SELECT document, version FROM version WHERE document < ?1 AND "
      "state = 'destroyed' ORDER BY document LIMIT ?2)");
  query.Bind(core_.random->NewId<DocumentId>(), kDestroyedDrawn);
  auto known =
      backup.Prepare("SELECT 1 FROM version WHERE document = ? AND version = ? AND state = 'live'");
  while (play.destroyed.size() < kTried) {
    TRY(const bool more, query.Step());
    if (!more) break;
    const Version one = {query.IdAt<DocumentId>(0), query.U32(1)};
    TRY(const bool lived, known.Bind(one.document, one.version).Step());
    if (lived) {
      play.destroyed.push_back(one);
    } else if (others.size() < kTried) {
      others.push_back(one);
    }
  }
  for (const Version& one : others) {
    if (play.destroyed.size() == kTried) break;
    play.destroyed.push_back(one);
  }
  return Ok();
}

// Look opens the restored vault and tries the sample. In here no lock of the vault's is taken: a
// destruction that waits for us may hold them all.
Status Drills::Look(Play& play) {
  const std::string data = play.scratch + "/data";
  TRY(ScratchTree tree, core_.keeper->CopyToScratch(*core_.disk, data + "/keys.db"));
  const auto stopped = [&]() -> Status {
    if (tree.lease->wanted()) {
      return Unavailable("something was due for destruction, which goes first: drill again");
    }
    return play.progress(play.done);
  };
  TRY_VOID(stopped());
  TRY(const std::unique_ptr<Vault> restored, open_(tree, data));
  const RestoreOutcome outcome = restored->restored().value_or(RestoreOutcome());
  play.report.ended = outcome.documents;
  play.report.people = outcome.people;
  play.report.orphans = outcome.orphans;
  const auto known = restored->people().MustChoosePassword(play.actor.person());
  if (!known.ok()) {
    return Conflict(
        "after this restore you could not sign in, for you are newer than the backup, or your "
        "password is: back up first, or let another officer drill");
  }
  const auto whole = [&](const Version& one) -> Result<bool> {
    auto opened =
        restored->documents().Open(play.actor, {one.document, one.version, std::string(kReason)});
    if (!opened.ok()) return false;
    Plaintext chunk(kChunk);
    DocumentStream& stream = opened.value();
    for (std::uint64_t at = 0; at < stream.size();) {
      TRY_VOID(stopped());
      const auto read = stream.Read(at, chunk.mutable_view());
      if (!read.ok() || read.value() == 0) return false;
      at += read.value();
    }
    return true;
  };
  for (const Version& one : play.live) {
    TRY_VOID(stopped());
    TRY(const bool opened, whole(one));
    ++play.report.tried;
    if (!opened) play.failed.push_back(one);
  }
  for (const Version& one : play.destroyed) {
    TRY_VOID(stopped());
    ++play.report.destroyed;
    if (restored->documents()
            .Open(play.actor, {one.document, one.version, std::string(kReason)})
            .ok()) {
      ++play.report.revived;
    }
  }
  return Ok();
}

// What was destroyed between the drawing and the copying is not the backup's fault.
Status Drills::Settle(Play& play) {
  const Core::Lock lock = core_.Locked();
  for (const Version& one : play.failed) {
    auto query =
        core_.database
            ->Prepare("SELECT 1 FROM version WHERE document = ? AND version = ? AND state = 'live'")
            .Bind(one.document, one.version);
    TRY(const bool lives, query.Step());
    if (lives) {
      ++play.report.failed;
    } else {
      --play.report.tried;
    }
  }
  return Ok();
}

Result<DrillReport> Drills::Restore(Play& play) {
  Disk& disk = *core_.disk;
  TRY(const Bytes text,
      disk.ReadAll(play.backup + "/" + std::string(kBackupManifest), kMostManifest));
  TRY(const BackupManifest manifest, ReadManifest(AsText(text)));
  play.report.backup = manifest.time;
  TRY_VOID(disk.MakeFolder(play.scratch));
  TRY_VOID(disk.WriteWhole(play.scratch + std::string(kMarker), AsBytes("a drill of a backup\n")));
  TRY_VOID(CheckRoom(play.scratch, manifest.blob_bytes + 3 * manifest.register_copy.facts.size +
                                       2 * SizeOf(core_.data_folder + "/keys.db")));
  VaultPlace place;
  place.data = play.scratch + "/data";
  VaultWorld world;
  world.disk = core_.disk;
  world.random = core_.random;
  const ProgressSink watched = [&play](const WorkProgress& work) {
    play.done = work;
    return play.progress(work);
  };
  RestoreWish wish;
  wish.backup = play.backup;
  wish.tree_later = core_.keeper->store();
  TRY(const StagedRestore staged, StageRestore(world, place, wish, watched));
  play.report.blobs = staged.blobs;
  TRY_VOID(Draw(play));
  {
    TRY(const std::unique_ptr<Database> backup,
        Database::Open(disk, StagePaths(place.data).At("register-backup.db"),
                       core_.keeper->RegisterDatabaseKey(), DatabaseMode::kReader));
    TRY_VOID(DrawDestroyed(play, *backup));
  }
  if (play.live.empty() && play.any_in_backup) {
    return Conflict("nothing that was drawn from the backup is for you to read");
  }
  TRY_VOID(Look(play));
  TRY_VOID(Settle(play));
  play.report.passed = play.report.failed == 0 && play.report.revived == 0;
  return play.report;
}

Status Drills::Record(const Actor& actor, const std::function<void(LogEntry&)>& say) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  LogEntry entry = core_.Entry("backup.drill");
  entry.Person("actor", who);
  say(entry);
  return core_.Record(entry, [](Transaction&) { return Ok(); });
}

Result<DrillReport> Drills::Run(const Actor& actor, const DrillWish& wish,
                                const ProgressSink& progress) {
  const std::unique_lock<std::mutex> turn(busy_, std::try_to_lock);
  if (!turn.owns_lock()) return Unavailable("another drill is running");
  TRY_VOID(RequireRole(actor, {"BUO"}));
  const std::string wanted = wish.scratch.empty() ? core_.data_folder + ".drill" : wish.scratch;
  if (!wish.backup.starts_with('/') || !(wish.scratch.empty() || wanted.starts_with('/'))) {
    return Invalid("folders are named from the root");
  }
  const std::string backup = Resolved(wish.backup);
  const std::string scratch = Resolved(wanted);
  const std::string data = Resolved(core_.data_folder);
  if (Within(scratch, data) || Within(data, scratch) || Within(scratch, backup) ||
      Within(backup, scratch)) {
    return Invalid("a drill has a folder of its own, apart from the data folder and the backup");
  }
  TRY_VOID(Clear(scratch));
  TRY_VOID(Record(actor, [](LogEntry& entry) { entry.Add("result", "begun"); }));
  // Whatever stops us, the next start takes away what stands here.
  const std::string note = core_.data_folder + std::string(kNote);
  TRY_VOID(core_.disk->WriteWhole(note, AsBytes(scratch + "\n")));
  Play play{actor, backup, scratch, progress, {}, {}, {}, {}, false, {}};
  const auto played = Restore(play);
  Status cleared = Clear(scratch);
  if (cleared.ok()) cleared = core_.disk->Unlink(note);
  if (!cleared.ok()) LogError("what a drill made is still there", cleared.error());
  TRY_VOID(Record(actor, [&played](LogEntry& entry) {
    if (!played.ok()) {
      entry.Add("result", "failed").Add("kind", ErrcName(played.error().code));
      return;
    }
    const DrillReport& report = played.value();
    entry.Add("result", report.passed ? "passed" : "failed");
    for (const DrillFigure& figure : kDrillFigures) entry.Add(figure.name, report.*figure.count);
  }));
  if (played.ok()) TRY_VOID(cleared);
  return played;
}

}  // namespace vault
