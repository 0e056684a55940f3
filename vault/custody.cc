#include "vault/custody.h"

#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <utility>

#include "vault/agencies.h"
#include "vault/base/log.h"
#include "vault/base/wire.h"
#include "vault/store/mirror.h"
#include "vault/unseal_file.h"

namespace vault {
namespace {

// A crash may leave the standby's log ahead by what one commit held.
constexpr std::int64_t kMostAhead = 256;
constexpr std::string_view kEviction = "eviction";
constexpr std::string_view kOldCopy =
    "the register is older than its standby copy: a copy of the data was put back, so it is not "
    "opened";

std::string RegisterIn(const std::string& folder) { return folder + "/register.db"; }
std::string TreeIn(const std::string& folder) { return folder + "/keys.db"; }

std::string ParentOf(const std::string& folder) {
  const std::size_t slash = folder.rfind('/');
  return slash == 0 ? "/" : folder.substr(0, slash);
}

// Resolved is a folder's real path; where it is not there yet, that of the folder around it.
Result<std::string> Resolved(const std::string& folder) {
  char resolved[PATH_MAX];
  if (::realpath(folder.c_str(), resolved) != nullptr) return std::string(resolved);
  const std::size_t slash = folder.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : folder.substr(0, slash + 1);
  if (::realpath(parent.c_str(), resolved) == nullptr) {
    return Invalid("the folder around the standby's does not exist");
  }
  const std::string base = resolved;
  const std::string leaf = slash == std::string::npos ? folder : folder.substr(slash + 1);
  return base == "/" ? base + leaf : base + "/" + leaf;
}

bool Within(const std::string& inner, const std::string& outer) {
  return inner == outer || inner.starts_with(outer + "/");
}

std::optional<dev_t> DeviceOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_dev;
}

Result<std::int64_t> LogSize(Database& database) {
  Statement query = database.Prepare("SELECT coalesce(max(idx), -1) + 1 FROM log_entry");
  TRY(const bool found, query.Step());
  return found ? query.Int(0) : 0;
}

std::string StateWord(CopyStanding state) {
  switch (state) {
    case CopyStanding::kPrimary:
      return "primary";
    case CopyStanding::kStandby:
      return "standby";
    case CopyStanding::kEvicted:
      return "evicted";
    case CopyStanding::kLeftBehind:
      return "left-behind";
    case CopyStanding::kUnfinished:
      return "unfinished";
  }
  return "";
}

// UnfinishedIn: one whose adding was cut short is the last.
const CopyRow* UnfinishedIn(const std::vector<CopyRow>& rows) {
  return rows.back().state == CopyStanding::kUnfinished ? &rows.back() : nullptr;
}

// EvictionRow is what the register remembers between the two people.
struct EvictionRow {
  std::uint8_t copy = 0;
  bool confirmed = false;
  PersonId proposer;
};

Result<std::optional<EvictionRow>> LoadEviction(Core& core) {
  auto stored = core.Meta(kEviction);
  if (!stored.ok()) {
    if (stored.error().code == Errc::kNotFound) return std::optional<EvictionRow>();
    return std::move(stored).error();
  }
  if (stored.value().empty()) return std::optional<EvictionRow>();
  WireReader reader(stored.value());
  EvictionRow row;
  row.copy = reader.U8();
  row.confirmed = reader.U8() != 0;
  row.proposer = PersonId(reader.Array<16>());
  TRY_VOID(reader.Finish());
  return std::optional<EvictionRow>(row);
}

Status StoreEviction(Core& core, const std::optional<EvictionRow>& row) {
  WireWriter out;
  if (row) out.U8(row->copy).U8(row->confirmed ? 1 : 0).Raw(row->proposer.view());
  return core.SetMeta(kEviction, out.bytes());
}

}  // namespace

std::string StandbyCellOf(const std::string& folder) { return "file:" + Trimmed(folder) + ".cell"; }

void Custody::Use(CellDoor door, std::optional<StandbyWish> elsewhere) {
  door_ = std::move(door);
  elsewhere_ = std::move(elsewhere);
}

const CopyRow* Custody::StandbyIn(const std::vector<CopyRow>& rows) const {
  for (const CopyRow& row : rows) {
    if (row.state == CopyStanding::kStandby) return &row;
  }
  return nullptr;
}

StandbyWish Custody::PlaceOf(const CopyRow& row) const {
  StandbyWish wish = elsewhere_.value_or(StandbyWish{row.folder, row.cells});
  wish.folder = Trimmed(wish.folder);
  if (wish.cells.empty()) wish.cells = {StandbyCellOf(wish.folder)};
  return wish;
}

Status Custody::Attach() {
  const Core::Lock lock = core_.Locked();
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const CopyRow* row = StandbyIn(rows);
  if (row == nullptr) return Ok();
  const Status reached = Reach(*row);
  not_reached_.clear();
  if (reached.ok()) return Ok();
  if (reached.error().code == Errc::kConflict) return reached;
  not_reached_ = reached.error().detail;
  LogError("the standby copy cannot be reached: nothing is filed or destroyed", reached.error());
  return Ok();
}

Status Custody::Rejoin() {
  const Core::Lock lock = core_.Locked();
  if (core_.keeper->Whole().ok()) return Ok();
  // A slot may have been filled on the way to losing it, and its act refused: looked for below, so
  // the counter stays where it is until then.
  core_.reconciled = false;
  TRY_VOID(Attach());
  if (!not_reached_.empty()) return Unavailable(not_reached_);
  LogEntry entry = core_.Entry("custody.returned");
  TRY_VOID(core_.Record(entry, [](Transaction&) { return Ok(); }));
  return finish_interrupted_();
}

Status Custody::Reach(const CopyRow& row) {
  const StandbyWish wish = PlaceOf(row);
  Disk& disk = *core_.disk;
  auto marker = ReadCopyMarker(disk, wish.folder);
  if (!marker.ok()) return Unavailable(marker.error().detail);
  // An empty mount point is no standby: nothing is made there.
  if (!marker.value()) return Unavailable("its folder is not there, or not mounted");
  if (marker.value()->store != core_.keeper->store() || marker.value()->copy != row.number) {
    return Unavailable("its folder holds something else");
  }
  if (marker.value()->role == CopyRole::kPrimary) {
    return Conflict(
        "the standby copy was promoted and is the vault now: this folder is what it was before, "
        "and is not opened any more");
  }
  if (core_.standby_lock == nullptr) {
    auto taken = FolderLock::Take(wish.folder);
    if (!taken.ok()) return Unavailable("another process works in its folder");
    core_.standby_lock = std::move(taken).value();
  }
  StandbyPlace place;
  place.tree_path = TreeIn(wish.folder);
  place.folder = row.folder;
  place.cell_names = row.cells;
  place.link = std::make_shared<MirrorLink>();
  auto cells = door_.open(wish);
  if (!cells.ok()) return Unavailable("its erasure cell: " + cells.error().detail);
  place.cells = std::move(cells).value();
  const std::shared_ptr<MirrorLink> link = place.link;
  // A register put back alone would be found by nobody else, and would overwrite the newer one.
  if (disk.Exists(RegisterIn(wish.folder))) {
    auto theirs = Database::Open(disk, RegisterIn(wish.folder), core_.keeper->RegisterDatabaseKey(),
                                 DatabaseMode::kWriter);
    if (theirs.ok()) {
      const auto ahead = LogSize(*theirs.value());
      TRY(const std::int64_t here, LogSize(*core_.database));
      if (ahead.ok() && ahead.value() > here + kMostAhead) return Conflict(std::string(kOldCopy));
    }
  }
  // Before its tree follows: should the power fail in between, what opens our tree opens theirs.
  TRY(const Bytes unseal, ReadUnsealFile(disk, core_.data_folder));
  if (const Status offered = OfferUnsealFile(disk, wish.folder, unseal); !offered.ok()) {
    return Unavailable(offered.error().detail);
  }
  TRY_VOID(core_.keeper->AttachStandby(disk, std::move(place)));
  const auto follow = [&]() -> Status {
    TRY_VOID(MirrorRegister(wish, link));
    return SettleUnsealFile(disk, wish.folder, unseal);
  };
  if (const Status followed = follow(); !followed.ok()) {
    link->Break(followed.error());
    return Unavailable(followed.error().detail);
  }
  return Ok();
}

Status Custody::MirrorRegister(const StandbyWish& wish, const std::shared_ptr<MirrorLink>& link) {
  return core_.database->MirrorTo(*core_.disk, RegisterIn(wish.folder),
                                  core_.keeper->RegisterDatabaseKey(), link);
}

Status Custody::OfferUnseal(ByteView file) {
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const CopyRow* row = StandbyIn(rows);
  if (row == nullptr) return Ok();
  return OfferUnsealFile(*core_.disk, PlaceOf(*row).folder, file);
}

Status Custody::SettleUnseal(ByteView file) {
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const CopyRow* row = StandbyIn(rows);
  if (row == nullptr || !core_.keeper->Whole().ok()) return Ok();
  return SettleUnsealFile(*core_.disk, PlaceOf(*row).folder, file);
}

Status Custody::Add(const std::optional<std::string>& actor, const StandbyWish& wish) {
  const Core::Lock lock = core_.Locked();
  Disk& disk = *core_.disk;
  TRY_VOID(core_.keeper->Whole());
  TRY_VOID(UndoUnfinished());
  const std::vector<CopyRow> rows = core_.keeper->copies();
  if (StandbyIn(rows) != nullptr) return Conflict("this vault has a standby copy already");
  if (wish.folder.empty()) return Invalid("a standby needs a folder");
  TRY(const std::string folder, Resolved(Trimmed(wish.folder)));
  TRY(const std::string data, Resolved(core_.data_folder));
  if (Within(folder, data) || Within(data, folder)) {
    return Invalid("a standby has a folder of its own, apart from the data folder");
  }
  if (disk.Exists(folder)) {
    TRY(const std::vector<std::string> files, disk.ListFolder(folder));
    for (const std::string& file : files) {
      // A disk of its own comes with this one.
      if (file != "lost+found") return Conflict("the standby's folder is not empty");
    }
  }
  StandbyWish full = {folder, wish.cells};
  if (full.cells.empty()) full.cells = {StandbyCellOf(folder)};
  TRY(CellDoor::Cells cells, door_.create(full));
  TRY_VOID(disk.MakeFolder(folder));
  // A standby whose folder went with the power would stop all filing until it is given up.
  TRY_VOID(disk.SyncFolder(ParentOf(folder)));
  TRY(core_.standby_lock, FolderLock::Take(folder));
  CopyMarker marker;
  marker.store = core_.keeper->store();
  marker.copy = static_cast<std::uint8_t>(rows.back().number + 1);
  marker.role = CopyRole::kStandby;
  TRY_VOID(WriteCopyMarker(disk, folder, marker));
  StandbyPlace place;
  place.tree_path = TreeIn(folder);
  place.folder = folder;
  place.cell_names = full.cells;
  place.link = std::make_shared<MirrorLink>();
  place.cells = std::move(cells);
  const std::shared_ptr<MirrorLink> link = place.link;
  TRY(const Bytes unseal, ReadUnsealFile(disk, core_.data_folder));
  TRY_VOID(SettleUnsealFile(disk, folder, unseal));
  TRY_VOID(core_.keeper->AddStandby(disk, std::move(place)));
  if (const Status mirrored = MirrorRegister(full, link); !mirrored.ok()) {
    link->Break(mirrored.error());
    return mirrored;
  }
  LogEntry entry = core_.Entry("custody.added");
  if (actor) entry.Person("actor", *actor);
  entry.Add("copy", std::uint64_t{marker.copy}).Add("epoch", core_.keeper->epoch());
  for (const CopyRow& row : core_.keeper->copies()) {
    if (row.number != marker.copy) continue;
    for (const std::string& cell : row.cell_classes) entry.Add("cell", cell);
  }
  TRY_VOID(core_.Record(entry, [](Transaction&) { return Ok(); }));
  return core_.keeper->Whole();
}

Status Custody::UndoUnfinished() {
  const Core::Lock lock = core_.Locked();
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const CopyRow* row = UnfinishedIn(rows);
  if (row == nullptr) return Ok();
  // The same cell may have been taken for another copy since: that one's secret is not erased.
  for (const CopyRow& other : rows) {
    for (const std::string& cell : row->cells) {
      const bool taken =
          std::find(other.cells.begin(), other.cells.end(), cell) != other.cells.end();
      if (&other != row && taken) return Conflict("an unfinished copy's cell is in use");
    }
  }
  auto cells = door_.open({row->folder, row->cells});
  if (!cells.ok()) {
    return Unavailable(
        "the erasure cell of a standby whose adding was cut short cannot be reached: " +
        cells.error().detail);
  }
  TRY_VOID(core_.keeper->UndoUnfinished(std::move(cells).value()));
  Log(LogLevel::kWarning,
      "the adding of a standby copy was cut short and is undone; remove its folder and its cell "
      "before adding one there again");
  LogEntry entry = core_.Entry("custody.add-undone");
  entry.Add("copy", std::uint64_t{row->number});
  return core_.Record(entry, [](Transaction&) { return Ok(); });
}

Result<Eviction> Custody::Evict(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const CopyRow* row = StandbyIn(rows);
  if (row == nullptr) row = UnfinishedIn(rows);
  if (row == nullptr) return Conflict("this vault has no standby copy");
  if (row->state == CopyStanding::kUnfinished) {
    if (UndoUnfinished().ok()) {
      return Conflict("the cell could be reached: what the adding left there is erased");
    }
  } else if (core_.keeper->Whole().ok()) {
    return Conflict("the standby copy is there and follows: there is nothing to give up");
  }
  TRY(std::optional<EvictionRow> eviction, LoadEviction(core_));
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  if (!eviction || eviction->copy != row->number) {
    LogEntry entry = core_.Entry("custody.evict-proposed");
    entry.Person("actor", who).Add("copy", std::uint64_t{row->number});
    TRY_VOID(core_.Record(entry, [&](Transaction&) {
      return StoreEviction(core_, EvictionRow{row->number, false, actor.person()});
    }));
    return Eviction::kProposed;
  }
  if (eviction->proposer == actor.person()) {
    return Conflict("a second person confirms what you proposed");
  }
  core_.reconciled = false;
  eviction->confirmed = true;
  LogEntry entry = core_.Entry("custody.evict-confirmed");
  entry.Person("actor", who).Add("copy", std::uint64_t{row->number});
  TRY_VOID(core_.Record(entry, [&](Transaction&) { return StoreEviction(core_, eviction); }));
  TRY_VOID(FinishEviction());
  TRY_VOID(finish_interrupted_());
  return Eviction::kDone;
}

Status Custody::FinishEviction() {
  const Core::Lock lock = core_.Locked();
  TRY(const std::optional<EvictionRow> eviction, LoadEviction(core_));
  if (!eviction) return Ok();
  const std::vector<CopyRow> rows = core_.keeper->copies();
  const CopyRow* row = StandbyIn(rows);
  if (row == nullptr) row = UnfinishedIn(rows);
  const bool stands = row != nullptr && row->number == eviction->copy;
  const bool unfinished = stands && row->state == CopyStanding::kUnfinished;
  const bool follows = !unfinished && core_.keeper->Whole().ok();
  if (stands && !follows && !eviction->confirmed) return Ok();
  // It came back before the second person, or between the confirmation and a crash: it stays.
  // One that was unfinished may have been undone meanwhile: then it is not on the list.
  const bool listed = std::any_of(rows.begin(), rows.end(),
                                  [&](const CopyRow& one) { return one.number == eviction->copy; });
  const bool done = listed && (!stands || !follows);
  if (unfinished) {
    TRY_VOID(core_.keeper->GiveUpUnfinished());
  } else if (stands && !follows) {
    TRY_VOID(core_.keeper->EvictStandby());
    core_.database->MirrorNoMore();
    core_.standby_lock.reset();
    not_reached_.clear();
  }
  LogEntry entry = core_.Entry(done ? "custody.evicted" : "custody.evict-void");
  entry.Add("copy", std::uint64_t{eviction->copy}).Add("epoch", core_.keeper->epoch());
  return core_.Record(entry, [&](Transaction&) { return StoreEviction(core_, std::nullopt); });
}

Result<std::vector<CopyView>> Custody::List() {
  const Core::Lock lock = core_.Locked();
  const Status whole = core_.keeper->Whole();
  std::vector<CopyView> out;
  for (const CopyRow& row : core_.keeper->copies()) {
    CopyView view;
    view.number = row.number;
    view.name = CopyName(row);
    view.state = StateWord(row.state);
    view.folder = row.folder;
    view.cells = row.cells;
    view.cell_classes = row.cell_classes;
    view.since = row.since;
    view.reached = row.state == CopyStanding::kPrimary;
    if (row.state == CopyStanding::kPrimary) view.folder = core_.data_folder;
    if (row.state == CopyStanding::kStandby) {
      view.reached = whole.ok();
      if (!whole.ok()) view.detail = not_reached_.empty() ? whole.error().detail : not_reached_;
    }
    if (row.state == CopyStanding::kEvicted || row.state == CopyStanding::kLeftBehind) {
      view.detail =
          "its erasure cell was not erased: with it, what this copy held can still be opened";
    }
    if (row.state == CopyStanding::kUnfinished) {
      view.detail =
          "its adding was cut short, and its erasure cell cannot be reached: with what may be in "
          "it, "
          "what the vault held at that time can still be opened. Bring the cell back, or give it "
          "up";
    }
    out.push_back(std::move(view));
  }
  return out;
}

Result<std::vector<std::string>> Custody::Warnings() {
  TRY(const std::vector<CopyView> copies, List());
  std::vector<std::string> out;
  for (const CopyView& copy : copies) {
    if (copy.state == "standby" && !copy.reached) {
      out.push_back("the standby copy cannot be reached, so nothing is filed or destroyed: " +
                    copy.detail);
    }
    if (copy.state == "standby" && copy.reached &&
        DeviceOf(copy.folder) == DeviceOf(core_.data_folder)) {
      out.emplace_back("the standby copy lies on the same device as the data folder");
    }
    if (copy.state == "unfinished") out.push_back(copy.name + ": " + copy.detail);
    if (copy.state == "evicted" || copy.state == "left-behind") {
      out.push_back(copy.name + " kept its erasure cell: certificates name it as an exception");
    }
  }
  return out;
}

}  // namespace vault
