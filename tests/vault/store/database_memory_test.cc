#include "vault/store/database_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#define SQLITE_HAS_CODEC 1
#include <sqlcipher/sqlite3.h>

#include "tests/support/sanitizers.h"
#include "tests/vault/store/database_harness.h"

namespace vault {
namespace {

// The address sanitizer turns locking into nothing.
constexpr std::string_view kLocked = kUnderAddressSanitizer ? " " : " lo ";

class DatabaseMemoryTest : public DatabaseTest {
 protected:
  DatabaseMemoryTest() { UseDatabaseMemory(); }
};

// FlagsOf reads the flags of the mapping an address lies in; "" where there is none.
std::string FlagsOf(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    char dash = 0;
    std::istringstream words(line);
    if (words >> std::hex >> from >> dash >> to && dash == '-') {
      inside = wanted >= from && wanted < to;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line + " ";
    }
  }
  return "";
}

TEST_F(DatabaseMemoryTest, EveryBlockHoldsItsSizeAndIsAligned) {
  std::vector<std::pair<std::uint8_t*, int>> blocks;
  for (int size = 1; size < 200'000; size += 1 + size / 7) {
    auto* block = static_cast<std::uint8_t*>(sqlite3_malloc(size));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 8, 0U);
    EXPECT_GE(sqlite3_msize(block), static_cast<sqlite3_uint64>(size));
    // Filled to the end of what the library may use: neighbours would show it.
    std::fill_n(block, sqlite3_msize(block), static_cast<std::uint8_t>(size));
    blocks.emplace_back(block, size);
  }
  for (const auto& [block, size] : blocks) {
    const auto end = block + sqlite3_msize(block);
    EXPECT_EQ(std::count(block, end, static_cast<std::uint8_t>(size)), end - block) << size;
    sqlite3_free(block);
  }
}

TEST_F(DatabaseMemoryTest, AGrownBlockKeepsWhatItHeld) {
  auto* block = static_cast<char*>(sqlite3_malloc(6));
  std::copy_n("kept!", 6, block);
  for (const int size : {40, 4000, 70'000, 300'000, 900, 6}) {
    block = static_cast<char*>(sqlite3_realloc(block, size));
    ASSERT_NE(block, nullptr);
    EXPECT_STREQ(block, "kept!") << size;
  }
  sqlite3_free(block);
}

TEST_F(DatabaseMemoryTest, WhatIsGivenBackIsWiped) {
  // A small block stays mapped after it was freed, so it can be looked at.
  auto* block = static_cast<volatile std::uint8_t*>(sqlite3_malloc(4096));
  for (int i = 0; i < 4096; ++i) block[i] = 0xA5;
  sqlite3_free(const_cast<std::uint8_t*>(block));
  int left = 0;
  for (int i = 0; i < 4096; ++i) left += block[i] == 0xA5 ? 1 : 0;
  EXPECT_EQ(left, 0);
}

TEST_F(DatabaseMemoryTest, IsLockedAndLeftOutOfCoreFiles) {
  void* const small = sqlite3_malloc(100);
  void* const large = sqlite3_malloc(300'000);
  for (const void* block : {small, large}) {
    const std::string flags = FlagsOf(block);
    EXPECT_NE(flags.find(kLocked), std::string::npos) << flags;
    EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
  }
  sqlite3_free(small);
  sqlite3_free(large);
}

TEST_F(DatabaseMemoryTest, StaysLockedWhenADatabaseWasOpenedAndClosed) {
  { Commit(*OpenEncrypted(DatabaseMode::kWriter), "CREATE TABLE t(a INTEGER) STRICT"); }
  EXPECT_EQ(DatabaseMemoryInUse().not_locked, 0U);
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) blocks.push_back(sqlite3_malloc(64));
  for (std::size_t i = 0; i < blocks.size(); i += 50) {
    EXPECT_NE(FlagsOf(blocks[i]).find(kLocked), std::string::npos);
  }
  for (void* const block : blocks) sqlite3_free(block);
}

TEST_F(DatabaseMemoryTest, IsUsedAgain) {
  // The second time takes nothing from the system.
  const auto fill = [this] {
    auto database = OpenEncrypted(DatabaseMode::kWriter);
    Commit(*database, "CREATE TABLE IF NOT EXISTS t(a BLOB) STRICT");
    for (int i = 0; i < 50; ++i) Commit(*database, "INSERT INTO t VALUES (randomblob(9000))");
  };
  fill();
  const std::size_t held = DatabaseMemoryInUse().held;
  const std::size_t taken = DatabaseMemoryInUse().taken;
  fill();
  EXPECT_EQ(DatabaseMemoryInUse().held, held);
  EXPECT_LE(DatabaseMemoryInUse().taken, taken + (std::size_t{1} << 20));
}

}  // namespace
}  // namespace vault
