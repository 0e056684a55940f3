// Eight clients at once. Under the thread sanitizer this is the proof that the service has no race.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "daemon/jobs/sweep.h"
#include "tests/support/test_daemon.h"

namespace service {
namespace {

constexpr int kClients = 8;
constexpr int kRounds = 6;

std::string Content(int client, int round) {
  std::string text = "client " + std::to_string(client) + " round " + std::to_string(round) + " ";
  // Of several chunks now and then, so that streams overlap.
  const std::size_t size = round % 3 == 2 ? 200'000 : 300;
  while (text.size() < size) text += text;
  return text;
}

// Each files, reads back what it filed, lists, and asks for what it may not have.
void FileAndRead(const TestDaemon& daemon, const Audit& audit, int client) {
  const bool police = client % 2 == 0;
  const std::string token = daemon.SignIn(police ? "co@pol.example" : "co@hsg.example");
  for (int round = 0; round < kRounds; ++round) {
    const std::string content = Content(client, round);
    // Two forms of one agency at the same moment: one is told to look, and files again.
    Reply filed = daemon.File(audit.Query(""), token, content);
    while (filed.kind() == "conflict") filed = daemon.File(audit.Query(""), token, content);
    ASSERT_EQ(filed.status, 200) << filed.body;
    const std::string version = std::to_string(filed.json.Integer("version").value());
    const std::string path = "documents/" + filed.Text("id");
    EXPECT_TRUE(daemon.Get(path + "/content?version=" + version, token).body == content);
    EXPECT_EQ(daemon.Get(path + "/content", audit.outsider).status, 404);
    EXPECT_EQ(daemon.Get("documents?matter=" + audit.id, token).status, 200);
    EXPECT_EQ(daemon.Get("matters/" + audit.id, token).status, 200);
  }
}

TEST(EightClients, FileAndReadAtOnceAndEveryVersionIsThere) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  std::atomic<bool> running = true;
  // What else goes on in a service: the sweep, the status page, an officer at work, the log's
  // readers, people signing in with a wrong password.
  std::thread others([&] {
    int turn = 0;
    while (running) {
      const vault::Status swept = SweepJob::RunOnce(daemon.app().context());
      EXPECT_TRUE(swept.ok()) << swept.error().detail;
      EXPECT_EQ(daemon.Get("status", "").status, 200);
      EXPECT_EQ(
          daemon.Ask("GET", "/log/checkpoint", TestDaemon::Bearer(daemon.officer()), "").status,
          200);
      EXPECT_EQ(daemon.Get("disposals", daemon.officer()).status, 200);
      const Reply link = daemon.Post(
          "holds", daemon.officer(),
          Json::Object({{"matter", audit.id}, {"reason", "inquiry"}, {"review", "2026-12-01"}}));
      EXPECT_LT(link.status, 500) << link.body;
      ++turn;
    }
    EXPECT_GT(turn, 0);
  });
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] { FileAndRead(daemon, audit, client); });
  }
  for (std::thread& client : clients) client.join();
  running = false;
  others.join();
  // One document for each agency, with a version for every filing, and none lost or doubled.
  for (const std::string& token : {audit.police, audit.housing}) {
    const Reply list = daemon.Get("documents?matter=" + audit.id, token);
    ASSERT_EQ(list.json.elements().size(), 1u) << list.body;
    const std::string path = "documents/" + list.json.elements()[0].Text("id").value();
    const int filings = kClients / 2 * kRounds;
    EXPECT_EQ(daemon.Get(path + "/content?version=" + std::to_string(filings), token).status, 200);
    EXPECT_EQ(daemon.Get(path + "/content?version=" + std::to_string(filings + 1), token).status,
              404);
  }
}

// Sealing while eight are at it: each answer is whole or says that the vault is sealed.
TEST(EightClients, AreLetOutWhenTheVaultIsSealed) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  std::atomic<int> filed = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      const std::string& token = client % 2 == 0 ? audit.police : audit.housing;
      for (int round = 0; round < 200; ++round) {
        const Reply reply = daemon.File(audit.Query(""), token, Content(client, 0));
        if (reply.kind() == "conflict") continue;
        if (reply.status != 200) {
          EXPECT_EQ(reply.kind(), "unavailable") << reply.body;
          return;
        }
        ++filed;
      }
    });
  }
  while (filed < kClients) std::this_thread::yield();
  EXPECT_EQ(daemon.Post("seal", daemon.officer(), Json::Object()).status, 200);
  for (std::thread& client : clients) client.join();
  ASSERT_NO_FATAL_FAILURE(daemon.Unseal());
  ASSERT_NO_FATAL_FAILURE(daemon.SignInOfficer());
  const std::string police = daemon.SignIn("co@pol.example");
  const std::string housing = daemon.SignIn("co@hsg.example");
  int versions = 0;
  for (const std::string& token : {police, housing}) {
    const Reply list = daemon.Get("documents?matter=" + audit.id, token);
    ASSERT_EQ(list.json.elements().size(), 1u) << list.body;
    const std::string path = "documents/" + list.json.elements()[0].Text("id").value();
    int version = 1;
    while (daemon.Get(path + "/content?version=" + std::to_string(version), token).status == 200) {
      ++version;
    }
    versions += version - 1;
  }
  EXPECT_EQ(versions, filed);
}

}  // namespace
}  // namespace service
