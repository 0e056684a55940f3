#include "vault/store/sqlite_error.h"

#include <sqlcipher/sqlite3.h>

#include <string>

#include "vault/base/log.h"

namespace vault {

bool IsFailedSync(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }

Error SqliteError(int code) {
  if (IsFailedSync(code)) Fatal("a sync of a database failed: stopping, start-up recovers");
  const std::string number = " (code " + std::to_string(code) + ")";
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return Conflict("a constraint of the database refuses it" + number);
    case SQLITE_FULL:
      return Unavailable("a database cannot be written: the disk is full" + number);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Corrupt("a database is damaged, or its key is wrong" + number);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Unavailable("a database is in use" + number);
    case SQLITE_TOOBIG:
      return Invalid("a value is too large for the database" + number);
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      CHECK(false && "the database library was misused");
      break;
    default:
      break;
  }
  return Unavailable("a database does not answer" + number);
}

}  // namespace vault
