#include <sqlcipher/sqlite3.h>

#include "vault/base/log.h"
#include "vault/store/database.h"
#include "vault/store/sqlite_error.h"

namespace vault {

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(other.statement_), failure_(other.failure_) {
  other.statement_ = nullptr;
}

Statement::~Statement() {
  if (statement_ != nullptr) database_->GiveBack(statement_);
}

Result<bool> Statement::Step() {
  if (statement_ == nullptr) return SqliteError(failure_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  // Reset frees the snapshot at once, and not only when the statement goes.
  sqlite3_reset(statement_);
  if (code == SQLITE_DONE) return false;
  return SqliteError(code);
}

Status Statement::Run() {
  while (true) {
    TRY(const bool row, Step());
    if (!row) return Ok();
  }
}

std::int64_t Statement::Int(int column) const {
  CHECK(statement_ != nullptr && column < sqlite3_data_count(statement_));
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::Text(int column) const { return ToString(Blob(column)); }

Bytes Statement::Blob(int column) const {
  CHECK(statement_ != nullptr && column < sqlite3_data_count(statement_));
  // The pointer first: the call may convert the value and so change its length.
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr) return {};
  return Bytes(data, data + size);
}

bool Statement::IsNull(int column) const {
  CHECK(statement_ != nullptr && column < sqlite3_data_count(statement_));
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Statement::Reset() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

void Statement::CheckBound(int count) const {
  CHECK(statement_ == nullptr || sqlite3_bind_parameter_count(statement_) == count);
}

// A failed bind is a wrong index (ours) or no memory; CheckBound has caught the first.
void Statement::BindOne(int index, std::int64_t value) {
  if (statement_ == nullptr) return;
  CHECK(sqlite3_bind_int64(statement_, index, value) == SQLITE_OK);
}

void Statement::BindOne(int index, std::string_view value) {
  if (statement_ == nullptr) return;
  // A null pointer would bind NULL, not the empty text.
  const char* data = value.data() == nullptr ? "" : value.data();
  CHECK(sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) ==
        SQLITE_OK);
}

void Statement::BindOne(int index, ByteView value) {
  if (statement_ == nullptr) return;
  if (value.empty()) {
    CHECK(sqlite3_bind_zeroblob(statement_, index, 0) == SQLITE_OK);
    return;
  }
  CHECK(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT) ==
        SQLITE_OK);
}

void Statement::BindOne(int index, std::nullptr_t) {
  if (statement_ == nullptr) return;
  CHECK(sqlite3_bind_null(statement_, index) == SQLITE_OK);
}

Result<Transaction> Transaction::Begin(Database& database) {
  CHECK(sqlite3_get_autocommit(database.db_) != 0);
  TRY_VOID(database.Prepare("BEGIN IMMEDIATE").Run());
  return Transaction(&database);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(other.database_) {
  other.database_ = nullptr;
}

Transaction::~Transaction() {
  // After some errors the library has rolled back by itself.
  if (database_ == nullptr || sqlite3_get_autocommit(database_->db_) != 0) return;
  const Status rolled_back = database_->Prepare("ROLLBACK").Run();
  if (!rolled_back.ok()) Fatal("a transaction cannot be rolled back: stopping, start-up recovers");
}

bool Transaction::open() const { return sqlite3_get_autocommit(database_->db_) == 0; }

Result<Savepoint> Savepoint::Begin(Transaction& transaction) {
  TRY_VOID(transaction.database().Prepare("SAVEPOINT act").Run());
  return Savepoint(&transaction);
}

Savepoint::Savepoint(Savepoint&& other) noexcept : transaction_(other.transaction_) {
  other.transaction_ = nullptr;
}

Savepoint::~Savepoint() {
  // Where the library has rolled back the whole transaction, there is nothing left to take back.
  if (transaction_ == nullptr || !transaction_->open()) return;
  Database& database = transaction_->database();
  const Status taken_back = database.Prepare("ROLLBACK TO act").Run();
  if (taken_back.ok() && database.Prepare("RELEASE act").Run().ok()) return;
  Fatal("a part of a transaction cannot be taken back: stopping, start-up recovers");
}

Status Savepoint::Keep() {
  TRY_VOID(transaction_->database().Prepare("RELEASE act").Run());
  transaction_ = nullptr;
  return Ok();
}

void Transaction::Commit() {
  CHECK(database_ != nullptr);
  const Status committed = database_->Prepare("COMMIT").Run();
  if (!committed.ok()) {
    LogError("a database", committed.error());
    Fatal("a commit failed: stopping, start-up recovers");
  }
  database_ = nullptr;
}

}  // namespace vault
