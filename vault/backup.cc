#include "vault/backup.h"

#include <climits>
#include <cstdlib>
#include <filesystem>

#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/store/database_copy.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostManifest = std::uint64_t{1} << 20;
constexpr std::uint64_t kMostList = std::uint64_t{4} << 30;
// Copied under the register's lock at a time: about a millisecond.
constexpr int kPagesAtATime = 256;
constexpr std::string_view kRegisterPrefix = "register-";
constexpr std::string_view kListPrefix = "list-";
constexpr std::string_view kLogPrefix = "log-";

std::string ParentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Resolved follows links in the part of a path that exists.
std::string Resolved(const std::string& path) {
  std::error_code failed;
  const fs::path resolved = fs::weakly_canonical(path, failed);
  return failed ? path : resolved.string();
}

bool Inside(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

Status NoStep(std::uint64_t /*bytes*/) { return Ok(); }

// FilesBelow lists the regular files below a folder, by path. Symbolic links are not followed.
Result<std::vector<std::string>> FilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code failed;
  fs::recursive_directory_iterator entry(folder, failed);
  if (failed) return Unavailable("a folder of the backup cannot be read");
  for (; entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (failed) return Unavailable("a folder of the backup cannot be read");
    if (entry->is_regular_file(failed) && !failed) files.push_back(entry->path().string());
  }
  if (failed) return Unavailable("a folder of the backup cannot be read");
  return files;
}

// WithThoseAbove adds the folders between these and the top. One that a backup made which died may
// be there and its name not synced.
std::set<std::string> WithThoseAbove(const std::set<std::string>& folders, const std::string& top) {
  std::set<std::string> all = folders;
  for (std::string folder : folders) {
    while (folder.size() > top.size()) {
      folder = ParentOf(folder);
      if (!all.insert(folder).second) break;
    }
  }
  return all;
}

// MakeFolders makes a folder and those above it, durably, below one that exists.
Status MakeFolders(Disk& disk, const std::string& path) {
  if (disk.Exists(path)) return Ok();
  TRY_VOID(MakeFolders(disk, ParentOf(path)));
  TRY_VOID(disk.MakeFolder(path));
  return disk.SyncFolder(ParentOf(path));
}

}  // namespace

// Run is one backup under way.
struct Backups::Run {
  const Wish& wish;
  const ProgressSink& progress;
  std::string folder;
  BackupManifest manifest;
  std::string origin;
  BlobList before;  // of the earlier backup in this folder
  BlobList blobs;
  std::string log_folder;
  std::set<std::string> log_files;  // full paths
  std::string manifest_text;
  BackupReport report;
  WorkProgress work;

  CopyStep Stepper() {
    return [this](std::uint64_t bytes) {
      work.done += bytes;
      return progress(work);
    };
  }
};

Status Backups::PrepareFolder(Run& run) {
  Disk& disk = *core_.disk;
  if (!run.wish.folder.starts_with('/')) {
    return Invalid("a backup's folder is an absolute path");
  }
  std::string folder = run.wish.folder;
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  run.folder = Resolved(folder);
  const std::string data = Resolved(core_.data_folder);
  if (Inside(run.folder, data) || Inside(data, run.folder)) {
    return Invalid("a backup's folder lies apart from the data folder: one disk may not hold both");
  }
  const std::string marker = run.folder + "/" + std::string(kBackupMarker);
  const std::string mine = core_.keeper->store().ToHex() + "\n";
  if (disk.Exists(run.folder)) {
    TRY(const std::vector<std::string> files, disk.ListFolder(run.folder));
    if (!files.empty()) {
      auto text = disk.ReadAll(marker, kMostManifest);
      if (!text.ok() && text.error().code != Errc::kNotFound) return text.error();
      if (!text.ok()) return Conflict("the folder holds something else: name an empty one");
      if (AsText(text.value()) != mine) return Conflict("the folder holds another vault's backup");
    }
  } else {
    if (!disk.Exists(ParentOf(run.folder))) {
      return Invalid("the folder above the backup's does not exist");
    }
    TRY_VOID(disk.MakeFolder(run.folder));
    TRY_VOID(disk.SyncFolder(ParentOf(run.folder)));
  }
  // Before anything else, so that a backup cut short is known as ours.
  if (!disk.Exists(marker)) TRY_VOID(disk.WriteWhole(marker, AsBytes(mine)));
  TRY_VOID(MakeFolders(disk, run.folder + "/" + std::string(kBackupBlobs)));

  auto manifest = disk.ReadAll(run.folder + "/" + std::string(kBackupManifest), kMostManifest);
  if (!manifest.ok() && manifest.error().code == Errc::kNotFound) return Ok();
  if (!manifest.ok()) return manifest.error();
  const std::string_view text = AsText(manifest.value());
  // What an earlier list says of a blob counts only if the list is ours; else all is copied anew.
  if (!VerifyManifest(text, core_.keeper->LogPublicKey()).ok()) return Ok();
  TRY(const BackupManifest earlier, ReadManifest(text));
  auto list = disk.ReadAll(run.folder + "/" + earlier.list.name, kMostList);
  if (!list.ok() || Sha256(list.value()) != earlier.list.facts.sha256) return Ok();
  auto blobs = ReadBlobList(AsText(list.value()));
  if (blobs.ok()) run.before = std::move(blobs).value();
  return Ok();
}

Status Backups::CopyRegister(Run& run) {
  const std::string name = core_.random->NewId<ObjectId>().ToHex();
  const std::string path = run.folder + "/" + std::string(kRegisterPrefix) + name + ".db";
  run.manifest.register_copy.name = std::string(kRegisterPrefix) + name + ".db";
  {
    std::unique_ptr<DatabaseCopy> copy;
    bool done = false;
    while (!done) {
      const Core::Lock lock = core_.Locked();
      if (copy == nullptr) {
        TRY(copy, DatabaseCopy::Start(*core_.disk, *core_.database,
                                      core_.keeper->RegisterDatabaseKey(), path));
      }
      TRY(done, copy->Step(kPagesAtATime));
      if (!done) continue;
      // Under the lock of the last step: what the copy holds is what the vault says now.
      run.manifest.store = core_.keeper->store();
      run.manifest.time = core_.time->Now().low;
      run.manifest.time -= run.manifest.time % 60;
      run.manifest.mark = core_.time->Mark();
      run.manifest.epoch = core_.keeper->epoch();
      run.manifest.inserts = core_.keeper->inserts();
      TRY(run.manifest.checkpoint, core_.log->Checkpoint());
      run.origin = core_.log->origin();
      run.report.time = run.manifest.time;
      run.report.epoch = run.manifest.epoch;
      run.report.log_size = core_.log->size();
    }
  }
  {
    TRY(const std::unique_ptr<DiskFile> file, core_.disk->OpenFile(path));
    TRY_VOID(file->Sync());
  }
  TRY(const std::unique_ptr<RandomAccess> file, core_.disk->OpenForReading(path));
  TRY(run.manifest.register_copy.facts, HashFile(*file, NoStep));
  return run.progress(run.work);
}

Status Backups::CopyLog(Run& run) {
  // A folder for each origin: after a restore other entries stand under the same paths.
  const std::string digest = EncodeHex(Sha256(AsBytes(run.origin))).substr(0, 16);
  run.log_folder = run.folder + "/" + std::string(kLogPrefix) + digest;
  std::vector<std::string> paths;
  {
    const Core::Lock lock = core_.Locked();
    paths = core_.log->FilesAt(run.report.log_size);
  }
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    const std::string full = run.log_folder + "/" + path;
    run.log_files.insert(full);
    folders.insert(ParentOf(full));
    // A tile never changes, and a whole one is written once.
    const bool tile = path.starts_with("tile/");
    if (tile && core_.disk->Exists(full)) continue;
    Bytes bytes;
    if (path == "checkpoint") {
      bytes = ToBytes(AsBytes(run.manifest.checkpoint));
    } else {
      const Core::Lock lock = core_.Locked();
      TRY(bytes, core_.log->File(path));
    }
    TRY_VOID(MakeFolders(*core_.disk, ParentOf(full)));
    TRY_VOID(core_.disk->WriteWhole(full, bytes));
  }
  // What was found was perhaps written by a backup that died before it synced the name.
  for (const std::string& folder : WithThoseAbove(folders, run.folder)) {
    TRY_VOID(core_.disk->SyncFolder(folder));
  }
  return Ok();
}

Status Backups::CopyBlobs(Run& run) {
  Disk& disk = *core_.disk;
  struct Missing {
    BlobName name;
    std::uint64_t size;
  };
  std::vector<Missing> wanted;
  TRY_VOID(core_.blobs->ListAll([&](const BlobName& name) -> Status {
    auto blob = core_.blobs->Open(name);
    // Destroyed since it was listed.
    if (!blob.ok() && blob.error().code == Errc::kNotFound) return Ok();
    if (!blob.ok()) return blob.error();
    const std::uint64_t size = blob.value()->size();
    const auto known = run.before.find(name);
    if (known != run.before.end() && known->second.size == size) {
      auto there = disk.OpenForReading(BackupBlobPath(run.folder, name));
      if (there.ok() && there.value()->size() == size) {
        run.blobs.emplace(name, known->second);
        return Ok();
      }
    }
    wanted.push_back({name, size});
    run.work.total += size;
    return Ok();
  }));
  std::set<std::string> folders;
  for (const Missing& missing : wanted) {
    auto blob = core_.blobs->Open(missing.name);
    if (!blob.ok() && blob.error().code == Errc::kNotFound) continue;
    if (!blob.ok()) return blob.error();
    const std::string shard = BackupBlobFolder(run.folder, missing.name);
    if (folders.insert(shard).second) TRY_VOID(MakeFolders(disk, shard));
    TRY(const FileFacts facts,
        CopyFile(disk, *blob.value(), BackupBlobPath(run.folder, missing.name), run.Stepper()));
    run.blobs[missing.name] = facts;
    ++run.report.copied;
  }
  for (const std::string& folder : WithThoseAbove(folders, run.folder)) {
    TRY_VOID(disk.SyncFolder(folder));
  }
  for (const auto& [name, facts] : run.blobs) run.report.bytes += facts.size;
  run.report.blobs = run.blobs.size();
  return Ok();
}

// CountMissing looks for rows whose blob is gone although its key lives.
Status Backups::CountMissing(Run& run) {
  const Core::Lock lock = core_.Locked();
  auto query = core_.database->Prepare(
      "SELECT blob, form_blob FROM version WHERE state = 'live' AND blob IS NOT NULL");
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) break;
    for (int column = 0; column < 2; ++column) {
      if (query.IsNull(column)) continue;
      const auto name = query.IdAt<BlobName>(column);
      if (run.blobs.contains(name)) continue;
      // Filed after the blobs were listed.
      if (!core_.blobs->Open(name).ok()) ++run.report.missing;
    }
  }
  if (run.report.missing != 0) {
    Log(LogLevel::kError,
        std::to_string(run.report.missing) + " stored documents are missing from the blob store");
  }
  return Ok();
}

Status Backups::Publish(Run& run) {
  Disk& disk = *core_.disk;
  const std::string list = FormatBlobList(run.blobs);
  run.manifest.list.name = std::string(kListPrefix) + core_.random->NewId<ObjectId>().ToHex();
  run.manifest.list.facts = {list.size(), Sha256(AsBytes(list))};
  TRY_VOID(disk.WriteWhole(run.folder + "/" + run.manifest.list.name, AsBytes(list)));
  run.manifest.blob_count = run.report.blobs;
  run.manifest.blob_bytes = run.report.bytes;
  TRY(run.manifest_text, SignManifest(run.manifest, run.origin, *core_.signer));
  // From this rename on the folder is this backup; before it, the earlier one.
  return disk.WriteWhole(run.folder + "/" + std::string(kBackupManifest),
                         AsBytes(run.manifest_text));
}

// Tidy removes what only the earlier backup had. Left over after a crash it harms nobody: without
// a live key a blob opens nothing.
Status Backups::Tidy(Run& run) {
  Disk& disk = *core_.disk;
  TRY(const std::vector<std::string> names, disk.ListFolder(run.folder));
  for (const std::string& name : names) {
    const std::string path = run.folder + "/" + name;
    if (name.starts_with(kLogPrefix)) {
      if (path != run.log_folder) continue;
      TRY(const std::vector<std::string> files, FilesBelow(path));
      for (const std::string& file : files) {
        if (!run.log_files.contains(file)) TRY_VOID(disk.Unlink(file));
      }
      continue;
    }
    const bool old_part = (name.starts_with(kRegisterPrefix) || name.starts_with(kListPrefix)) &&
                          name != run.manifest.register_copy.name && name != run.manifest.list.name;
    if (old_part || name.ends_with(kTemporarySuffix)) TRY_VOID(disk.Unlink(path));
  }
  TRY(const std::vector<std::string> files,
      FilesBelow(run.folder + "/" + std::string(kBackupBlobs)));
  for (const std::string& file : files) {
    const std::string name = file.substr(file.rfind('/') + 1);
    const auto blob = BlobName::Parse(name);
    if (blob.ok() && run.blobs.contains(blob.value())) continue;
    if (!blob.ok() && !name.ends_with(kTemporarySuffix)) continue;
    TRY_VOID(disk.Unlink(file));
    if (blob.ok()) ++run.report.removed;
  }
  return Ok();
}

Result<BackupReport> Backups::Make(const Wish& wish, const ProgressSink& progress) {
  const std::unique_lock<std::mutex> turn(busy_, std::try_to_lock);
  if (!turn.owns_lock()) return Unavailable("another backup is running");
  Run run{wish, progress, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  TRY_VOID(PrepareFolder(run));
  TRY_VOID(CopyRegister(run));
  TRY_VOID(CopyLog(run));
  TRY_VOID(CopyBlobs(run));
  TRY_VOID(CountMissing(run));
  TRY_VOID(Publish(run));
  TRY_VOID(Tidy(run));

  const Core::Lock lock = core_.Locked();
  TRY(const auto past, AuditLog::ListPast(*core_.database));
  LogEntry entry = core_.Entry("backup.made");
  if (wish.actor) entry.Person("actor", *wish.actor);
  entry.Add("log-size", run.report.log_size)
      .Add("blobs", run.report.blobs)
      .Add("bytes", run.report.bytes)
      .Add("manifest-sha256", EncodeHex(Sha256(AsBytes(run.manifest_text))));
  TRY_VOID(core_.Record(entry, [&](Transaction&) {
    return core_.SetMeta("backup", WireWriter()
                                       .U64(static_cast<std::uint64_t>(run.report.time))
                                       .U64(run.report.log_size)
                                       .U32(static_cast<std::uint32_t>(past.size()))
                                       .bytes());
  }));
  return run.report;
}

Result<BackupAge> Backups::Age() {
  const Core::Lock lock = core_.Locked();
  BackupAge age;
  std::uint64_t from = 0;
  auto last = core_.Meta("backup");
  if (!last.ok() && last.error().code != Errc::kNotFound) return last.error();
  if (last.ok()) {
    WireReader reader(last.value());
    age.time = static_cast<UnixSeconds>(reader.U64());
    from = reader.U64();
    const std::uint32_t logs = reader.U32();
    TRY_VOID(reader.Finish());
    TRY(const auto past, AuditLog::ListPast(*core_.database));
    // A restore began a new log since.
    if (past.size() != logs) from = 0;
  }
  const auto count = [&](std::string_view type) {
    return core_.log->CountLines(from, "type " + std::string(type));
  };
  TRY(age.matters, count("matter.created"));
  TRY(age.documents, count("document.filed"));
  for (const std::string_view type : {"person.added", "person.password", "person.reset"}) {
    TRY(const std::uint64_t people, count(type));
    age.people += people;
  }
  return age;
}

}  // namespace vault
