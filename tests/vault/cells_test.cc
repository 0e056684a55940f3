// A vault over cells of several kinds: all are needed, none lies in the data folder, and each is
// called what it is.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/test_vault.h"
#include "vault/certificate.h"

namespace vault {
namespace {

class VaultCells : public ::testing::Test {
 protected:
  Result<InitResult> Init(std::vector<std::string> cells) {
    place_.cells = std::move(cells);
    InitOptions options;
    options.name = "Marlshire";
    options.unit = Agency("unit");
    options.officer.email = TestVault::kOfficer;
    options.officer.password = Plaintext::CopyOf(AsBytes(TestVault::kPassword));
    options.passphrase = Plaintext::CopyOf(AsBytes(TestVault::kPassphrase));
    return InitVault(world_.world(), place_, std::move(options));
  }
  Result<std::unique_ptr<Vault>> Unseal() {
    TRY(const SealedVault sealed, SealedVault::At(world_.world(), place_));
    return sealed.UnsealWithPassphrase(AsBytes(TestVault::kPassphrase),
                                       LondonDay(world_.clock().Realtime()));
  }
  std::string At(const std::string& name) const { return world_.folder() + "/" + name; }

  TestVault world_;
  VaultPlace place_{world_.folder() + "/store", {}};
};

TEST_F(VaultCells, SeveralKindsCarryOneVaultAndAllAreNeeded) {
  auto made = Init({"medium:" + At("first"), "file:" + At("second")});
  ASSERT_TRUE(made.ok()) << made.error().detail;
  ASSERT_EQ(made.value().cells.size(), 2U);
  // Beside the data, a medium is no more than a file, and the reason is another.
  EXPECT_EQ(made.value().cells[0].name, "file");
  EXPECT_NE(made.value().cells[0].reason, made.value().cells[1].reason);
  {
    auto opened = Unseal();
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
    auto status = opened.value()->Describe();
    ASSERT_TRUE(status.ok());
    ASSERT_EQ(status.value().cells.size(), 2U);
    EXPECT_EQ(status.value().cells[0].reason, made.value().cells[0].reason);
  }
  std::filesystem::rename(At("first"), At("elsewhere"));
  EXPECT_FALSE(Unseal().ok());
  std::filesystem::rename(At("elsewhere"), At("first"));
  EXPECT_TRUE(Unseal().ok());
}

TEST_F(VaultCells, NoCellOfAnyKindLiesInTheDataFolder) {
  for (const std::string kind : {"file:", "medium:"}) {
    auto made = Init({kind + place_.data + "/cell"});
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, Errc::kInvalid);
    EXPECT_FALSE(std::filesystem::exists(place_.data));
  }
}

TEST_F(VaultCells, WhatIsNoCellIsRefusedBeforeAnythingIsMade) {
  std::ofstream(At("taken")) << "something";
  for (const std::string cell : {"", "file", "file:", "floppy:/a", ":", "medium:"}) {
    auto made = Init({cell});
    ASSERT_FALSE(made.ok()) << cell;
    EXPECT_EQ(made.error().code, Errc::kInvalid) << cell;
  }
  for (const std::string kind : {"file:", "medium:"}) {
    auto made = Init({kind + At("taken")});
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, Errc::kConflict);
  }
  EXPECT_FALSE(std::filesystem::exists(place_.data));
}

TEST_F(VaultCells, AreInspectedWithoutTheUnsealSecret) {
  ASSERT_TRUE(Init({"medium:" + At("first"), "file:" + At("second")}).ok());
  auto reports = InspectCells(world_.world(), place_);
  ASSERT_TRUE(reports.ok());
  ASSERT_EQ(reports.value().size(), 2U);
  EXPECT_EQ(reports.value()[0].cell, "medium:" + At("first"));
  EXPECT_EQ(reports.value()[0].found.name, "file");
  std::filesystem::remove(At("second"));
  reports = InspectCells(world_.world(), place_);
  ASSERT_TRUE(reports.ok());
  EXPECT_EQ(reports.value()[1].found.name, "");
  EXPECT_FALSE(reports.value()[1].found.reason.empty());
}

TEST(CellWords, AClassClaimsNoMoreThanItsCellAndOneGoodCellIsEnough) {
  const auto irrecoverable = [](std::vector<std::string> classes) {
    return ResidualWords(classes).starts_with("irrecoverable");
  };
  EXPECT_TRUE(irrecoverable({"tpm"}));
  EXPECT_TRUE(irrecoverable({"file", "remote"}));
  EXPECT_FALSE(irrecoverable({"file"}));
  EXPECT_FALSE(irrecoverable({"medium", "remote (medium)", "remote (file)"}));
  EXPECT_NE(ResidualWords({"remote (medium)"}).find("remanence"), std::string::npos);
  EXPECT_NE(ResidualWords({"remote (file)"}).find("custodian's cell"), std::string::npos);
  EXPECT_EQ(ResidualWords({"something else"}), ResidualWords({"file"}));
}

}  // namespace
}  // namespace vault
