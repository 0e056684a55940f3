// FileCellBench: the file cell on a bench of its contract.
#pragma once

#include <filesystem>

#include "tests/vault/keys/erasure_cell_contract.h"

namespace vault {

class FileCellBench final : public CellBench {
 public:
  Result<std::unique_ptr<ErasureCell>> Create(Disk& disk, RandomSource& random) override {
    return CreateFileCell(disk, path(), random);
  }
  Result<std::unique_ptr<ErasureCell>> Open(Disk& disk, RandomSource& random) override {
    return OpenFileCell(disk, path(), random);
  }
  std::string Medium() override { return ReadFileBytes(path()); }
  std::string Stored(const CellRecord& record) override {
    return Medium().substr((record.epoch & 1) * 4096, kCellRecordSize);
  }
  bool PutBack(const std::string& medium) override {
    WriteFileBytes(path(), medium);
    return true;
  }
  void Vanish() override { std::filesystem::remove(path()); }
  std::string expected_class() const override { return "file"; }
  std::string path() const { return folder_.At("cell"); }

 private:
  TempFolder folder_;
};

}  // namespace vault
