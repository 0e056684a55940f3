#include "vault/keys/cell_kind.h"

#include <utility>

#include "vault/keys/medium_cell.h"
#include "vault/keys/tpm_cell.h"

namespace vault {
namespace {

class FileKind final : public CellKind {
 public:
  std::string_view word() const override { return "file"; }
  std::string FileOf(const std::string& where) const override { return where; }
  Status CheckNew(const CellContext& context, const std::string& where) const override {
    if (context.disk.Exists(where)) return Conflict("an erasure cell is there already");
    return Ok();
  }
  Result<std::unique_ptr<ErasureCell>> Create(const CellContext& context,
                                              const std::string& where) const override {
    return CreateFileCell(context.disk, where, context.random);
  }
  Result<std::unique_ptr<ErasureCell>> Open(const CellContext& context,
                                            const std::string& where) const override {
    return OpenFileCell(context.disk, where, context.random);
  }
};

class MediumKind final : public CellKind {
 public:
  explicit MediumKind(const Machine::Roots& roots) : machine_(roots) {}
  std::string_view word() const override { return "medium"; }
  std::string FileOf(const std::string& where) const override { return where; }
  Status CheckNew(const CellContext& context, const std::string& where) const override {
    const auto facts = LookAt(where);
    // Whether a device is blank is looked at when the cell is made: only then it is nobody else's.
    if (facts.ok() && facts.value().block_device) return Ok();
    if (context.disk.Exists(where)) return Conflict("an erasure cell is there already");
    return Ok();
  }
  Result<std::unique_ptr<ErasureCell>> Create(const CellContext& context,
                                              const std::string& where) const override {
    return CreateMediumCell(context.disk, machine_, context.random, {where, context.data});
  }
  Result<std::unique_ptr<ErasureCell>> Open(const CellContext& context,
                                            const std::string& where) const override {
    return OpenMediumCell(context.disk, machine_, context.random, {where, context.data});
  }

 private:
  Machine machine_;
};

class TpmKind final : public CellKind {
 public:
  explicit TpmKind(const Machine::Roots& roots) : machine_(roots) {}
  std::string_view word() const override { return "tpm"; }
  std::string FileOf(const std::string&) const override { return ""; }
  Status CheckNew(const CellContext&, const std::string& where) const override {
    TRY(const TpmPlace place, ParseTpmPlace(where));
    return CheckTpmPlaceIsFree(place);
  }
  Result<std::unique_ptr<ErasureCell>> Create(const CellContext& context,
                                              const std::string& where) const override {
    TRY(const TpmPlace place, ParseTpmPlace(where));
    return CreateTpmCell(machine_, context.random, place);
  }
  Result<std::unique_ptr<ErasureCell>> Open(const CellContext& context,
                                            const std::string& where) const override {
    TRY(const TpmPlace place, ParseTpmPlace(where));
    return OpenTpmCell(machine_, context.random, place);
  }

 private:
  Machine machine_;
};

}  // namespace

CellKinds::CellKinds(const Machine::Roots& roots) {
  Add(std::make_unique<FileKind>());
  Add(std::make_unique<MediumKind>(roots));
  Add(std::make_unique<TpmKind>(roots));
}

void CellKinds::Add(std::unique_ptr<CellKind> kind) { kinds_.push_back(std::move(kind)); }

Result<CellAt> CellKinds::At(std::string_view cell) const {
  const std::size_t colon = cell.find(':');
  std::string words;
  for (const auto& kind : kinds_) {
    const bool found = colon != std::string_view::npos && cell.substr(0, colon) == kind->word();
    if (found && colon + 1 < cell.size()) {
      return CellAt{kind.get(), std::string(cell.substr(colon + 1))};
    }
    if (!words.empty()) words += ", ";
    words += kind->word();
  }
  return Invalid("a cell is written KIND:PLACE, and its kind is one of " + words);
}

}  // namespace vault
