// What lies in a register's pages, whatever SQLite would still show of them.
#include "vault/store/page_search.h"

#include <gtest/gtest.h>

#include "tests/vault/store/database_harness.h"

namespace vault {
namespace {

class PageSearchTest : public DatabaseTest {
 protected:
  void SetUp() override {
    database_ = OpenEncrypted(DatabaseMode::kWriter);
    ASSERT_NE(database_, nullptr);
    Commit(*database_, "CREATE TABLE t(id INTEGER PRIMARY KEY, value BLOB) STRICT");
    ASSERT_TRUE(database_->TruncateLog().ok());
    // The test of a large file needs no large one.
    auto search = PageSearch::Open(path_, KeyNumber(1), kWholeUpTo);
    ASSERT_TRUE(search.ok()) << search.error().detail;
    search_ = std::move(search).value();
  }
  static constexpr std::uint64_t kWholeUpTo = std::uint64_t{2} << 20;
  // Value is random for every number, as a sealed value is.
  static Bytes Value(std::uint64_t number) {
    FakeRandom random(1000 + number);
    Bytes value(120);
    random.Fill(value);
    return value;
  }
  void Insert(std::uint64_t number) {
    auto transaction = Transaction::Begin(*database_);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database_->Prepare("INSERT INTO t(id, value) VALUES(?, ?)")
                    .Bind(number, ByteView(Value(number)))
                    .Run()
                    .ok());
    transaction.value().Commit();
  }
  // Found says of each needle of a value whether it is found.
  PageFindings Find(std::uint64_t number) {
    auto findings = search_->Find(NeedlesOf(Value(number)));
    EXPECT_TRUE(findings.ok()) << (findings.ok() ? "" : findings.error().detail);
    return findings.ok() ? findings.value() : PageFindings();
  }
  std::size_t Hits(std::uint64_t number) { return Find(number).found.size(); }

  std::unique_ptr<Database> database_;
  std::unique_ptr<PageSearch> search_;
};

TEST_F(PageSearchTest, ARowIsFoundAndAnAbsentValueIsNot) {
  for (std::uint64_t i = 1; i <= 300; ++i) Insert(i);
  ASSERT_TRUE(database_->TruncateLog().ok());
  for (const std::uint64_t i : {1U, 150U, 300U}) EXPECT_EQ(Hits(i), 2u) << i;
  const PageFindings absent = Find(301);
  EXPECT_TRUE(absent.found.empty());
  EXPECT_TRUE(absent.whole);
  EXPECT_EQ(absent.pages, static_cast<std::uint64_t>(Number(*database_, "PRAGMA page_count")));
}

TEST_F(PageSearchTest, ADeletedRowLeavesNothingWhereTheSettingsAreKept) {
  for (std::uint64_t i = 1; i <= 300; ++i) Insert(i);
  Commit(*database_, "UPDATE t SET value = NULL WHERE id = 7; DELETE FROM t WHERE id = 8");
  // In the log it is still there: what stands in a frame is found, too.
  EXPECT_EQ(Hits(7), 2u);
  ASSERT_TRUE(database_->TruncateLog().ok());
  EXPECT_EQ(Hits(7), 0u);
  EXPECT_EQ(Hits(8), 0u);
  EXPECT_EQ(Hits(9), 2u);
}

// SQLite zeroes what it frees; a page whose rows it lays out anew when it is split keeps copies in
// the gap between them. Rows of unequal size show it, so nothing less than a search would.
TEST_F(PageSearchTest, WhatPageSplitsLeaveIsFoundAndAFileMadeAnewHoldsNoneOfIt) {
  constexpr std::uint64_t kRows = 3000;
  Commit(*database_, "CREATE TABLE u(id BLOB PRIMARY KEY, value BLOB) STRICT, WITHOUT ROWID");
  const auto value = [](std::uint64_t number) {
    Bytes whole = Value(number);
    whole.resize(32 + number * 7 % 89);
    return whole;
  };
  const auto id = [](std::uint64_t number) { return Bytes(Value(kRows + number)); };
  std::vector<Needle> gone;
  std::vector<Needle> kept;
  for (std::uint64_t i = 0; i < kRows; ++i) {
    const std::vector<Needle> needles = NeedlesOf(value(i));
    std::vector<Needle>& list = i % 5 == 0 ? gone : kept;
    list.insert(list.end(), needles.begin(), needles.end());
  }
  const auto each = [&](std::string_view sql, const auto& bind) {
    auto transaction = Transaction::Begin(*database_);
    ASSERT_TRUE(transaction.ok());
    Statement statement = database_->Prepare(sql);
    for (std::uint64_t i = 0; i < kRows; ++i) bind(statement, i);
    transaction.value().Commit();
  };
  each("INSERT INTO u(id, value) VALUES(?, ?)", [&](Statement& insert, std::uint64_t i) {
    ASSERT_TRUE(insert.Bind(ByteView(id(i)).first(16), ByteView(value(i))).Run().ok());
  });
  each("UPDATE u SET value = NULL WHERE id = ?", [&](Statement& purge, std::uint64_t i) {
    if (i % 5 != 0) return;
    ASSERT_TRUE(purge.Bind(ByteView(id(i)).first(16)).Run().ok());
  });
  ASSERT_TRUE(database_->TruncateLog().ok());
  const auto left = search_->Find(gone);
  ASSERT_TRUE(left.ok());
  EXPECT_TRUE(left.value().whole);
  EXPECT_GT(left.value().found.size(), 0u);
  ASSERT_TRUE(database_->Execute("VACUUM").ok());
  ASSERT_TRUE(database_->TruncateLog().ok());
  EXPECT_TRUE(search_->Find(gone).value().found.empty());
  EXPECT_EQ(search_->Find(kept).value().found.size(), kept.size());
}

TEST_F(PageSearchTest, AFreePageIsSearched) {
  ASSERT_TRUE(database_->Execute("PRAGMA secure_delete = OFF").ok());
  Commit(*database_, "CREATE TABLE other(value BLOB) STRICT");
  Insert(1);
  Commit(*database_, "INSERT INTO other SELECT value FROM t; DELETE FROM t");
  Commit(*database_, "DROP TABLE other");
  ASSERT_TRUE(database_->TruncateLog().ok());
  EXPECT_GE(Number(*database_, "PRAGMA freelist_count"), 1);
  EXPECT_EQ(Hits(1), 2u);
  // Made anew, the file holds rows and nothing else.
  ASSERT_TRUE(database_->Execute("VACUUM").ok());
  ASSERT_TRUE(database_->TruncateLog().ok());
  EXPECT_EQ(Hits(1), 0u);
}

TEST_F(PageSearchTest, OfALargeFileTheFreePagesAndThoseThatTheLogNamedAreEnough) {
  ASSERT_TRUE(database_->Execute("PRAGMA secure_delete = OFF").ok());
  for (std::uint64_t i = 1; i <= 4; ++i) Insert(i);
  Commit(*database_,
         "CREATE TABLE filler(value BLOB) STRICT; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
         "SELECT i + 1 FROM n WHERE i < 4) INSERT INTO filler SELECT zeroblob(1048576) FROM n");
  Commit(*database_, "CREATE TABLE other(value BLOB) STRICT");
  Commit(*database_, "INSERT INTO other SELECT value FROM t WHERE id = 2");
  ASSERT_TRUE(database_->TruncateLog().ok());
  Commit(*database_, "DROP TABLE other");
  Commit(*database_, "DELETE FROM t WHERE id = 1");
  ASSERT_TRUE(search_->NoteLog().ok());
  ASSERT_TRUE(database_->TruncateLog().ok());
  const PageFindings freed = Find(2);
  EXPECT_FALSE(freed.whole);
  EXPECT_LT(freed.pages, 100u);
  EXPECT_EQ(freed.found.size(), 2u);
  // Noted pages count for one search: the next is of the free ones alone.
  Commit(*database_, "DELETE FROM t WHERE id = 3");
  ASSERT_TRUE(search_->NoteLog().ok());
  ASSERT_TRUE(database_->TruncateLog().ok());
  EXPECT_EQ(Hits(4), 2u);
  EXPECT_EQ(Hits(4), 0u);
}

TEST_F(PageSearchTest, AShortValueHasNoNeedle) {
  EXPECT_TRUE(NeedlesOf(Bytes(15)).empty());
  EXPECT_EQ(NeedlesOf(Bytes(31)).size(), 1u);
  EXPECT_EQ(NeedlesOf(Bytes(500)).size(), 2u);
}

}  // namespace
}  // namespace vault
