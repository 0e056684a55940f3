// AuditLogFixture: a log in a temporary folder, signed by the key of FORMAT.md's known answer.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/crypto_environment.h"
#include "tests/support/temp_folder.h"
#include "vault/audit/audit_log.h"
#include "vault/crypto/sign.h"
#include "vault/store/database.h"
#include "vault/store/disk.h"

namespace vault {

inline constexpr const char* kLogOrigin = "docs.example.org/vault/log/1";
inline constexpr UnixSeconds kLogTime = 1783594800;  // 2026-07-09T12:00+01:00

// SeedSigner signs with the seed 00 01 … 1f.
class SeedSigner final : public LogSigner {
 public:
  SeedSigner() {
    for (std::size_t i = 0; i < 32; ++i) {
      seed_.mutable_view()[i] = static_cast<std::uint8_t>(i);
    }
  }
  ByteArray<32> public_key() const override { return SigningPublicKeyOf(seed_); }
  ByteArray<64> Sign(ByteView message) const override { return vault::Sign(seed_, message); }

 private:
  SigningSeed seed_;
};

// NumberedEntry differs for every number.
inline LogEntry NumberedEntry(std::uint64_t number) {
  LogEntry entry("test.entry", kLogTime + static_cast<UnixSeconds>(60 * number));
  entry.Add("number", number);
  return entry;
}

inline Status NothingElse(Transaction&) { return Ok(); }

class AuditLogFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    Connect();
    ASSERT_TRUE(AuditLog::CreateTables(*database_).ok());
    OpenLog();
  }

  void Connect() {
    auto database =
        Database::Open(disk_, folder_.At("register.db"), std::nullopt, DatabaseMode::kWriter);
    ASSERT_TRUE(database.ok()) << database.error().detail;
    database_ = std::move(database).value();
  }
  void OpenLog() {
    log_.reset();
    auto log = AuditLog::Open(*database_, kLogOrigin, signer_);
    ASSERT_TRUE(log.ok()) << log.error().detail;
    log_ = std::move(log).value();
  }

  // Grow appends entries until the log has `size`, in one commit.
  void Grow(std::uint64_t size) {
    auto transaction = Transaction::Begin(*database_);
    ASSERT_TRUE(transaction.ok());
    for (std::uint64_t i = log_->size(); i < size; ++i) {
      auto index = log_->Append(transaction.value(), NumberedEntry(i));
      ASSERT_TRUE(index.ok()) << index.error().detail;
      ASSERT_EQ(index.value(), i);
    }
    transaction.value().Commit();
    log_->Committed();
  }

  // Export writes the log's files below a new folder and gives its path.
  std::string Export(const std::string& name) {
    const std::string root = folder_.At(name);
    for (const std::string& path : log_->Files()) {
      auto bytes = log_->File(path);
      EXPECT_TRUE(bytes.ok()) << path;
      WriteFile(root + "/" + path, ToString(bytes.value()));
    }
    return root;
  }

  static void WriteFile(const std::string& path, const std::string& bytes) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static std::string ReadFile(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

  TempFolder folder_;
  Disk disk_{nullptr};
  SeedSigner signer_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<AuditLog> log_;
};

}  // namespace vault
