// strongroom-custodian: keeps an erasure cell for a vault on another host.
#include <Poco/JSONString.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <functional>
#include <string>

#include "daemon/custody/custodian.h"
#include "vault/base/log.h"
#include "vault/keys/cell_kind.h"
#include "vault/keys/tpm_device.h"

namespace {

using vault::Result;
using vault::Status;

constexpr int kRefused = 1;
constexpr int kWrongUsage = 2;

struct Wish {
  std::string out;
  std::string cell;
  std::string listen = "0.0.0.0:7443";
  std::string identity;
  std::string vault_pin;
  bool json = false;
};

// Tools is what every command works with.
struct Tools {
  vault::Disk disk{nullptr};
  vault::SystemRandom random;
  vault::CellKinds kinds{vault::Machine::Roots()};
  // On this host a cell of its own lies apart from the system's own disk.
  vault::CellContext context() { return {disk, random, "/"}; }
};

// Print writes one member a line, or an object with --json.
void Print(const Wish& wish, const std::vector<std::pair<std::string, std::string>>& members) {
  std::string text = wish.json ? "{" : "";
  for (const auto& [name, value] : members) {
    if (wish.json) {
      text += (text.size() == 1 ? "" : ", ") + Poco::toJSON(name) + ": " + Poco::toJSON(value);
    } else {
      text += name + "  " + value + "\n";
    }
  }
  if (wish.json) text += "}\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// What is in memory is kept out of files: no core dump, no debugger of the same user.
Status Harden() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return vault::Unavailable("core dumps cannot be switched off");
  }
  ::umask(S_IRWXG | S_IRWXO);
  return vault::Ok();
}

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

Status MakeIdentity(const Wish& wish) {
  TRY(const service::Pin pin, service::Identity::Make(wish.out));
  Print(wish, {{"pin", service::PinText(pin)}});
  return vault::Ok();
}

Status Init(const Wish& wish) {
  Tools tools;
  TRY(const vault::CellAt at, tools.kinds.At(wish.cell));
  TRY_VOID(at.kind->CheckNew(tools.context(), at.where));
  TRY(const auto cell, at.kind->Create(tools.context(), at.where));
  Print(wish, {{"class", cell->cell_class().name}, {"reason", cell->cell_class().reason}});
  return vault::Ok();
}

Status Look(const Wish& wish) {
  Tools tools;
  TRY(const vault::CellAt at, tools.kinds.At(wish.cell));
  TRY(const auto cell, at.kind->Open(tools.context(), at.where));
  std::string epochs;
  for (unsigned slot = 0; slot < 2; ++slot) {
    TRY(const auto record, cell->Read(slot));
    if (!record) continue;
    epochs += (epochs.empty() ? "" : ", ") + std::to_string(record->epoch);
  }
  Print(wish, {{"class", cell->cell_class().name},
               {"reason", cell->cell_class().reason},
               {"epochs", epochs.empty() ? "none" : epochs}});
  return vault::Ok();
}

Status Serve(const Wish& wish) {
  TRY(const int stop, StopSignals());
  Tools tools;
  service::CustodianOptions options;
  TRY(options.listen, service::ParseHostPort(wish.listen));
  TRY(options.vault, service::ParsePin(wish.vault_pin));
  TRY(service::Identity own, service::Identity::Load(wish.identity));
  const std::string pin = service::PinText(own.pin());
  TRY(const vault::CellAt at, tools.kinds.At(wish.cell));
  TRY(auto cell, at.kind->Open(tools.context(), at.where));
  const vault::CellClass found = cell->cell_class();
  TRY(const auto custodian, service::Custodian::Start(options, std::move(own), std::move(cell)));
  Print(wish, {{"port", std::to_string(custodian->port())},
               {"pin", pin},
               {"class", found.name},
               {"reason", found.reason}});
  signalfd_siginfo info{};
  while (::read(stop, &info, sizeof info) != sizeof info) {
    // Interrupted: wait on.
  }
  custodian->Stop();
  vault::Log(vault::LogLevel::kInfo, "stopped");
  return vault::Ok();
}

// Add makes a command; its last lines of help are an example.
CLI::App* Add(CLI::App& app, const char* name, const char* what, const char* example) {
  CLI::App* command = app.add_subcommand(name, what);
  command->footer(std::string("Example:\n  ") + example);
  return command;
}

}  // namespace

int main(int argc, char** argv) {
  Wish wish;
  std::function<Status(const Wish&)> run;
  CLI::App app("Keeps an erasure cell for a vault on another host", "strongroom-custodian");
  app.set_version_flag("--version", "strongroom-custodian " STRONGROOM_VERSION);
  app.require_subcommand(1);
  const char* const cell_help = "This host's own cell: file:PATH, medium:PATH or tpm:INDEX[@TCTI]";

  CLI::App* identity =
      Add(app, "identity", "Make the key by which this host is known; print its pin",
          "strongroom-custodian identity --out /etc/strongroom/identity.pem");
  identity->add_option("--out", wish.out, "The file to make")->required();
  identity->callback([&run] { run = MakeIdentity; });

  CLI::App* init = Add(app, "init", "Make the cell that this host will hold",
                       "strongroom-custodian init --cell tpm:0x01800100");
  init->add_option("--cell", wish.cell, cell_help)->required();
  init->callback([&run] { run = Init; });

  CLI::App* status = Add(app, "status", "Say what the cell is and which epochs it holds",
                         "strongroom-custodian status --cell tpm:0x01800100");
  status->add_option("--cell", wish.cell, cell_help)->required();
  status->callback([&run] { run = Look; });

  CLI::App* serve = Add(app, "serve", "Do what one vault asks, until SIGTERM or SIGINT",
                        "strongroom-custodian serve --cell tpm:0x01800100 --listen 10.0.0.7:7443 "
                        "\\\n    --identity /etc/strongroom/identity.pem --vault PIN");
  serve->add_option("--cell", wish.cell, cell_help)->required();
  serve->add_option("--identity", wish.identity, "This host's identity file")->required();
  serve->add_option("--vault", wish.vault_pin, "The pin of the vault's identity")->required();
  serve->add_option("--listen", wish.listen, "HOST:PORT to listen on; port 0 is any free one")
      ->capture_default_str();
  serve->callback([&run] { run = Serve; });
  for (CLI::App* command : {identity, init, status, serve}) {
    command->add_flag("--json", wish.json, "Print JSON");
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool help = error.get_exit_code() == 0;
    if (help) return app.exit(error);
    std::fprintf(stderr, "strongroom: invalid: %s\n", error.what());
    return kWrongUsage;
  }
  vault::SilenceTpmLibrary();
  Status done = Harden();
  if (done.ok()) done = vault::InitCrypto();
  if (done.ok()) done = run(wish);
  if (done.ok()) return 0;
  std::fprintf(stderr, "strongroom: %s: %s\n",
               std::string(vault::ErrcName(done.error().code)).c_str(),
               done.error().detail.c_str());
  return kRefused;
}
