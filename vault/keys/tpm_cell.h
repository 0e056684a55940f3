// The tpm cell: two non-volatile indices of a TPM 2.0, INDEX for even epochs and INDEX + 1 for odd
// ones, 96 bytes each. Written TPM as INDEX[@TCTI]: "0x01800100", "0x01800100@device:/dev/tpmrm0".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vault/keys/erasure_cell.h"
#include "vault/keys/machine.h"
#include "vault/keys/tpm_device.h"

namespace vault {

struct TpmPlace {
  std::uint32_t index = 0;
  std::string tcti;
  // most_at_once limits what one command carries, where the TPM itself takes more.
  std::size_t most_at_once = SIZE_MAX;
};
// ParseTpmPlace reads INDEX[@TCTI]; without a TCTI it is device:/dev/tpmrm0.
// Errors: kInvalid the index is not in the owner's range, 0x01800000 to 0x01bffffe.
Result<TpmPlace> ParseTpmPlace(std::string_view text);

// CheckTpmPlaceIsFree. Errors: kConflict an index is defined; kUnavailable.
Status CheckTpmPlaceIsFree(const TpmPlace& place);
// CreateTpmCell defines both indices and fills them with noise; what it defined goes again when
// that fails.
// Errors: kConflict one of them is defined; kDenied the owner's password is set; kUnavailable.
Result<std::unique_ptr<ErasureCell>> CreateTpmCell(const Machine& machine, RandomSource& random,
                                                   const TpmPlace& place);
// Errors: kNotFound an index is not defined; kUnavailable.
Result<std::unique_ptr<ErasureCell>> OpenTpmCell(const Machine& machine, RandomSource& random,
                                                 const TpmPlace& place);

// ClassOfTpm says "tpm" only for a chip of a known maker, reached as the kernel's device, on a
// machine that is none of somebody else's making; anything else is called "file".
CellClass ClassOfTpm(const Machine& machine, const TpmIdentity& identity, std::string_view tcti);

}  // namespace vault
