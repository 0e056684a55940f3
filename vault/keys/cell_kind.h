// CellKind: how cells of one kind are made and opened. A cell is written KIND:WHERE.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vault/keys/erasure_cell.h"
#include "vault/keys/machine.h"

namespace vault {

// CellContext is what a cell is made of and measured against.
struct CellContext {
  Disk& disk;
  RandomSource& random;
  std::string data;  // the data folder, which a cell must lie apart from
};

// CellKind.    Threads: safe from any thread.
class CellKind {
 public:
  virtual ~CellKind() = default;
  virtual std::string_view word() const = 0;  // "file"
  // FileOf is the file or device that the cell will be; empty when it is none.
  virtual std::string FileOf(const std::string& where) const = 0;
  // CheckNew refuses what Create would refuse, and makes nothing.
  // Errors: kInvalid where cannot be; kConflict something is there; kUnavailable.
  virtual Status CheckNew(const CellContext& context, const std::string& where) const = 0;
  // Create makes an empty cell. Errors: as CheckNew.
  virtual Result<std::unique_ptr<ErasureCell>> Create(const CellContext& context,
                                                      const std::string& where) const = 0;
  // Errors: kInvalid where cannot be; kNotFound; kCorrupt; kUnavailable.
  virtual Result<std::unique_ptr<ErasureCell>> Open(const CellContext& context,
                                                    const std::string& where) const = 0;
};

// CellAt is a cell's place, and the kind that can make or open it there.
struct CellAt {
  const CellKind* kind = nullptr;
  std::string where;
};

// CellKinds are the kinds a program knows: those of this machine, and what it was given besides.
class CellKinds {
 public:
  // The kinds of this machine: file, medium and tpm.
  explicit CellKinds(const Machine::Roots& roots);
  void Add(std::unique_ptr<CellKind> kind);
  // At reads "KIND:WHERE". Errors: kInvalid no such kind, or nothing after the colon.
  Result<CellAt> At(std::string_view cell) const;

 private:
  std::vector<std::unique_ptr<CellKind>> kinds_;
};

}  // namespace vault
