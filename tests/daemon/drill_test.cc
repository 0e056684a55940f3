// A drill through the daemon: begun, looked at until it is done, and only one thing at a time.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

class DrilledDaemon : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(daemon_.StartUnsealed()); }
  // Done looks until the work has ended.
  Reply Done(const std::string& path) const {
    Reply reply = daemon_.Get(path, daemon_.officer());
    while (reply.status == 200 && reply.Text("state") == "running") {
      reply = daemon_.Get(path, daemon_.officer());
    }
    return reply;
  }

  TestDaemon daemon_;
  vault::TempFolder folder_;
};

TEST_F(DrilledDaemon, PlaysTheBackupAndSaysWhatItFound) {
  const Audit audit = Audit::In(daemon_);
  ASSERT_EQ(daemon_.File(audit.Query("&name=a.docx"), audit.police, "the words of the form").status,
            200);
  const std::string backup = folder_.At("backup");
  const std::string scratch = folder_.At("scratch");
  const Json begin = Json::Object({{"folder", backup}, {"scratch", scratch}});
  ASSERT_EQ(daemon_.Post("backup", daemon_.officer(), Json::Object({{"folder", backup}})).status,
            200);
  ASSERT_EQ(Done("backup").Text("state"), "done");
  EXPECT_EQ(daemon_.Get("drill", daemon_.officer()).Text("state"), "none");
  EXPECT_EQ(daemon_.Post("drill", audit.police, begin).kind(), "denied");
  const Reply begun = daemon_.Post("drill", daemon_.officer(), begin);
  ASSERT_EQ(begun.status, 200) << begun.body;
  const Reply done = Done("drill");
  ASSERT_EQ(done.Text("state"), "done") << done.body;
  EXPECT_TRUE(done.json.Flag("passed").value());
  EXPECT_EQ(done.json.Integer("tried").value(), 1);
  EXPECT_EQ(done.json.Integer("failed").value(), 0);
  EXPECT_FALSE(std::filesystem::exists(scratch));
  EXPECT_EQ(daemon_.Get("backup", daemon_.officer()).Text("state"), "none");
}

TEST_F(DrilledDaemon, SaysWhatStopsIt) {
  const Json nowhere = Json::Object({{"folder", folder_.At("nothing")}});
  ASSERT_EQ(daemon_.Post("drill", daemon_.officer(), nowhere).status, 200);
  EXPECT_EQ(Done("drill").kind(), "not-found");
}

}  // namespace
}  // namespace service
