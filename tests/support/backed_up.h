// BackedUp: a vault with an audit under way, and a folder for its backups.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/test_vault.h"
#include "vault/keys/unseal.h"
#include "vault/restore.h"

namespace vault {

// BackedUp is a vault with an audit under way, and a folder for backups.
class BackedUp : public ::testing::Test {
 protected:
  static constexpr std::string_view kPolice = "co@pol.example";
  static constexpr std::string_view kHousing = "co@hsg.example";

  static Status Unwatched(const WorkProgress&) { return Ok(); }
  static std::set<std::string> FilesIn(const std::string& folder) {
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) files.insert(entry.path().string().substr(folder.size() + 1));
    }
    return files;
  }
  static std::string Contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  void SetUp() override {
    vault_.Init();
    vault_.Unseal();
    const Actor officer = Officer();
    for (const auto& [agency, email] : {std::pair("POL", kPolice), std::pair("HSG", kHousing)}) {
      ASSERT_TRUE(vault_->agencies().Add(officer, Agency(agency), agency).ok());
      vault_.AddPerson(officer, email, agency, {"AAC"});
    }
    auto made = vault_->matters().New(officer, {"macfa", "Theme", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(made.ok()) << made.error().detail;
    matter_ = made.value().id;
    auto subject = vault_->matters().AddSubject(officer, Matter(), {"Adult Alder", "", {}});
    ASSERT_TRUE(subject.ok());
    subject_ = subject.value().id;
    for (const auto& [agency, email] : {std::pair("POL", kPolice), std::pair("HSG", kHousing)}) {
      const SubjectRow row = vault_->matter_rows().FindSubject(matter_, "Adult Alder").value();
      ASSERT_TRUE(vault_->matters().Involve(officer, Matter(), row, Agency(agency)).ok());
      ASSERT_TRUE(vault_->matters().AddMember(officer, Matter(), std::string(email), "").ok());
    }
    police_form_ = File(kPolice, "POL", "form of the police");
  }

  Actor Officer() { return vault_.SignIn(TestVault::kOfficer); }
  MatterRow Matter() { return vault_->matter_rows().Load(matter_).value(); }
  DocumentId File(std::string_view email, std::string_view agency, std::string_view content) {
    const Actor actor = vault_.SignIn(email);
    auto filed = vault_.File(actor, Matter(), "FRM", agency, subject_, content);
    EXPECT_TRUE(filed.ok()) << filed.error().detail;
    return filed.value().id;
  }
  void Event(std::string_view event) {
    auto happened = vault_->matters().Record(Officer(), Matter(), event, std::nullopt, "planned");
    ASSERT_TRUE(happened.ok()) << happened.error().detail;
  }
  std::string Read(std::string_view email, const DocumentId& document) {
    auto read = vault_.Read(vault_.SignIn(email), document);
    if (read.ok()) return read.value();
    return "(" + std::string(ErrcName(read.error().code)) + ")";
  }

  const std::string& data() const { return vault_.place().data; }
  std::string backup() const { return backups_.At("b"); }
  BackupReport BackUp() {
    auto made = vault_->backups().Make({backup(), std::nullopt}, Unwatched);
    EXPECT_TRUE(made.ok()) << made.error().detail;
    return made.ok() ? made.value() : BackupReport();
  }
  Status Stage(std::optional<std::string> tree, std::vector<std::string> checkpoints) {
    RestoreWish wish{backup(), std::move(tree), std::move(checkpoints)};
    TRY([[maybe_unused]] const StagedRestore staged,
        StageRestore(vault_.world(), vault_.place(), wish, Unwatched));
    return Ok();
  }
  void Restore(std::optional<std::string> tree) {
    vault_.Seal();
    const Status staged = Stage(std::move(tree), {});
    ASSERT_TRUE(staged.ok()) << staged.error().detail;
    vault_.Unseal();
  }
  // CopyFolder copies the data folder as it is now.
  std::string CopyFolder() {
    vault_.Seal();
    const std::string copy = backups_.At("old");
    std::filesystem::copy(data(), copy, std::filesystem::copy_options::recursive);
    vault_.Unseal();
    return copy;
  }
  // PutBack puts a copy in the place of the sealed data folder, and gives where that is kept.
  std::string PutBack(const std::string& copy) {
    vault_.Seal();
    const std::string aside = backups_.At("aside");
    std::filesystem::rename(data(), aside);
    std::filesystem::copy(copy, data(), std::filesystem::copy_options::recursive);
    return aside;
  }
  // CountKeys counts the live keys of a kind in the key tree of the sealed vault.
  struct Count {
    std::size_t open = 0;
    std::size_t closed = 0;
  };
  Count CountKeys(EntryType type) {
    Disk disk(nullptr);
    FakeRandom random(7);
    KeyKeeperOptions options;
    options.tree_path = data() + "/keys.db";
    options.cells.push_back(OpenFileCell(disk, data() + ".cell", random).value());
    const StoreId store = KeyKeeper::ReadStoreId(disk, options.tree_path).value();
    const Bytes wrapped = disk.ReadAll(data() + "/unseal", 4096).value();
    auto unseal = UnwrapUnsealKey(wrapped, AsBytes(TestVault::kPassphrase), store, {1, 8});
    auto keeper = KeyKeeper::Open(disk, random, std::move(options), std::move(unseal).value());
    CHECK(keeper.ok());
    Count count;
    const Status scanned = keeper.value()->Scan([&](SlotNumber, const SlotEntry& entry) -> Status {
      if (entry.type == type) ++((entry.flags & kFlagClosed) != 0 ? count.closed : count.open);
      return Ok();
    });
    CHECK(scanned.ok());
    return count;
  }
  // LoseTheRegister leaves everything else, the blobs as well.
  void LoseTheRegister() {
    vault_.Seal();
    for (const std::string name : {"register.db", "register.db-wal", "register.db-shm"}) {
      std::filesystem::remove(data() + "/" + name);
    }
  }
  // LoseAllButTheTree leaves what is replicated: keys.db, the unseal file, and the cell beside.
  void LoseAllButTheTree() {
    vault_.Seal();
    for (const auto& entry : std::filesystem::directory_iterator(data())) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("keys.db") || name == "unseal") continue;
      lost_.push_back(name);
    }
    for (const std::string& name : lost_) std::filesystem::remove_all(data() + "/" + name);
  }

  TestVault vault_;
  TempFolder backups_;
  MatterId matter_;
  SubjectId subject_;
  DocumentId police_form_;
  std::vector<std::string> lost_;
};

}  // namespace vault
