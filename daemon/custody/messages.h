// Messages: what a vault asks of its custodian, and what it is answered (CUSTODY.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"
#include "vault/keys/erasure_cell.h"

namespace service {

enum class CustodyAct : std::uint8_t { kLook = 1, kRead = 2, kWrite = 3, kErase = 4 };

struct CustodyRequest {
  CustodyAct act = CustodyAct::kLook;
  std::uint8_t slot = 0;      // kRead, kErase
  vault::SecretBytes record;  // kWrite: the 96 bytes of a cell record
};
vault::SecretBytes EncodeRequest(const CustodyRequest& request);
// Errors: kInvalid it is no request.
vault::Result<CustodyRequest> DecodeRequest(vault::ByteView frame);

// HostMark is the same for two programs exactly when one kernel runs both, containers and network
// namespaces included; all zeros: not known.
using HostMark = vault::ByteArray<32>;
HostMark ThisHost();

struct CustodyAnswer {
  std::optional<vault::Error> error;
  vault::CellClass cell;  // what the custodian's own cell is
  HostMark host{};
  vault::SecretBytes record;  // kRead: empty when the slot holds none
};
vault::SecretBytes EncodeAnswer(const CustodyAnswer& answer);
// Errors: kUnavailable it is no answer.
vault::Result<CustodyAnswer> DecodeAnswer(vault::ByteView frame);

}  // namespace service
