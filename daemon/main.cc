// strongroomd: the daemon.
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/app.h"
#include "daemon/config.h"
#include "daemon/custody/remote_cell.h"
#include "policies/rule_book.h"
#include "vault/base/log.h"
#include "vault/machine.h"
#include "vault/world.h"

namespace {

using vault::Result;
using vault::Status;

constexpr std::uint64_t kMostConfig = std::uint64_t{1} << 20;
constexpr int kRefused = 1;
constexpr int kWrongUsage = 2;
constexpr std::string_view kUsage =
    "usage: strongroomd --config FILE\n"
    "       strongroomd --help | --version\n"
    "\n"
    "Serves the vault that FILE names, over HTTPS, until SIGTERM or SIGINT.\n";

int Report(const vault::Error& error) {
  std::fprintf(stderr, "strongroom: %s: %s\n", std::string(vault::ErrcName(error.code)).c_str(),
               error.detail.c_str());
  return kRefused;
}

// Harden keeps what is in memory out of files: no core dump, no debugger of the same user, and no
// file that others may read.
Status Harden() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return vault::Unavailable("core dumps cannot be switched off");
  }
  ::umask(S_IRWXG | S_IRWXO);
  return vault::Ok();
}

// StopSignals gives a descriptor that can be read once somebody wants us to stop. The signals are
// blocked before any thread starts, so that all inherit it.
Result<int> StopSignals() {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  if (::pthread_sigmask(SIG_BLOCK, &signals, nullptr) != 0) {
    return vault::Unavailable("signals cannot be blocked");
  }
  const int descriptor = ::signalfd(-1, &signals, SFD_CLOEXEC);
  if (descriptor < 0) return vault::Unavailable("signals cannot be waited for");
  return descriptor;
}

void AwaitStop(int descriptor) {
  signalfd_siginfo info{};
  while (::read(descriptor, &info, sizeof(info)) != sizeof(info)) {
    // Interrupted: wait on.
  }
}

// Notify tells the service manager how we are. Source: sd_notify(3).
void Notify(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  const std::size_t length = std::strlen(path);
  sockaddr_un address{};
  if (length < 2 || length >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@')) {
    return;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  if (::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    vault::Log(vault::LogLevel::kWarning, "the service manager could not be told");
  }
  ::close(descriptor);
}

std::filesystem::path OwnFolder() {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path() : program.parent_path();
}

// PolicyFolder is where an installed program has its rules, or, before that, the source tree.
std::string PolicyFolder() {
  const auto installed = OwnFolder() / ".." / "share" / "strongroom" / "policies";
  std::error_code failed;
  if (std::filesystem::is_directory(installed, failed)) return installed.string();
  return STRONGROOM_POLICIES;
}

Result<std::unique_ptr<policies::TemplateBook>> LoadRules() {
  auto book = policies::TemplateBook::LoadFolder(PolicyFolder(), vault::Sha256Hex);
  if (book.ok()) return std::move(book).value();
  for (const policies::Fault& fault : book.faults()) {
    vault::Log(vault::LogLevel::kError, fault.ToText());
  }
  return vault::Invalid("the process templates have faults");
}

std::string Absolute(const std::string& path) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed);
  return failed ? path : absolute.string();
}

Result<service::AppOptions> Options(const service::Config& config) {
  service::AppOptions options;
  options.place = {config.data, config.cells};
  options.place.backup_warn_after = config.backup_warn_after;
  if (!config.standby_data.empty()) {
    options.place.standby = vault::StandbyWish{config.standby_data, config.standby_cells};
  }
  options.trust = config.clock_trust;
  const char* const manager = std::getenv("CREDENTIALS_DIRECTORY");
  options.credential = {config.unseal_credential, manager == nullptr ? "" : manager};
  options.server.host = config.host;
  options.server.port = config.port;
  options.server.certificate_path = config.tls_certificate;
  options.server.key_path = config.tls_key;
  options.api.public_url = config.public_url;
  options.api.version = STRONGROOM_VERSION;
  options.api.document_limit = config.document_limit;
  if (!config.metrics_host.empty()) {
    options.metrics = service::MetricsPlace{config.metrics_host, config.metrics_port, nullptr};
  }
  options.mail = config.mail;
  options.reader_path = Absolute((OwnFolder() / "strongroom-reader").string());
  return options;
}

// CheckMachine stops at what must hold, and says what should.
Status CheckMachine(const vault::VaultPlace& place) {
  std::vector<vault::MachineFinding> findings = vault::CheckProcess();
  for (vault::MachineFinding& finding : vault::CheckPlace(place))
    findings.push_back(std::move(finding));
  for (const vault::MachineFinding& finding : findings) {
    if (finding.fatal()) return vault::Unavailable(finding.check + ": " + finding.detail);
    if (!finding.ok) {
      vault::Log(vault::LogLevel::kWarning, finding.check + ": " + finding.detail);
    }
  }
  return vault::Ok();
}

Status Serve(const std::string& config_path) {
  TRY_VOID(Harden());
  TRY(const int stop, StopSignals());
  TRY(const std::unique_ptr<vault::RealWorld> world, vault::RealWorld::Make());
  world->AddCellKind(std::make_unique<service::RemoteKind>(service::RemoteManner()));
  TRY(const vault::Bytes text, world->disk().ReadAll(config_path, kMostConfig));
  TRY(const service::Config config, service::Config::Parse(vault::AsText(text)));
  TRY_VOID(CheckMachine({config.data, config.cells}));
  TRY(const std::unique_ptr<policies::TemplateBook> rules, LoadRules());
  if (world->disk().Exists(config.data)) TRY_VOID(world->ProveDatabase(config.data));
  TRY(service::AppOptions options, Options(config));
  TRY(const std::unique_ptr<service::App> app,
      service::App::Start(world->ForRules(*rules), *rules, std::move(options)));
  vault::Log(vault::LogLevel::kInfo, "serving on port " + std::to_string(app->port()));
  Notify("READY=1");
  AwaitStop(stop);
  Notify("STOPPING=1");
  app->Stop();
  vault::Log(vault::LogLevel::kInfo, "stopped");
  return vault::Ok();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (argc == 2 && first == "--help") {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
    return 0;
  }
  if (argc == 2 && first == "--version") {
    std::puts("strongroomd " STRONGROOM_VERSION);
    return 0;
  }
  std::string config;
  if (argc == 3 && first == "--config") config = argv[2];
  if (argc == 2 && first.starts_with("--config=")) config = first.substr(9);
  if (config.empty()) {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stderr);
    return kWrongUsage;
  }
  const Status served = Serve(config);
  return served.ok() ? 0 : Report(served.error());
}
