// TpmDevice: a TPM 2.0 and its non-volatile indices. The one door to tpm2-tss.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace vault {

// SilenceTpmLibrary keeps tpm2-tss from writing to the standard error what we report as errors,
// unless the environment says otherwise. Order: before the first thread is started.
void SilenceTpmLibrary();

// TpmIdentity is what a TPM says of itself (TPM2_GetCapability).
struct TpmIdentity {
  std::string manufacturer;  // four letters without trailing blanks: "IFX", "IBM"
  std::string model;         // the vendor's own words
};

// TpmDevice is one connection. What is written and read crosses the bus under a session salted to a
// primary key of the TPM, with its parameters encrypted (AES-128-CFB): who listens hears nothing.
//
// Errors of all: kUnavailable the TPM cannot be reached or fails; kDenied its owner's password is
// set. Nothing is repeated.    Threads: one at a time.
class TpmDevice {
 public:
  // Connect takes a TCTI as tpm2-tss names it: "device:/dev/tpmrm0", "swtpm:path=/run/socket".
  static Result<std::unique_ptr<TpmDevice>> Connect(const std::string& tcti);
  ~TpmDevice();
  TpmDevice(const TpmDevice&) = delete;
  TpmDevice& operator=(const TpmDevice&) = delete;

  Result<TpmIdentity> Identify();
  // most_at_once is what one command carries; longer data goes in pieces.
  Result<std::size_t> most_at_once();
  Result<bool> IsDefined(std::uint32_t index);
  // Define makes an index in the owner's hierarchy, readable and writable without a password and
  // outside of the protection against guessing: no wrong password of somebody else locks it.
  // Errors: kConflict it is defined.
  Status Define(std::uint32_t index, std::uint16_t size);
  // Errors: kNotFound.
  Status Undefine(std::uint32_t index);
  // Write and Read move all the bytes, in pieces of at most `piece`.
  // Errors: kNotFound the index is not defined.
  Status Write(std::uint32_t index, ByteView bytes, std::size_t piece);
  Status Read(std::uint32_t index, MutableByteView out, std::size_t piece);

 private:
  struct State;
  explicit TpmDevice(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vault
