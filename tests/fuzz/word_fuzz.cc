// Law: reading a file, or a Word document's text alone, gives the same outcome every time, and any
// form it gives is valid, within its limits and survives the wire.
#include "tests/support/ingest_laws.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ingest::CheckReadingLaws({data, size});
  ingest::CheckWordXmlLaws({data, size});
  return 0;
}
