// MemoryCell: a cell that is nowhere but in this program's memory: for a copy of the tree that is
// looked into and left, so that nothing can open it afterwards.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "vault/keys/erasure_cell.h"

namespace vault {

// MemoryCell.    Threads: one at a time, with every other cell of the same slots.
class MemoryCell final : public ErasureCell {
 public:
  // Slots are what the cell holds: cells over the same slots are one cell. They are wiped with the
  // last.
  using Slots = std::array<std::optional<CellRecord>, 2>;

  explicit MemoryCell(std::shared_ptr<Slots> slots) : slots_(std::move(slots)) {}
  const CellClass& cell_class() const override { return class_; }
  Status Write(const CellRecord& record) override;
  Result<std::optional<CellRecord>> Read(unsigned slot) override;
  Status Erase(unsigned slot) override;

 private:
  const std::shared_ptr<Slots> slots_;
  const CellClass class_{"memory", "it is in this program's memory alone"};
};

}  // namespace vault
