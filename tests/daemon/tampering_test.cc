// What was changed behind the vault's back is refused as corrupt, through the whole service.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "tests/support/edit_register.h"
#include "tests/support/test_daemon.h"

namespace service {
namespace {

namespace fs = std::filesystem;

class Tampering : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed());
    audit_ = Audit::In(daemon_);
    first_ = File(audit_.police, "police on Adult A");
    second_ = File(audit_.housing, "housing on Adult A");
    ASSERT_EQ(Read(audit_.police, first_).body, "police on Adult A");
  }
  std::string File(const std::string& token, std::string_view content) {
    const Reply filed = daemon_.File(audit_.Query(""), token, content);
    EXPECT_EQ(filed.status, 200) << filed.body;
    return filed.Text("id");
  }
  Reply Read(const std::string& token, const std::string& id) {
    return daemon_.Get("documents/" + id + "/content", token);
  }
  // Blobs lists the files of the store.
  std::vector<fs::path> Blobs() {
    std::vector<fs::path> blobs;
    for (const auto& entry :
         fs::recursive_directory_iterator(daemon_.vault().place().data + "/blobs")) {
      if (entry.is_regular_file()) blobs.push_back(entry.path());
    }
    return blobs;
  }
  // Edit changes the register while the daemon is stopped, and starts it again.
  void Edit(std::string_view sql) {
    daemon_.Stop();
    vault::EditRegister(daemon_.vault().place(), daemon_.vault().world().unseal_cost, sql);
    daemon_.Serve({});
    daemon_.Unseal();
  }
  void SignInAgain() {
    audit_.police = daemon_.SignIn("co@pol.example");
    audit_.housing = daemon_.SignIn("co@hsg.example");
  }
  void ExpectCorrupt(const Reply& reply) {
    EXPECT_EQ(reply.status, 500) << reply.body;
    EXPECT_EQ(reply.kind(), "corrupt") << reply.body;
    EXPECT_EQ(reply.body.find("Adult A"), std::string::npos) << reply.body;
  }

  TestDaemon daemon_;
  Audit audit_;
  std::string first_;
  std::string second_;
};

TEST_F(Tampering, SwappedBlobsAreCorrupt) {
  const std::vector<fs::path> blobs = Blobs();
  ASSERT_EQ(blobs.size(), 2u);
  fs::rename(blobs[0], daemon_.folder() + "/aside");
  fs::rename(blobs[1], blobs[0]);
  fs::rename(daemon_.folder() + "/aside", blobs[1]);
  ExpectCorrupt(Read(audit_.police, first_));
  ExpectCorrupt(Read(audit_.housing, second_));
}

TEST_F(Tampering, ABlobPutInAnothersPlaceIsCorruptAndTheOtherOpens) {
  const std::vector<fs::path> blobs = Blobs();
  ASSERT_EQ(blobs.size(), 2u);
  fs::copy_file(blobs[0], blobs[1], fs::copy_options::overwrite_existing);
  const Reply one = Read(audit_.police, first_);
  const Reply other = Read(audit_.housing, second_);
  EXPECT_EQ((one.status == 200 ? 1 : 0) + (other.status == 200 ? 1 : 0), 1);
  ExpectCorrupt(one.status == 200 ? other : one);
}

TEST_F(Tampering, AShortenedBlobIsCorrupt) {
  for (const fs::path& blob : Blobs()) fs::resize_file(blob, fs::file_size(blob) - 1);
  ExpectCorrupt(Read(audit_.police, first_));
}

TEST_F(Tampering, ARowThatNamesAnothersBlobIsCorrupt) {
  Edit(
      "UPDATE version SET blob = (SELECT blob FROM version v WHERE v.document != "
      "version.document) WHERE document = x'" +
      first_ + "'");
  SignInAgain();
  ExpectCorrupt(Read(audit_.police, first_));
  EXPECT_EQ(Read(audit_.housing, second_).body, "housing on Adult A");
}

TEST_F(Tampering, ARowThatNamesAnotherKeyOpensNothing) {
  Edit("UPDATE version SET slot = (SELECT slot FROM matter) WHERE document = x'" + first_ + "'");
  SignInAgain();
  const Reply reply = Read(audit_.police, first_);
  EXPECT_GE(reply.status, 400) << reply.body;
  EXPECT_EQ(reply.body.find("on Adult A"), std::string::npos);
}

// The rows that decide who receives a key are bound by their mac.
TEST_F(Tampering, AnEditedRoleIsCorruptAndSignsNobodyIn) {
  Edit("UPDATE role SET code = 'BUO'");
  ExpectCorrupt(daemon_.Post(
      "login", "",
      Json::Object({{"email", "co@pol.example"}, {"password", TestDaemon::kPassword}})));
}

}  // namespace
}  // namespace service
