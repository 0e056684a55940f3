#include "vault/vault_cells.h"

#include <climits>
#include <cstdlib>

#include "vault/unseal_file.h"

namespace vault {
namespace {

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

}  // namespace

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

}  // namespace vault
