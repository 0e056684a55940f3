// The secret of an unattended start is taken only from a file that nobody else can read.
#include "daemon/credential.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace service {
namespace {

class CredentialFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(path()) << std::string(64, 'a') << "\n";
    ASSERT_EQ(::chmod(path().c_str(), 0600), 0);
  }
  std::string path() const { return folder_.At("credential"); }
  vault::Errc ErrorWith(mode_t mode, const std::string& manager) const {
    EXPECT_EQ(::chmod(path().c_str(), mode), 0);
    auto read = ReadCredential({path(), manager});
    EXPECT_FALSE(read.ok()) << std::oct << mode;
    return read.ok() ? vault::Errc::kInvalid : read.error().code;
  }

  vault::TempFolder folder_;
};

TEST_F(CredentialFile, OfOursThatNobodyElseMayReadIsTaken) {
  for (const mode_t mode : {0600, 0400}) {
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
    auto read = ReadCredential({path(), ""});
    ASSERT_TRUE(read.ok()) << read.error().detail;
    EXPECT_EQ(read.value().text(), std::string(64, 'a') + "\n");
  }
}

TEST_F(CredentialFile, ThatOthersMayReadOrChangeIsRefused) {
  for (const mode_t mode : {0640, 0604, 0660, 0620, 0644, 0666, 0777, 0601}) {
    EXPECT_EQ(ErrorWith(mode, ""), vault::Errc::kDenied) << std::oct << mode;
  }
}

TEST_F(CredentialFile, OfTheServiceManagerMayBeReadByItsGroupAndNoMore) {
  ASSERT_EQ(::chmod(path().c_str(), 0440), 0);
  EXPECT_TRUE(ReadCredential({path(), folder_.path()}).ok());
  EXPECT_EQ(ErrorWith(0440, folder_.path() + "x"), vault::Errc::kDenied);
  EXPECT_EQ(ErrorWith(0460, folder_.path()), vault::Errc::kDenied);
  EXPECT_EQ(ErrorWith(0444, folder_.path()), vault::Errc::kDenied);
}

TEST_F(CredentialFile, ThatIsNoFileOrFarTooLongIsRefused) {
  EXPECT_EQ(ReadCredential({folder_.path(), ""}).error().code, vault::Errc::kInvalid);
  EXPECT_EQ(ReadCredential({folder_.At("absent"), ""}).error().code, vault::Errc::kNotFound);
  std::ofstream(path()) << std::string(2000, 'a');
  EXPECT_EQ(ReadCredential({path(), ""}).error().code, vault::Errc::kInvalid);
}

TEST_F(CredentialFile, OfAnotherUserIsRefused) {
  // Only root can give a file away; anybody else reads one of a user who is neither root nor us.
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path().c_str(), 12345, 12345), 0);
    auto read = ReadCredential({path(), ""});
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, vault::Errc::kDenied);
    EXPECT_NE(read.error().detail.find("another user"), std::string::npos);
  }
}

}  // namespace
}  // namespace service
