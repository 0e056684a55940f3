// The medium cell: a file on a file system of its own, or a whole block device.
//
//   slot s at offset 385 024 × s: the record split into 4000 stripes (anti_forensic.h, 384 000 B),
//   then noise
#pragma once

#include <memory>
#include <string>

#include "vault/keys/erasure_cell.h"
#include "vault/keys/machine.h"

namespace vault {

// MediumPlace is where a medium cell lies, and what it must lie apart from.
struct MediumPlace {
  std::string path;  // a file, or a block device that must be blank when the cell is made
  std::string data;  // the data folder: on its disk, a cell is no more than a file
};

// CreateMediumCell makes the cell and fills it with noise.
// Errors: kConflict the file exists, or the device is not blank; kUnavailable.
Result<std::unique_ptr<ErasureCell>> CreateMediumCell(Disk& disk, const Machine& machine,
                                                      RandomSource& random,
                                                      const MediumPlace& place);
// Errors: kNotFound; kCorrupt it has another size; kUnavailable.
Result<std::unique_ptr<ErasureCell>> OpenMediumCell(Disk& disk, const Machine& machine,
                                                    RandomSource& random, const MediumPlace& place);

// ClassOfMedium says "medium" only where each condition is known to hold, else "file".
//   direct: the file system let the cell be written past the page cache.
enum class MediumWrites : std::uint8_t { kDirect, kCached };
CellClass ClassOfMedium(const Machine& machine, const PathFacts& cell, const PathFacts& data,
                        MediumWrites writes);

}  // namespace vault
