// Reading: the whole way from a file's bytes to a form.
#pragma once

#include "ingest/outcome.h"
#include "vault/base/bytes.h"

namespace ingest {

// ReadFile reads a form out of a file. Pure: the same bytes give the same outcome.
// The bytes come from outside: only strongroom-reader calls this outside of tests; everyone else
// asks it through Reader (reader_client.h).
ReadOutcome ReadFile(vault::ByteView file);

}  // namespace ingest
