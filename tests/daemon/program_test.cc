// The program strongroomd itself: ready when it says so, and a clean end.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/http/self_signed.h"
#include "tests/support/test_vault.h"
#include "tests/support/tls_client.h"
#include "vault/world.h"

namespace service {
namespace {

constexpr int kLongest = 60'000;  // milliseconds, before a hanging program fails the test

// Program runs strongroomd with its messages in a file and its readiness on a socket.
class Program {
 public:
  explicit Program(const vault::TempFolder& folder) : folder_(folder) {
    notify_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder.At("notify");
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(notify_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Program() {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      Wait();
    }
    ::close(notify_);
  }

  void Start(const std::vector<std::string>& arguments) {
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ != 0) return;
    const int messages =
        ::open(folder_.At("messages").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ::dup2(messages, STDERR_FILENO);
    ::dup2(messages, STDOUT_FILENO);
    ::setenv("NOTIFY_SOCKET", folder_.At("notify").c_str(), 1);
    std::vector<char*> argv{const_cast<char*>("strongroomd")};
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(STRONGROOM_BIN_DIR "/strongroomd", argv.data());
    ::_exit(127);
  }
  std::string Notified() const {
    pollfd wanted{notify_, POLLIN, 0};
    if (::poll(&wanted, 1, kLongest) != 1) return "";
    std::array<char, 256> text{};
    const ssize_t n = ::recv(notify_, text.data(), text.size(), 0);
    return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : "";
  }
  void Signal(int number) const { ::kill(child_, number); }
  int Wait() {
    int state = 0;
    ::waitpid(child_, &state, 0);
    child_ = -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
  }
  std::string Messages() const {
    std::ifstream file(folder_.At("messages"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  const vault::TempFolder& folder_;
  int notify_ = -1;
  pid_t child_ = -1;
};

TEST(Strongroomd, UnsealsUnattendedSaysWhenItServesAndEndsCleanly) {
  vault::TempFolder folder;
  auto world = vault::RealWorld::Make();
  ASSERT_TRUE(world.ok());
  const auto rules = vault::ShippedRules();
  vault::VaultWorld cheap = world.value()->ForRules(*rules);
  cheap.costs = {{1, 8}, {1, 8}};
  vault::InitOptions init;
  init.name = "Marlshire";
  init.unit = vault::Agency("unit");
  init.officer.email = "officer@unit.example";
  init.officer.password = vault::Plaintext::CopyOf(vault::AsBytes("a long enough password"));
  init.credential_path = folder.At("credential");
  const auto made = vault::InitVault(cheap, {folder.At("data"), {}}, std::move(init));
  ASSERT_TRUE(made.ok()) << made.error().detail;
  ASSERT_TRUE(MakeSelfSignedCertificate({folder.At("c.pem"), folder.At("k.pem"), {}, 0}).ok());
  std::ofstream(folder.At("config")) << "data = " << folder.At("data") << "\n"
                                     << "listen = 127.0.0.1:0\n"
                                     << "tls.certificate = " << folder.At("c.pem") << "\n"
                                     << "tls.key = " << folder.At("k.pem") << "\n"
                                     << "unseal.credential = " << folder.At("credential") << "\n"
                                     << "clock.trust = system\n";
  Program program(folder);
  ASSERT_NO_FATAL_FAILURE(program.Start({"--config", folder.At("config")}));
  ASSERT_EQ(program.Notified(), "READY=1") << program.Messages();
  const std::string messages = program.Messages();
  const std::string_view mark = "serving on port ";
  const std::size_t at = messages.find(mark);
  ASSERT_NE(at, std::string::npos) << messages;
  TlsClient client(static_cast<std::uint16_t>(std::stoi(messages.substr(at + mark.size()))));
  ASSERT_TRUE(
      client.Send("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  const auto answer = client.Receive();
  ASSERT_TRUE(answer.has_value());
  EXPECT_NE(answer->body.find("\"sealed\":false"), std::string::npos) << answer->body;
  EXPECT_NE(answer->body.find("\"anchored\":true"), std::string::npos) << answer->body;
  EXPECT_NE(answer->body.find("\"clock_trust\":\"system\""), std::string::npos) << answer->body;
  program.Signal(SIGTERM);
  EXPECT_EQ(program.Wait(), 0) << program.Messages();
}

TEST(Strongroomd, RefusesWithOneLineAndOneAndWrongUsageWithTwo) {
  vault::TempFolder folder;
  std::ofstream(folder.At("config")) << "data = x\nno.such.key = 1\n";
  Program program(folder);
  ASSERT_NO_FATAL_FAILURE(program.Start({"--config", folder.At("config")}));
  EXPECT_EQ(program.Wait(), 1);
  EXPECT_EQ(program.Messages(), "strongroom: invalid: line 2: there is no such key\n");
  ASSERT_NO_FATAL_FAILURE(program.Start({"--confg"}));
  EXPECT_EQ(program.Wait(), 2);
  ASSERT_NO_FATAL_FAILURE(program.Start({"--version"}));
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(program.Messages().rfind("strongroomd ", 0), 0u);
}

}  // namespace
}  // namespace service
