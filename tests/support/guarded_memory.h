// GuardedMemory: a search of this process for bytes, in the memory that keys are kept in.
//
// libsodium gives every secret pages of its own between two that nobody may touch. The kernel lists
// such pages as a small writable mapping with an inaccessible one on both sides.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace vault {

// CountInGuardedMemory counts where these bytes stand. A copy elsewhere, as the test's own, is not
// counted.
inline std::size_t CountInGuardedMemory(ByteView wanted) {
  constexpr std::uint64_t kLargest = 64 * 1024;
  struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string rights;
  };
  std::vector<Mapping> mappings;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Mapping mapping;
    mapping.begin = std::stoull(line, nullptr, 16);
    mapping.end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
    mapping.rights = line.substr(line.find(' ') + 1, 4);
    mappings.push_back(std::move(mapping));
  }
  const auto closed = [](const Mapping& mapping) { return mapping.rights == "---p"; };
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  CHECK(memory >= 0);
  std::size_t count = 0;
  for (std::size_t i = 1; i + 1 < mappings.size(); ++i) {
    const Mapping& one = mappings[i];
    const std::uint64_t size = one.end - one.begin;
    const bool guarded = closed(mappings[i - 1]) && mappings[i - 1].end == one.begin &&
                         closed(mappings[i + 1]) && mappings[i + 1].begin == one.end;
    if (!guarded || one.rights != "rw-p" || size > kLargest) continue;
    Bytes bytes(size);
    CHECK(::pread(memory, bytes.data(), size, static_cast<off_t>(one.begin)) ==
          static_cast<ssize_t>(size));
    auto at = bytes.begin();
    while ((at = std::search(at, bytes.end(), wanted.begin(), wanted.end())) != bytes.end()) {
      ++count;
      ++at;
    }
  }
  ::close(memory);
  return count;
}

}  // namespace vault
