// DatabaseSelfTest: the proof at every start that this build of the database library keeps what
// FORMAT.md §10 promises.
#pragma once

#include <string>

#include "vault/base/result.h"
#include "vault/store/disk.h"

namespace vault {

// DatabaseSelfTest makes a small encrypted database in the folder and removes it again. It proves:
// SQLite is 3.44 or newer and SQLCipher 4.5.6 or newer; a wrong key is refused; neither a table
// nor a large sort nor a temporary table puts a byte of clear text on the disk; the file has no
// SQLite header.
//
// Errors: kUnavailable naming what does not hold: the program must not serve.
Status DatabaseSelfTest(Disk& disk, const std::string& folder);

}  // namespace vault
