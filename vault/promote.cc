#include "vault/promote.h"

#include <unistd.h>

#include <utility>

#include "vault/base/log.h"
#include "vault/base/wire.h"
#include "vault/copy_marker.h"
#include "vault/crypto/bulk.h"
#include "vault/keeper_signer.h"
#include "vault/unseal_file.h"

namespace vault {
namespace {

constexpr std::size_t kMostOrigin = 200;
constexpr std::string_view kSuffix = "/copy-";

// OpenKeeper makes the copy the primary under the U that opens it: a standby that was lost while U
// was renewed has two unseal files, and its own key tree knows which counts.
Result<std::unique_ptr<KeyKeeper>> OpenKeeper(const VaultWorld& world, const VaultPlace& place,
                                              const CopyMarker& marker, PromoteWish& wish) {
  Disk& disk = *world.disk;
  const std::string folder = Trimmed(place.data);
  UnsealSecret secret;
  secret.passphrase = std::move(wish.passphrase);
  secret.credential = std::move(wish.credential);
  secret.shares = std::move(wish.shares);
  TRY(const std::vector<Bytes> files, ReadUnsealFiles(disk, folder));
  TRY(std::vector<UnsealTry> tries, TriesOf(secret, files, marker.store, world.unseal_cost));
  Error refused = Denied("the secret does not open this copy");
  for (UnsealTry& attempt : tries) {
    KeyKeeperOptions options;
    options.tree_path = folder + "/keys.db";
    options.copy = marker.copy;
    TRY(options.cells, OpenCells(world, place));
    auto keeper =
        KeyKeeper::Promote(disk, *world.random, std::move(options), std::move(attempt.key));
    if (keeper.ok() && attempt.file) TRY_VOID(SettleUnsealFile(disk, folder, *attempt.file));
    if (keeper.ok() || keeper.error().code != Errc::kDenied) return keeper;
    refused = keeper.error();
  }
  return refused;
}

// NewOrigin names the log after the copy that goes on with it.
std::string NewOrigin(const std::string& origin, const StoreId& store, unsigned copy) {
  const std::string suffix = std::string(kSuffix) + std::to_string(copy);
  std::string base = origin;
  if (const std::size_t at = base.rfind(kSuffix); at != std::string::npos) base.resize(at);
  if (base.size() + suffix.size() > kMostOrigin) base = "strongroom.invalid/" + store.ToHex();
  return base + suffix;
}

// ContinueLog gives the log its new name in the commit of the entry that says so.
Result<std::string> ContinueLog(Core& core, unsigned copy) {
  TRY(const Bytes stored, core.Meta("origin"));
  const std::string old = ToString(stored);
  const std::string fresh = NewOrigin(old, core.keeper->store(), copy);
  if (fresh != old) {
    LogEntry entry = core.Entry("custody.promoted");
    {
      TRY(const auto log, AuditLog::Open(*core.database, old, *core.signer));
      entry.Add("copy", std::uint64_t{copy})
          .Add("epoch", core.keeper->epoch())
          .Add("old-size", log->size())
          .Add("old-root", EncodeBase64(log->root()))
          .Add("old-vkey-sha256", EncodeHex(Sha256(AsBytes(log->VerifierKey()))));
    }
    TRY(core.log, AuditLog::Open(*core.database, fresh, *core.signer));
    TRY_VOID(core.Record(
        entry, [&](Transaction&) -> Status { return core.SetMeta("origin", AsBytes(fresh)); }));
  } else {
    TRY(core.log, AuditLog::Open(*core.database, fresh, *core.signer));
  }
  return core.log->VerifierKey();
}

// LinkBlobs has the vault find its blobs where they are.
Status LinkBlobs(const Disk& disk, const std::string& folder, const std::string& blobs) {
  const std::string own = folder + "/blobs";
  if (blobs.empty() || disk.Exists(own)) return Ok();
  TRY([[maybe_unused]] const std::vector<std::string> readable, disk.ListFolder(blobs));
  if (::symlink(blobs.c_str(), own.c_str()) != 0) {
    return Unavailable("the blobs' folder cannot be linked");
  }
  return Ok();
}

Result<std::uint64_t> MissingBlobs(Core& core) {
  std::vector<BlobName> names;
  {
    auto query = core.database->Prepare("SELECT blob FROM version WHERE blob IS NOT NULL");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      names.push_back(query.IdAt<BlobName>(0));
    }
  }
  std::uint64_t missing = 0;
  for (const BlobName& name : names) missing += core.blobs->Open(name).ok() ? 0 : 1;
  return missing;
}

}  // namespace

Result<PromoteResult> PromoteStandby(const VaultWorld& world, const VaultPlace& place,
                                     PromoteWish wish) {
  Disk& disk = *world.disk;
  const std::string folder = Trimmed(place.data);
  TRY(const std::optional<CopyMarker> marker, ReadCopyMarker(disk, folder));
  if (!marker) return NotFound("there is no standby copy of a vault in this folder");
  if (marker->role == CopyRole::kPrimary) return Conflict("this copy is the vault already");
  if (!wish.blobs.empty() && disk.Exists(folder + "/blobs")) {
    return Conflict("this folder has blobs of its own");
  }
  Core core;
  TRY(const std::unique_ptr<FolderLock> locked, FolderLock::Take(folder));
  TRY(core.keeper, OpenKeeper(world, place, *marker, wish));
  if (core.keeper->store() != marker->store) return Corrupt("the key tree is another vault's");

  core.disk = &disk;
  core.random = world.random;
  core.clock = world.clock;
  core.data_folder = folder;
  TRY(core.database, Database::Open(disk, folder + "/register.db",
                                    core.keeper->RegisterDatabaseKey(), DatabaseMode::kWriter));
  core.signer = std::make_unique<KeeperSigner>(*core.keeper);
  TRY(const Bytes stored, core.Meta("mark"));
  WireReader mark(stored);
  core.time = std::make_unique<TimeKeeper>(*world.clock, static_cast<UnixSeconds>(mark.U64()));
  TRY_VOID(mark.Finish());
  // The count of slots stays where it is: the register may lack the rows of what the tree here has,
  // and the first start compares them.
  core.reconciled = false;
  PromoteResult result;
  TRY(result.log_key, ContinueLog(core, marker->copy));
  TRY_VOID(LinkBlobs(disk, folder, wish.blobs));
  TRY_VOID(disk.MakeFolder(folder + "/blobs"));
  TRY(core.blobs, NewFileBlobStore(disk, folder + "/blobs", *world.random));
  TRY(result.missing_blobs, MissingBlobs(core));
  TRY_VOID(core.database->TruncateLog());
  CopyMarker primary = *marker;
  primary.role = CopyRole::kPrimary;
  TRY_VOID(WriteCopyMarker(disk, folder, primary));
  result.store = marker->store;
  result.copy = marker->copy;
  result.epoch = core.keeper->epoch();
  return result;
}

}  // namespace vault
