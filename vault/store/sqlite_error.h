// SqliteError: what a result code of the database library means to our callers.
#pragma once

#include "vault/base/result.h"

namespace vault {

// SqliteError gives the Error for a result code other than OK, ROW and DONE. The library's own
// message may quote values, so only the number is kept. A sync that failed never returns: the
// durable state is unknown (Fatal). A misuse is a CHECK.
Error SqliteError(int code);
// IsFailedSync says whether the code reports a sync that failed.
bool IsFailedSync(int code);

}  // namespace vault
