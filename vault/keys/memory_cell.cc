#include "vault/keys/memory_cell.h"

#include <utility>

namespace vault {
namespace {

CellRecord CopyOf(const CellRecord& record) {
  CellRecord copy;
  copy.cell_index = record.cell_index;
  copy.cell_count = record.cell_count;
  copy.store = record.store;
  copy.epoch = record.epoch;
  copy.secret = record.secret.Clone();
  return copy;
}

}  // namespace

Status MemoryCell::Write(const CellRecord& record) {
  (*slots_)[record.epoch & 1] = CopyOf(record);
  return Ok();
}

Result<std::optional<CellRecord>> MemoryCell::Read(unsigned slot) {
  const std::optional<CellRecord>& held = (*slots_)[slot & 1];
  if (!held) return std::optional<CellRecord>();
  return std::optional<CellRecord>(CopyOf(*held));
}

Status MemoryCell::Erase(unsigned slot) {
  (*slots_)[slot & 1].reset();
  return Ok();
}

}  // namespace vault
