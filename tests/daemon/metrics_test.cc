// The figures for a scraper: what stands in them, what does not, and who is answered.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/support/test_daemon.h"

namespace service {
namespace {

// AskPlain sends bytes to a port of this machine and gives everything that comes back.
std::string AskPlain(std::uint16_t port, std::string_view request) {
  const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(peer, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(peer, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t n = 0; (n = ::recv(peer, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
  }
  ::close(peer);
  return answer;
}

std::string Request(std::string_view line) {
  return std::string(line) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
}

class Metrics : public ::testing::Test {
 protected:
  void SetUp() override {
    AppOptions options;
    options.metrics = MetricsPlace{"127.0.0.1", 0, nullptr};
    ASSERT_NO_FATAL_FAILURE(daemon_.StartWith(std::move(options)));
    ASSERT_NE(daemon_.app().metrics_port(), 0);
  }
  void Unseal() {
    ASSERT_NO_FATAL_FAILURE(daemon_.Unseal());
    ASSERT_NO_FATAL_FAILURE(daemon_.SignInOfficer());
  }
  std::string Page() {
    const std::string answer = AskPlain(daemon_.app().metrics_port(), Request("GET /metrics"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_NE(answer.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
              std::string::npos);
    const std::size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
  }
  static bool Has(const std::string& page, std::string_view line) {
    return ("\n" + page).find("\n" + std::string(line) + "\n") != std::string::npos;
  }
  TestDaemon daemon_;
};

TEST_F(Metrics, OfASealedVaultSayThatItIsSealed) {
  const std::string page = Page();
  EXPECT_EQ(page.substr(0, page.find("# HELP strongroom_sweeps_total")),
            "# HELP strongroom_build_info Always 1; the label is the version.\n"
            "# TYPE strongroom_build_info gauge\n"
            "strongroom_build_info{version=\"0.0.0-test\"} 1\n"
            "# HELP strongroom_sealed 1 while the vault is sealed: then nothing below is known of "
            "it.\n"
            "# TYPE strongroom_sealed gauge\n"
            "strongroom_sealed 1\n");
}

TEST_F(Metrics, CountDebtByReasonWithItsAge) {
  ASSERT_NO_FATAL_FAILURE(Unseal());
  const Audit audit = Audit::In(daemon_);
  std::string page = Page();
  for (const std::string_view line :
       {"strongroom_sealed 0", "strongroom_anchored 1", "strongroom_breaker_stopped 0",
        "strongroom_deletion_debt_objects{reason=\"approval\"} 0",
        "strongroom_deletion_debt_objects{reason=\"leftover\"} 0",
        "strongroom_deletion_debt_oldest_seconds 0", "strongroom_cells{class=\"file\"} 1",
        "strongroom_copies{state=\"primary\"} 1", "strongroom_copies{state=\"standby\"} 0",
        "strongroom_copies_behind 0", "strongroom_backup_age_seconds +Inf",
        "strongroom_requests_total{status=\"5xx\"} 0"}) {
    EXPECT_TRUE(Has(page, line)) << line << "\n" << page;
  }
  // A record that waits for two people, a day after its own.
  for (int i = 0; i < 51; ++i) {
    const Reply filed = daemon_.File("matter=" + audit.id + "&class=LLI", audit.police,
                                     "longlist " + std::to_string(i));
    ASSERT_EQ(filed.status, 200) << filed.body;
  }
  ASSERT_EQ(daemon_
                .Post("matters/" + audit.id + "/events", daemon_.officer(),
                      Json::Object({{"event", "SELECTION_DECIDED"}}))
                .status,
            200);
  daemon_.clock().Pass(vault::At("2026-02-27T09:00") - daemon_.clock().Realtime());
  ASSERT_TRUE(SweepJob::RunOnce(daemon_.app().context()).ok());
  EXPECT_EQ(daemon_.Get("nothing-here", "").status, 404);
  page = Page();
  for (const std::string_view line :
       {"strongroom_deletion_debt_objects{reason=\"breaker\"} 51",
        "strongroom_deletion_debt_objects{reason=\"approval\"} 0", "strongroom_breaker_stopped 1",
        "strongroom_sweeps_total 1", "strongroom_sweeps_failed_total 0",
        "strongroom_sweep_age_seconds 0", "strongroom_sweep_keys_destroyed_total 0",
        "strongroom_requests_total{status=\"4xx\"} 1"}) {
    EXPECT_TRUE(Has(page, line)) << line << "\n" << page;
  }
  // Due at the beginning of the 26th, 33 hours ago by a clock that trusts its own drift.
  EXPECT_NE(page.find("\nstrongroom_deletion_debt_oldest_seconds 118"), std::string::npos) << page;
}

TEST_F(Metrics, HoldNoNameAndNoId) {
  ASSERT_NO_FATAL_FAILURE(Unseal());
  const Audit audit = Audit::In(daemon_);
  const Reply filed = daemon_.File(audit.Query("&name=secret-name.docx"), audit.police, "a form");
  ASSERT_EQ(filed.status, 200) << filed.body;
  const std::string page = Page();
  for (const std::string& word :
       {audit.id, audit.ref, filed.Text("id"), std::string("secret-name"), std::string("POL"),
        std::string("Alice"), std::string("Adult A"), std::string(TestDaemon::kOfficer),
        std::string("@"), daemon_.Get("status", "").Text("vault")}) {
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  }
  // The format: each family is told once, and each sample belongs to the family above it.
  std::set<std::string> families;
  std::string family;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family;
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_EQ(line.substr(7, line.find(' ', 7) - 7), family);
    } else {
      EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), family) << line;
    }
  }
  EXPECT_GT(families.size(), 20u);
}

TEST_F(Metrics, AnswerNothingElse) {
  const std::uint16_t port = daemon_.app().metrics_port();
  EXPECT_TRUE(AskPlain(port, Request("GET /")).starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(AskPlain(port, Request("GET /api/v1/status")).starts_with("HTTP/1.1 404 "));
  const std::string posted = AskPlain(port, Request("POST /metrics"));
  EXPECT_TRUE(posted.starts_with("HTTP/1.1 405 ")) << posted;
  EXPECT_NE(posted.find("\r\nAllow: GET\r\n"), std::string::npos);
  EXPECT_TRUE(AskPlain(port, "no request\r\n\r\n").starts_with("HTTP/1.1 400 "));
  // The service itself has no such page.
  EXPECT_EQ(daemon_.Ask("GET", "/metrics", {}, "").status, 404);
}

TEST(MetricsListening, IsForThisMachineAlone) {
  for (const std::string_view host : {"127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const std::string_view host : {"0.0.0.0", "10.0.0.1", "::", "localhost", "", "::2"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
  vault::FakeClock clock(0);
  auto started = MetricsListener::Start(
      {"0.0.0.0", 0, &clock}, []() -> vault::Result<std::string> { return std::string(); });
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, vault::Errc::kInvalid);
}

}  // namespace
}  // namespace service
