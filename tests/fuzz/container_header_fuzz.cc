// The law: what parses has one spelling. A header that is accepted re-encodes to the same bytes.
#include <cstddef>
#include <cstdint>
#include <string>

#include "vault/crypto/age_header.h"
#include "vault/crypto/container_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vault;  // NOLINT(google-build-using-namespace): one function, one file
  const ByteView input(data, size);
  const auto header = ParseAgeHeader(input);
  if (!header.ok()) return 0;
  const AgeHeader& age = header.value();
  CHECK(age.size <= size && age.size <= kMaxAgeHeaderSize);
  const std::string authenticated = EncodeAgeStanzas(age.stanzas);
  CHECK(authenticated.size() == age.authenticated_size);
  CHECK(authenticated + EncodeAgeMacLine(age.mac) == AsText(input.first(age.size)));

  const auto container = ContainerHeaderFrom(age.stanzas);
  if (!container.ok()) return 0;
  const auto stanzas = ContainerStanzas(container.value());
  CHECK(stanzas.ok());
  CHECK(stanzas.value() == age.stanzas);
  return 0;
}
