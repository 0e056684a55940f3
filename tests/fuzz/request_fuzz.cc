// The law: what a request means does not depend on how its bytes arrived.
#include <cstddef>
#include <cstdint>

#include "tests/support/request_law.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  service::CheckRequestLaw(vault::AsText({data, size}));
  return 0;
}
