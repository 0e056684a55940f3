// A vault from the moment its key tree can be opened until it may be used.
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/copy_marker.h"
#include "vault/register.h"
#include "vault/restore_stage.h"
#include "vault/space.h"
#include "vault/unseal_file.h"
#include "vault/vault.h"
#include "vault/vault_cells.h"
#include "vault/vault_parts.h"

namespace vault {
namespace {

Result<UnixSeconds> ReadMark(Core& core) {
  TRY(const Bytes mark, core.Meta("mark"));
  WireReader reader(mark);
  const auto value = static_cast<UnixSeconds>(reader.U64());
  TRY_VOID(reader.Finish());
  return value;
}

Result<SlotNumber> ReadSlot(Core& core, std::string_view key) {
  TRY(const Bytes value, core.Meta(key));
  WireReader reader(value);
  const SlotNumber slot = reader.U32();
  TRY_VOID(reader.Finish());
  return slot;
}

}  // namespace

Status Vault::Parts::OpenRegister(const VaultWorld& given, const VaultPlace& place) {
  world = given;
  core.disk = world.disk;
  core.random = world.random;
  core.clock = world.clock;
  core.rules = world.rules;
  core.costs = world.costs;
  unseal_renewal.SetCost(world.unseal_cost);
  core.data_folder = Trimmed(place.data);
  backup_warn_after = place.backup_warn_after;
  TRY(core.database, Database::Open(*world.disk, RegisterPath(place),
                                    core.keeper->RegisterDatabaseKey(), DatabaseMode::kWriter));
  TRY_VOID(MigrateRegister(*core.database));
  core.signer = std::make_unique<KeeperSigner>(*core.keeper);
  TRY(core.blobs, NewFileBlobStore(*world.disk, BlobFolder(place), *world.random));
  custody.Use(DoorOf(world), place.standby);
  return Ok();
}

Status Vault::Parts::FinishInterrupted() {
  core.reconciled = true;
  if (const Status reconciled = reconciliation.Run(); !reconciled.ok()) {
    core.reconciled = false;
    return reconciled;
  }
  TRY_VOID(disposal.Resume());
  TRY_VOID(matters.FinishEffects());
  return holds.RepairBits();
}

Result<SealedVault> SealedVault::At(const VaultWorld& world, const VaultPlace& place) {
  // A staged restore may bring what is missing.
  const std::string data = Trimmed(place.data);
  const bool staged = IsStaged(*world.disk, data);
  std::string tree = TreePath(place);
  if (staged && !world.disk->Exists(tree)) tree = StagePaths(data).tree();
  if (!world.disk->Exists(tree) || (!staged && !world.disk->Exists(RegisterPath(place)))) {
    return NotFound("there is no vault in the data folder");
  }
  TRY(const std::optional<CopyMarker> marker, ReadCopyMarker(*world.disk, Trimmed(place.data)));
  if (marker && marker->role == CopyRole::kStandby) {
    return Conflict(
        "this folder is the standby copy of a vault; when the vault is lost, "
        "`strongroom custody promote` makes it the vault");
  }
  TRY([[maybe_unused]] const std::vector<CellAt> cells, CellsOf(world, place));
  // On a full disk not even a database opens.
  TRY_VOID(Space(*world.disk, Trimmed(place.data)).MakeRoom());
  TRY(const StoreId store, KeyKeeper::ReadStoreId(*world.disk, tree));
  return SealedVault(world, place, store);
}

Result<std::unique_ptr<Vault>> SealedVault::Unseal(UnsealTry attempt,
                                                   const std::optional<Day>& date) const {
  auto parts = std::make_unique<Vault::Parts>();
  TRY(parts->folder_lock, FolderLock::Take(Trimmed(place_.data)));
  const std::string data = Trimmed(place_.data);
  TRY_VOID(Space(*world_.disk, data).MakeRoom());
  RemoveDrillLeft(*world_.disk, data);
  const CellOpener open_cells = [this] { return OpenCells(world_, place_); };
  const bool staged = IsStaged(*world_.disk, data);
  if (staged) {
    TRY_VOID(InstallStagedTree(*world_.disk, *world_.random, data, attempt.key, open_cells));
  } else {
    TRY_VOID(TidyStage(*world_.disk, data));
  }
  KeyKeeperOptions options;
  options.tree_path = TreePath(place_);
  TRY(const std::optional<CopyMarker> marker, ReadCopyMarker(*world_.disk, data));
  if (marker) options.copy = marker->copy;
  TRY(options.cells, open_cells());
  Core& core = parts->core;
  TRY(core.keeper,
      KeyKeeper::Open(*world_.disk, *world_.random, std::move(options), std::move(attempt.key)));
  if (core.keeper->store() != store_) return Corrupt("the key tree is another vault's");
  // This U opened the tree, so its file is the one that counts; the standby gets it from here.
  if (attempt.file) TRY_VOID(SettleUnsealFile(*world_.disk, data, *attempt.file));
  if (staged) {
    TRY_VOID(InstallStagedRegister(*world_.disk, *world_.random, *core.keeper, data));
  }
  return Vault::Begin(std::move(parts), world_, place_, date);
}

Result<std::unique_ptr<Vault>> Vault::Parts::OpenScratch(const VaultWorld& given, ScratchTree& tree,
                                                         const std::string& data) {
  auto parts = std::make_unique<Parts>();
  TRY(parts->folder_lock, FolderLock::Take(data));
  TRY(parts->core.keeper,
      KeyKeeper::Open(*given.disk, *given.random, std::move(tree.options), std::move(tree.unseal)));
  TRY_VOID(InstallStagedRegister(*given.disk, *given.random, *parts->core.keeper, data));
  VaultPlace place;
  place.data = data;
  // A drill's copy adopts nothing.
  VaultWorld world = given;
  world.rule_texts.clear();
  return Vault::Begin(std::move(parts), world, place, LondonDay(given.clock->Realtime()));
}

Result<std::unique_ptr<Vault>> Vault::Begin(std::unique_ptr<Parts> parts, const VaultWorld& world,
                                            const VaultPlace& place,
                                            const std::optional<Day>& date) {
  Core& core = parts->core;
  TRY_VOID(parts->OpenRegister(world, place));
  TRY_VOID(parts->custody.Attach());
  auto origin = core.Meta("origin");
  if (!origin.ok()) return Corrupt("this vault was never finished: its making was interrupted");
  TRY(const UnixSeconds mark, ReadMark(core));
  core.time = std::make_unique<TimeKeeper>(*world.clock, mark);
  if (date) {
    TRY_VOID(core.time->Confirm(*date));
  }
  TRY(core.log, AuditLog::Open(*core.database, ToString(origin.value()), *core.signer));
  TRY(const Bytes unit, core.Meta("unit"));
  TRY(core.unit, AgencyId::Parse(AsText(unit)));
  TRY(core.pseudonym_slot, ReadSlot(core, "pseudonym_slot"));
  TRY(core.lookup_slot, ReadSlot(core, "lookup_slot"));

  LogEntry entry = core.Entry("vault.unsealed");
  entry.Add("epoch", core.keeper->epoch());
  if (date) entry.Add("day", date->ToText());
  core.reconciled = core.keeper->Whole().ok();
  if (core.reconciled) TRY_VOID(parts->reconciliation.Run());
  TRY_VOID(core.Record(entry, [](Transaction&) { return Ok(); }));
  TRY_VOID(LogAdoption(core, world.rule_texts));
  TRY_VOID(parts->custody.FinishEviction());
  if (const Status undone = parts->custody.UndoUnfinished(); !undone.ok()) {
    LogError("the adding of a standby copy was cut short, and is not undone", undone.error());
  }
  // What is unfinished needs the standby, and waits for it; documents are read meanwhile.
  if (core.keeper->Whole().ok()) TRY_VOID(parts->FinishInterrupted());
  TRY_VOID(parts->shares.ForgetTries());
  TRY_VOID(parts->reconciliation.SweepDust());
  return std::unique_ptr<Vault>(new Vault(std::move(parts)));
}

}  // namespace vault
