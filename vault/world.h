// World: the real disk, randomness and clocks, for the programs. Tests bring their own.
#pragma once

#include <memory>
#include <string>

#include "vault/vault.h"

namespace vault {

// RealClock reads the machine: CLOCK_REALTIME, and CLOCK_BOOTTIME, which nobody can set.
class RealClock final : public SystemClock {
 public:
  UnixSeconds Realtime() const override;
  UnixSeconds Boottime() const override;
};

// RealWorld owns what a VaultWorld points to. It outlives every vault made or opened with it.
class RealWorld {
 public:
  // Make prepares the libraries; every program calls it before anything else of the vault, and
  // before its first thread.
  // Errors: kUnavailable.
  static Result<std::unique_ptr<RealWorld>> Make();
  RealWorld(const RealWorld&) = delete;
  RealWorld& operator=(const RealWorld&) = delete;

  // ProveDatabase runs DatabaseSelfTest in an existing folder. Errors: kUnavailable.
  Status ProveDatabase(const std::string& folder);

  // ForRules is this world under a book of rules, which outlives what is opened with it.
  VaultWorld ForRules(const RuleBook& rules);

  // AddCellKind makes one more kind of cell known. Before any vault is made or opened.
  void AddCellKind(std::unique_ptr<CellKind> kind) { cell_kinds_.Add(std::move(kind)); }

  Disk& disk() { return disk_; }
  RandomSource& random() { return random_; }
  const SystemClock& clock() const { return clock_; }

 private:
  RealWorld() : disk_(nullptr), cell_kinds_(Machine::Roots()) {}
  Disk disk_;
  SystemRandom random_;
  RealClock clock_;
  CellKinds cell_kinds_;
};

// Sha256Hex is the digest of a text in lower-case hex, as templates are named by it.
std::string Sha256Hex(ByteView text);

}  // namespace vault
