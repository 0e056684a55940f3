#include "vault/base/wiped.h"

#include <cstring>

namespace vault {

void WipeMemory(void* memory, std::size_t size) {
  if (size != 0) explicit_bzero(memory, size);
}

}  // namespace vault
