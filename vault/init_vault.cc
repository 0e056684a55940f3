// The making of a vault.
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/folder_lock.h"
#include "vault/keys/unseal.h"
#include "vault/unseal_file.h"
#include "vault/vault.h"
#include "vault/vault_cells.h"
#include "vault/vault_parts.h"

namespace vault {
namespace {

constexpr std::string_view kDefaultOrigin = "strongroom.invalid/";

}  // namespace

Result<InitResult> InitVault(const VaultWorld& world, const VaultPlace& place,
                             InitOptions options) {
  if (options.name.empty() || options.name.size() > 200 || !IsUtf8(options.name)) {
    return Invalid("a vault needs a name of 1 to 200 characters");
  }
  const bool passphrase = options.passphrase.size() != 0;
  const bool credential = !options.credential_path.empty();
  const bool shares = options.shares.count != 0;
  if (int{passphrase} + int{credential} + int{shares} != 1) {
    return Invalid("give a passphrase, a place for the credential or a number of shares: one");
  }
  if (passphrase && options.passphrase.size() < 12) {
    return Invalid("a passphrase has at least 12 characters");
  }
  if (shares) TRY_VOID(CheckShareCount(options.shares));
  // Everything that can be refused is refused before anything is made.
  options.officer.agency = options.unit;
  options.officer.roles = {"BUO"};
  TRY_VOID(People::Check(options.officer, options.officer.password.view()));
  const std::string data = Trimmed(place.data);
  TRY(const std::vector<CellAt> cells, CellsOf(world, place));
  const CellContext context = ContextOf(world, place);
  Disk& disk = *world.disk;
  if (credential) {
    TRY_VOID(Outside(data, options.credential_path, "the unseal credential"));
    if (disk.Exists(options.credential_path)) return Conflict("the credential file exists");
  }
  for (const CellAt& cell : cells) TRY_VOID(cell.kind->CheckNew(context, cell.where));
  if (disk.Exists(data)) {
    TRY(const std::vector<std::string> files, disk.ListFolder(data));
    if (!files.empty()) return Conflict("the data folder is not empty");
  }
  TRY_VOID(disk.MakeFolder(data));
  TRY_VOID(disk.MakeFolder(BlobFolder(place)));

  const auto store = world.random->NewId<StoreId>();
  UnsealKey unseal = UnsealKey::Random(*world.random);
  std::vector<Plaintext> share_texts;
  if (passphrase) {
    TRY(const Bytes wrapped,
        WrapUnsealKey(unseal, options.passphrase.view(), store, world.unseal_cost, *world.random));
    TRY_VOID(disk.WriteWhole(UnsealPath(place.data), wrapped));
  } else if (shares) {
    TRY(SplitKey split, SplitUnsealKey(unseal, options.shares, store, *world.random));
    TRY_VOID(disk.WriteWhole(UnsealPath(place.data), split.file));
    share_texts = std::move(split.texts);
  } else {
    const Plaintext text = Plaintext::CopyOf(AsBytes(FormatCredential(unseal) + "\n"));
    TRY_VOID(disk.WriteWhole(options.credential_path, text.view()));
  }
  KeyKeeperOptions keeper_options;
  keeper_options.tree_path = TreePath(place);
  TRY(keeper_options.cells, CreateCells(world, place));
  auto parts = std::make_unique<Vault::Parts>();
  TRY(parts->folder_lock, FolderLock::Take(data));
  Core& core = parts->core;
  TRY(core.keeper,
      KeyKeeper::Create(disk, *world.random, std::move(keeper_options), std::move(unseal), store));
  TRY_VOID(parts->OpenRegister(world, place));

  // init takes the clock as confirmed: somebody stands in front of it.
  core.time = std::make_unique<TimeKeeper>(*world.clock, 0);
  TRY_VOID(core.time->Confirm(LondonDay(world.clock->Realtime())));
  core.unit = options.unit;
  const std::string origin =
      options.origin.empty() ? std::string(kDefaultOrigin) + store.ToHex() : options.origin;
  TRY(core.log, AuditLog::Open(*core.database, origin, *core.signer));
  TRY(SlotReservation pseudonym, core.keeper->Reserve(ObjectId()));
  TRY(SlotReservation lookup, core.keeper->Reserve(ObjectId()));
  const std::vector<KeyKeeper::Filling> fillings = {
      {&pseudonym, {EntryType::kSystem, 0, 0, kNoDeadline, world.random->NewId<ObjectId>()}},
      {&lookup, {EntryType::kSystem, 0, 0, kNoDeadline, world.random->NewId<ObjectId>()}}};
  TRY_VOID(core.keeper->Fill(fillings));
  core.pseudonym_slot = pseudonym.slot();
  core.lookup_slot = lookup.slot();
  LogEntry entry = core.Entry("vault.created");
  entry.Add("vault", store.ToHex()).Add("agency", options.unit.text());
  for (const std::string& cell : core.keeper->cell_classes()) entry.Add("cell", cell);
  TRY_VOID(core.Record(entry, [&](Transaction& transaction) -> Status {
    TRY_VOID(core.SetMeta("origin", AsBytes(origin)));
    TRY_VOID(core.SetMeta("unit", AsBytes(options.unit.text())));
    TRY_VOID(core.SetMeta("name", AsBytes(options.name)));
    TRY_VOID(core.SetMeta("pseudonym_slot", WireWriter().U32(core.pseudonym_slot).bytes()));
    TRY_VOID(core.SetMeta("lookup_slot", WireWriter().U32(core.lookup_slot).bytes()));
    return transaction.database()
        .Prepare("INSERT INTO agency(id, name, is_unit) VALUES(?, ?, 1)")
        .Bind(options.unit, options.name)
        .Run();
  }));
  TRY([[maybe_unused]] const PersonId officer, parts->people.AddFirst(std::move(options.officer)));
  if (options.standby) TRY_VOID(parts->custody.Add(std::nullopt, *options.standby));
  InitResult result{store, core.keeper->cells(), core.log->VerifierKey(), std::move(share_texts)};
  TRY_VOID(core.database->TruncateLog());
  return result;
}

}  // namespace vault
