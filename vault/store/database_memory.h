// DatabaseMemory: the memory of the database library. Its pages hold what the register keeps in
// clear while the vault is unsealed, so they are locked, left out of core files, and wiped when
// the library gives them back.
#pragma once

#include <cstddef>

namespace vault {

// UseDatabaseMemory gives the library our memory, once for the process, before it allocates any.
// Order: before the first database is opened.    Threads: safe from any thread.
void UseDatabaseMemory();

// RelockDatabaseMemory locks the pages again that the library unlocked: it unlocks the key it
// frees, and with it whatever else lies on the same page.
// Order: after a connection took its key, and after one was closed.
void RelockDatabaseMemory();

// DatabaseMemoryInUse counts what the library holds, and what was taken from the system for it.
// Units: bytes.
struct DatabaseMemoryUse {
  std::size_t held = 0;
  std::size_t taken = 0;
  std::size_t not_locked = 0;
};
DatabaseMemoryUse DatabaseMemoryInUse();

}  // namespace vault
