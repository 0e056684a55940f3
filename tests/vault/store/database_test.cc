#include "vault/store/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <string>

#include "tests/support/fake_random.h"
#include "tests/support/temp_folder.h"

namespace vault {
namespace {

class DatabaseTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(InitCrypto().ok()); }

  static DatabaseKey KeyNumber(std::uint64_t number) {
    FakeRandom random(number);
    DatabaseKey key{RegisterKey::Random(random), {}};
    random.Fill(key.salt);
    return key;
  }
  std::unique_ptr<Database> OpenEncrypted(DatabaseMode mode) {
    auto opened = Database::Open(disk_, path_, KeyNumber(1), mode);
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    return std::move(opened).value();
  }
  static std::int64_t Number(Database& database, std::string_view sql) {
    Statement statement = database.Prepare(sql);
    auto row = statement.Step();
    EXPECT_TRUE(row.ok() && row.value());
    return statement.Int(0);
  }
  static std::string Word(Database& database, std::string_view sql) {
    Statement statement = database.Prepare(sql);
    auto row = statement.Step();
    EXPECT_TRUE(row.ok() && row.value());
    return statement.Text(0);
  }

  TempFolder folder_;
  Disk disk_{nullptr};
  std::string path_ = folder_.At("register.db");
};

TEST_F(DatabaseTest, EveryConnectionHasEverySettingOfTheFormat) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  auto reader = OpenEncrypted(DatabaseMode::kReader);
  auto side = OpenEncrypted(DatabaseMode::kSideReader);
  auto past_cache = writer->OpenPastCache(KeyNumber(1));
  ASSERT_TRUE(past_cache.ok()) << past_cache.error().detail;
  const std::map<std::string, std::string> expected = {
      {"temp_store", "2"},     {"cipher_memory_security", "1"}, {"journal_mode", "wal"},
      {"synchronous", "2"},    {"secure_delete", "1"},          {"foreign_keys", "1"},
      {"trusted_schema", "0"}, {"cipher_log_level", "NONE"},    {"auto_vacuum", "2"},
  };
  for (Database* database : {writer.get(), reader.get(), side.get(), past_cache.value().get()}) {
    for (const auto& [name, value] : expected) {
      EXPECT_EQ(Word(*database, "PRAGMA " + name), value) << name;
    }
  }
  EXPECT_EQ(Word(*writer, "PRAGMA cache_size"), "-65536");
  EXPECT_EQ(Word(*reader, "PRAGMA cache_size"), "-65536");
  EXPECT_EQ(Word(*side, "PRAGMA cache_size"), "-8192");
  EXPECT_EQ(Word(*reader, "PRAGMA wal_autocheckpoint"), "0");
  EXPECT_EQ(Word(*side, "PRAGMA wal_autocheckpoint"), "0");
}

TEST_F(DatabaseTest, WrongKeyIsCorrupt) {
  {
    auto writer = OpenEncrypted(DatabaseMode::kWriter);
    ASSERT_TRUE(writer->Execute("CREATE TABLE t(a INTEGER) STRICT").ok());
  }
  auto wrong = Database::Open(disk_, path_, KeyNumber(2), DatabaseMode::kWriter);
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Errc::kCorrupt);
  auto none = Database::Open(disk_, path_, std::nullopt, DatabaseMode::kReader);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Errc::kCorrupt);
}

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  auto writer = OpenEncrypted(DatabaseMode::kWriter);
  ASSERT_TRUE(writer->Execute("CREATE TABLE t(a, b, c, d, e, f, g)").ok());
  const Bytes blob = {0, 1, 2, 255};
  const BlobName id(ByteArray<16>{7, 7, 7});
  auto transaction = Transaction::Begin(*writer);
  ASSERT_TRUE(transaction.ok());
  ASSERT_TRUE(writer->Prepare("INSERT INTO t VALUES (?,?,?,?,?,?,?)")
                  .Bind(std::int64_t{-5}, 4000000000u, "text", blob, id, std::optional<int>(),
                        std::string_view())
                  .Run()
                  .ok());
  transaction.value().Commit();
  Statement read = writer->Prepare("SELECT a, b, c, d, e, f, g, typeof(g) FROM t");
  auto row = read.Step();
  ASSERT_TRUE(row.ok() && row.value());
  EXPECT_EQ(read.Int(0), -5);
  EXPECT_EQ(read.U32(1), 4000000000u);
  EXPECT_EQ(read.Text(2), "text");
  EXPECT_EQ(read.Blob(3), blob);
  EXPECT_EQ(read.IdAt<BlobName>(4), id);
  EXPECT_TRUE(read.IsNull(5));
  EXPECT_EQ(read.Text(6), "");
  EXPECT_EQ(read.Text(7), "text");
}

}  // namespace
}  // namespace vault
