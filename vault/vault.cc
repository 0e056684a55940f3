#include "vault/vault.h"

#include <climits>
#include <cstdlib>
#include <set>

#include "vault/base/day_words.h"
#include "vault/base/log.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/copy_marker.h"
#include "vault/figures.h"
#include "vault/folder_lock.h"
#include "vault/keeper_signer.h"
#include "vault/keys/unseal.h"
#include "vault/mails.h"
#include "vault/pack_readers.h"
#include "vault/readers.h"
#include "vault/reconcile.h"
#include "vault/register.h"
#include "vault/restore_stage.h"
#include "vault/samples.h"
#include "vault/search.h"
#include "vault/space.h"
#include "vault/succession.h"
#include "vault/unseal_file.h"

namespace vault {
namespace {

constexpr std::string_view kDefaultOrigin = "strongroom.invalid/";

// Absolute resolves the folder part of a path, so that "inside the data folder" means inside.
Result<std::string> Absolute(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  char resolved[PATH_MAX];
  if (realpath(folder.c_str(), resolved) == nullptr) {
    return Invalid("the folder of a path does not exist");
  }
  const std::string leaf = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string base = resolved;
  return base == "/" ? base + leaf : base + "/" + leaf;
}

// Outside refuses a path inside the data folder: a copy of the folder must not carry it.
Status Outside(const std::string& data, const std::string& path, std::string_view what) {
  const Error inside =
      Invalid(std::string(what) +
              " must not lie inside the data folder: a copy of the folder would carry it");
  // The folder may not be there yet.
  if (path.starts_with(data + "/")) return inside;
  TRY(const std::string inner, Absolute(path));
  TRY(const std::string outer, Absolute(data));
  if (inner == outer || inner.starts_with(outer + "/")) return inside;
  return Ok();
}

Result<std::vector<CellAt>> CellsOf(const VaultWorld& world, const VaultPlace& place) {
  CHECK(world.cell_kinds != nullptr);
  const std::string data = Trimmed(place.data);
  std::vector<std::string> written = place.cells;
  if (written.empty()) written.push_back("file:" + data + ".cell");
  std::vector<CellAt> cells;
  for (const std::string& cell : written) {
    TRY(CellAt at, world.cell_kinds->At(cell));
    const std::string file = at.kind->FileOf(at.where);
    if (!file.empty()) TRY_VOID(Outside(data, file, "the erasure cell"));
    cells.push_back(std::move(at));
  }
  return cells;
}

CellContext ContextOf(const VaultWorld& world, const VaultPlace& place) {
  return {*world.disk, *world.random, Trimmed(place.data)};
}

Result<std::vector<std::unique_ptr<ErasureCell>>> CreateCells(const VaultWorld& world,
                                                              const VaultPlace& place) {
  TRY(const std::vector<CellAt> places, CellsOf(world, place));
  const CellContext context = ContextOf(world, place);
  for (const CellAt& at : places) TRY_VOID(at.kind->CheckNew(context, at.where));
  std::vector<std::unique_ptr<ErasureCell>> cells;
  for (const CellAt& at : places) {
    TRY(std::unique_ptr<ErasureCell> cell, at.kind->Create(context, at.where));
    cells.push_back(std::move(cell));
  }
  return cells;
}

CellDoor DoorOf(const VaultWorld& world) {
  const auto at = [](const StandbyWish& wish) {
    VaultPlace place;
    place.data = wish.folder;
    place.cells = wish.cells;
    return place;
  };
  return {[world, at](const StandbyWish& wish) { return OpenCells(world, at(wish)); },
          [world, at](const StandbyWish& wish) { return CreateCells(world, at(wish)); }};
}

std::string TreePath(const VaultPlace& place) { return Trimmed(place.data) + "/keys.db"; }
std::string RegisterPath(const VaultPlace& place) { return Trimmed(place.data) + "/register.db"; }
std::string BlobFolder(const VaultPlace& place) { return Trimmed(place.data) + "/blobs"; }

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

Result<std::vector<std::unique_ptr<ErasureCell>>> OpenCells(const VaultWorld& world,
                                                            const VaultPlace& place) {
  TRY(const std::vector<CellAt> places, CellsOf(world, place));
  const CellContext context = ContextOf(world, place);
  std::vector<std::unique_ptr<ErasureCell>> cells;
  for (const CellAt& at : places) {
    TRY(std::unique_ptr<ErasureCell> cell, at.kind->Open(context, at.where));
    cells.push_back(std::move(cell));
  }
  return cells;
}

struct Vault::Parts {
  // First in, last out: nothing below touches the folder without it.
  std::unique_ptr<FolderLock> folder_lock;
  Core core;
  Compartments compartments{core};
  Disposal disposal{core, [this](const ShredItem& item) { search.Forget(item); }};
  DeletionDebt debt{core};
  People people{core, compartments, disposal};
  Loans loans{core, compartments, disposal};
  MatterRows rows{core, compartments};
  DocumentRows document_rows{core};
  Access access{core, compartments, loans, rows};
  Openings openings{core, compartments, loans, access};
  Matters matters{core, compartments, rows, openings, loans, people};
  Documents documents{core, compartments, rows, openings, loans};
  Records records{core, compartments, rows, openings, loans};
  Assignments assignments{core, people};
  Shares shares{core, documents, document_rows, rows, openings, disposal};
  Holds holds{core, rows, document_rows};
  Figures figures{core};
  Readers readers{core, people, access, rows};
  PackReaders pack_readers{core, compartments, rows, people, access};
  Succession succession{core, compartments, rows, people};
  Search search{core, rows};
  Samples samples{core};
  Mails mails{core, {people, compartments, rows, documents}};
  Proposals proposals{core, rows, disposal};
  Explain explain{core, rows};
  Deadlines deadlines{core, rows};
  Sweep sweep{core, {rows, matters, shares, people, disposal, proposals, deadlines, debt, [this] {
                       return FinishInterrupted();
                     }}};
  Agencies agencies{core};
  Custody custody{core, [this] { return FinishInterrupted(); }};
  Backups backups{core};
  // For a drill, which opens a vault of its own.
  VaultWorld world;
  Drills drills{core, documents, [this](ScratchTree& tree, const std::string& data) {
                  return OpenScratch(world, tree, data);
                }};
  Orphans orphans{core, compartments, rows, access, disposal};
  Reconciliation reconciliation{core};
  UnsealRenewal unseal_renewal{core, custody};
  PastLogs past_logs{core};
  UnixSeconds backup_warn_after = kBackupWarnAfter;

  // FinishInterrupted does what a crash left undone: at start, or when the standby is back.
  Status FinishInterrupted();
  Status OpenRegister(const VaultWorld& world, const VaultPlace& place);
  static Result<std::unique_ptr<Vault>> OpenScratch(const VaultWorld& world, ScratchTree& tree,
                                                    const std::string& data);
};

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

Vault::Vault(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Vault::~Vault() = default;

Agencies& Vault::agencies() { return parts_->agencies; }
People& Vault::people() { return parts_->people; }
MatterRows& Vault::matter_rows() { return parts_->rows; }
Matters& Vault::matters() { return parts_->matters; }
Access& Vault::access() { return parts_->access; }
Loans& Vault::loans() { return parts_->loans; }
Documents& Vault::documents() { return parts_->documents; }
Records& Vault::records() { return parts_->records; }
Assignments& Vault::assignments() { return parts_->assignments; }
Shares& Vault::shares() { return parts_->shares; }
Holds& Vault::holds() { return parts_->holds; }
Figures& Vault::figures() { return parts_->figures; }
Readers& Vault::readers() { return parts_->readers; }
PackReaders& Vault::pack_readers() { return parts_->pack_readers; }
Succession& Vault::succession() { return parts_->succession; }
Search& Vault::search() { return parts_->search; }
Samples& Vault::samples() { return parts_->samples; }
Mails& Vault::mails() { return parts_->mails; }
Disposal& Vault::disposal() { return parts_->disposal; }
DeletionDebt& Vault::debt() { return parts_->debt; }
Proposals& Vault::proposals() { return parts_->proposals; }
Explain& Vault::explain() { return parts_->explain; }
Sweep& Vault::sweep() { return parts_->sweep; }
Custody& Vault::custody() { return parts_->custody; }
Backups& Vault::backups() { return parts_->backups; }
Drills& Vault::drills() { return parts_->drills; }
Orphans& Vault::orphans() { return parts_->orphans; }
const std::optional<RestoreOutcome>& Vault::restored() const {
  return parts_->reconciliation.restored();
}
UnsealRenewal& Vault::unseal_renewal() { return parts_->unseal_renewal; }
PastLogs& Vault::past_logs() { return parts_->past_logs; }
AuditLog& Vault::log() { return *parts_->core.log; }
Compartments& Vault::compartments() { return parts_->compartments; }
std::unique_lock<RegisterMutex> Vault::Locked() { return parts_->core.Locked(); }
TimeInterval Vault::Now() {
  const Core::Lock lock = parts_->core.Locked();
  return parts_->core.time->Now();
}

Status Vault::Anchor(const std::optional<Actor>& actor, Day date) {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY_VOID(core.time->Confirm(date));
  LogEntry entry = core.Entry("clock.confirmed");
  if (actor) {
    TRY(const std::string who, core.VaultPseudonym(actor->person().view()));
    entry.Person("actor", who);
  }
  entry.Add("day", date.ToText());
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Status Vault::TrustSystemClock() {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY_VOID(core.time->TrustSystem());
  LogEntry entry = core.Entry("clock.trusted");
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Status Vault::KeepMark() {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  constexpr UnixSeconds kDay = 86400;
  // Given up when the disk was full, and taken again when there is room.
  if (core.disk->Exists(core.data_folder + "/reserve")) Space(*core.disk, core.data_folder).Keep();
  if (!core.time->anchored() || core.time->Unmarked() < kDay) return Ok();
  LogEntry entry = core.Entry("clock.kept");
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Result<VaultStatus> Vault::Describe() {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  VaultStatus status;
  status.vault = core.keeper->store().ToHex();
  status.epoch = core.keeper->epoch();
  status.log_size = core.log->size();
  status.anchored = core.time->anchored();
  status.cells = core.keeper->cells();
  TRY(status.deletion_debt, parts_->debt.Count());
  TRY(status.warnings, parts_->debt.Warnings());
  TRY(status.box_debt, parts_->loans.DebtCount());
  TRY(const std::vector<PersonRow> people, LoadPeople(core));
  std::size_t officers = 0;
  for (const PersonRow& row : people) officers += row.agency == core.unit ? 1 : 0;
  if (officers < 2) {
    status.warnings.push_back(
        "the unit has fewer than two people: a lost password could lock its matters");
  }
  for (std::string& warning : core.time->Warnings()) status.warnings.push_back(std::move(warning));
  for (std::string& warning : Space(*core.disk, core.data_folder).Warnings()) {
    status.warnings.push_back(std::move(warning));
  }
  for (const CellClass& cell : status.cells) {
    if (cell.name != "file") continue;
    status.warnings.push_back(
        "an erasure cell counts as an ordinary file: keep it out of every snapshot and backup");
    break;
  }
  TRY(status.copies, parts_->custody.List());
  TRY(const std::vector<std::string> about_copies, parts_->custody.Warnings());
  status.warnings.insert(status.warnings.end(), about_copies.begin(), about_copies.end());
  TRY_VOID(DescribeBackup(status));
  TRY(status.orphans, parts_->reconciliation.OrphanCount());
  if (status.orphans != 0) {
    status.warnings.push_back(std::to_string(status.orphans) +
                              " keys without a row are closed: a filing was interrupted, or a "
                              "restore brought an older register");
  }
  return status;
}

// A backup that is missing or old is said, with what hangs on it.
Status Vault::DescribeBackup(VaultStatus& status) {
  TRY(const BackupAge age, parts_->backups.Age());
  status.backup = age.time;
  if (!age.time) {
    if (age.documents != 0) status.warnings.push_back("no backup was ever made");
    return Ok();
  }
  if (parts_->core.time->Now().low - *age.time < parts_->backup_warn_after) return Ok();
  std::string words = "the last backup was made on " + DayWords(LondonDay(*age.time));
  if (age.documents + age.matters + age.people != 0) {
    words += "; since then " + std::to_string(age.documents) + " filings, " +
             std::to_string(age.matters) + " new matters and " + std::to_string(age.people) +
             " new people or passwords";
  }
  status.warnings.push_back(std::move(words));
  return Ok();
}

Result<std::string> Vault::PseudonymOf(const Actor& actor) {
  const Core::Lock lock = parts_->core.Locked();
  return parts_->core.VaultPseudonym(actor.person().view());
}

Status Vault::LogReport(const Actor& actor, std::string_view name) {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY(const std::string who, core.VaultPseudonym(actor.person().view()));
  LogEntry entry = core.Entry("report");
  entry.Person("actor", who).Add("name", name);
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

Status Vault::LogSealing(const Actor& actor) {
  Core& core = parts_->core;
  const Core::Lock lock = core.Locked();
  TRY(const std::string who, core.VaultPseudonym(actor.person().view()));
  LogEntry entry = core.Entry("vault.sealed");
  entry.Person("actor", who);
  parts_->people.DropSessions();
  parts_->shares.DropReservations();
  return core.Record(entry, [](Transaction&) { return Ok(); });
}

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

Result<std::vector<CellReport>> InspectCells(const VaultWorld& world, const VaultPlace& place) {
  TRY(const std::vector<CellAt> cells, CellsOf(world, place));
  const CellContext context = ContextOf(world, place);
  std::vector<CellReport> reports;
  for (const CellAt& at : cells) {
    CellReport report{std::string(at.kind->word()) + ":" + at.where, {}};
    const auto look = [&]() -> Result<CellClass> {
      TRY(std::unique_ptr<ErasureCell> cell, at.kind->Open(context, at.where));
      for (unsigned slot = 0; slot < 2; ++slot) {
        TRY([[maybe_unused]] auto record, cell->Read(slot));
      }
      return cell->cell_class();
    };
    auto found = look();
    report.found = found.ok() ? found.value() : CellClass{"", found.error().detail};
    reports.push_back(std::move(report));
  }
  return reports;
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
