// Sandbox: shuts a process in before it reads a single byte that came from outside.
#pragma once

#include <cstdint>

#include "vault/base/result.h"

namespace ingest {

// ConfinementLimits bounds what the process may use up.
struct ConfinementLimits {
  std::uint64_t memory = 0;   // bytes of address space
  std::uint64_t seconds = 0;  // of processor time
};

// Confine shuts this process in, for ever: nothing but descriptors 0 and 1 stays open (2 is kept
// for the system's own last words, and may not be written to), no file or socket can be opened, no
// process or thread started, no memory made executable, no core written. Afterwards the process
// can read from 0, write to 1, use memory up to the limit, and exit; anything else ends it at once.
//
// Needs:   seccomp. Landlock and name spaces are added where the system allows them.
// Order:   the process has one thread, and has read nothing yet.
// Errors:  kUnavailable a part that we do not do without could not be set up; the process is then
//          half confined and must exit.
vault::Status Confine(const ConfinementLimits& limits);

}  // namespace ingest
