// Law: what the form decoder accepts is valid and encodes to the same bytes.
#include "tests/support/ingest_laws.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ingest::CheckDecodeLaws({data, size});
  return 0;
}
