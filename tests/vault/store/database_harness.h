// DatabaseTest: a folder, a disk and the keys of the database tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/crypto_environment.h"
#include "tests/support/fake_random.h"
#include "tests/support/temp_folder.h"
#include "vault/store/database.h"

namespace vault {

class DatabaseTest : public ::testing::Test {
 protected:
  // KeyNumber is a key of its own for every number; 0 is none.
  static std::optional<DatabaseKey> KeyNumber(std::uint64_t number) {
    if (number == 0) return std::nullopt;
    FakeRandom random(number);
    DatabaseKey key{RegisterKey::Random(random), {}};
    random.Fill(key.salt);
    return key;
  }
  std::unique_ptr<Database> OpenEncrypted(DatabaseMode mode) { return OpenOver(disk_, mode); }
  std::unique_ptr<Database> OpenOver(Disk& disk, DatabaseMode mode) {
    auto opened = Database::Open(disk, path_, KeyNumber(1), mode);
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    return opened.ok() ? std::move(opened).value() : nullptr;
  }
  static std::int64_t Number(Database& database, std::string_view sql) {
    Statement statement = database.Prepare(sql);
    auto row = statement.Step();
    EXPECT_TRUE(row.ok() && row.value());
    return row.ok() && row.value() ? statement.Int(0) : -1;
  }
  static std::string Word(Database& database, std::string_view sql) {
    Statement statement = database.Prepare(sql);
    auto row = statement.Step();
    EXPECT_TRUE(row.ok() && row.value());
    return row.ok() && row.value() ? statement.Text(0) : "";
  }
  // Commit runs the statements in one transaction.
  static void Commit(Database& database, std::string_view sql) {
    auto transaction = Transaction::Begin(database);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database.Execute(sql).ok());
    transaction.value().Commit();
  }

  TempFolder folder_;
  Disk disk_{nullptr};
  std::string path_ = folder_.At("register.db");
};

}  // namespace vault
