// FormWire: forms and outcomes as bytes, for the reader's pipe and for keeping. FORMS.md §4.
#pragma once

#include "ingest/form.h"
#include "ingest/outcome.h"
#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace ingest {

// EncodeForm writes a form; equal forms give equal bytes.
// Errors: kInvalid the form is not valid (form.h) or larger than kMaxEncodedForm.
vault::Result<vault::Plaintext> EncodeForm(const Form& form);

// DecodeForm reads what EncodeForm wrote and accepts nothing else: whatever it accepts encodes to
// the same bytes. The bytes may come from an attacker.
// Errors: kCorrupt.
vault::Result<Form> DecodeForm(vault::ByteView bytes);

// EncodeOutcome writes what the reader answers; a form too large to encode becomes kTooLarge.
vault::Plaintext EncodeOutcome(const ReadOutcome& outcome);

// DecodeOutcome reads the reader's answer under the same law as DecodeForm.
// Errors: kCorrupt; also a reason that only the caller's side may give.
vault::Result<ReadOutcome> DecodeOutcome(vault::ByteView bytes);

}  // namespace ingest
