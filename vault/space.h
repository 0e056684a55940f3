// Space: room on the disk, kept for what must go on when it is full.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vault/base/result.h"
#include "vault/store/disk.h"

namespace vault {

// Space.
//
// Filing takes room, destroying gives it back, and both write to the log first. So that a full disk
// can still be emptied, DATA/reserve occupies room from the start: 64 MiB, on a small disk a
// sixteenth of it. It is given up when commits would find none, and until there is plenty again
// nothing is filed. With that gone as well, acts are refused before they begin: a commit that finds
// no room would stop the process.
//
// Threads: safe from any thread. It keeps nothing; the file system says how it is.
class Space {
 public:
  Space(Disk& disk, const std::string& data_folder);

  // Keep occupies the room, where there is plenty and it is not occupied yet.
  void Keep();
  // Admit. Errors: kUnavailable so many bytes more cannot be filed.
  Status Admit(std::uint64_t bytes) const;
  // MakeRoom is asked before every commit; it gives the reserve up where there is little room left.
  // Errors: kUnavailable there is not even room for a line of the log.
  Status MakeRoom();
  // Warnings tells the operator, in plain words.
  std::vector<std::string> Warnings() const;

 private:
  // Room of the file system, in bytes.
  struct Room {
    std::uint64_t available = 0;
    std::uint64_t reserve = 0;  // what is kept on a disk of this size
  };
  Result<Room> Look() const;
  bool Kept(const Room& room) const;

  Disk& disk_;
  const std::string folder_;
  const std::string path_;
};

}  // namespace vault
