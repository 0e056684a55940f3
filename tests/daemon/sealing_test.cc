// What happens to those inside when the vault is sealed.
#include <gtest/gtest.h>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

TEST(Sealing, CutsDownloadsOffWithoutACleanEnd) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  // Far more than sockets hold, so that the answer waits for us in the middle.
  const std::string content(std::size_t{48} << 20, 'x');
  const Reply filed = daemon.File(audit.Query(""), audit.police, content);
  ASSERT_EQ(filed.status, 200) << filed.body;
  TlsClient client(daemon.app().port());
  ASSERT_TRUE(client.Send("GET /api/v1/documents/" + filed.Text("id") +
                          "/content HTTP/1.1\r\nHost: vault.example\r\nAuthorization: Bearer " +
                          audit.police + "\r\n\r\n"));
  std::string first(1024, '\0');
  ASSERT_GT(client.Pull(first.data(), first.size()), 0u);
  ASSERT_EQ(daemon.Post("seal", daemon.officer(), Json::Object()).status, 200);
  EXPECT_TRUE(daemon.Get("status", "").json.Flag("sealed").value());
  std::size_t received = first.size();
  std::string buffer(1 << 16, '\0');
  while (const std::size_t n = client.Pull(buffer.data(), buffer.size())) received += n;
  EXPECT_LT(received, content.size());
  EXPECT_FALSE(client.clean_end());
}

TEST(Sealing, WaitsForAnUploadToLeaveAndFilesNothingOfIt) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const std::string piece(std::size_t{1} << 20, 'x');
  {
    TlsClient client(daemon.app().port());
    ASSERT_TRUE(client.Send("POST /api/v1/documents?" + audit.Query("") +
                            " HTTP/1.1\r\nHost: vault.example\r\nAuthorization: Bearer " +
                            audit.police + "\r\nContent-Length: 4194304\r\n\r\n" + piece));
    client.Close();
  }
  ASSERT_EQ(daemon.Post("seal", daemon.officer(), Json::Object()).status, 200);
  ASSERT_NO_FATAL_FAILURE(daemon.Unseal());
  EXPECT_EQ(daemon.Get("documents", daemon.SignIn(TestDaemon::kOfficer)).body, "[]");
}

}  // namespace
}  // namespace service
