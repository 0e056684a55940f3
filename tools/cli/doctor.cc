// doctor: what this machine offers for keeping secrets and destroying them.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "ingest/reader_client.h"
#include "tools/cli/commands.h"
#include "vault/base/civil.h"
#include "vault/world.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string check;
  bool ok;
  std::string detail;
};

using World = vault::Result<std::unique_ptr<vault::RealWorld>>;

// The world is made only where a probe of locked memory succeeds.
Finding CheckLockedMemory(const World& world) {
  const bool locks = world.ok();
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
    return {"locked memory", false, "the limit cannot be read"};
  }
  const std::string allowed = limit.rlim_cur == RLIM_INFINITY
                                  ? std::string("without limit")
                                  : std::to_string(limit.rlim_cur / 1024) + " KiB";
  return {"locked memory", locks,
          locks ? "keys can be locked into memory: " + allowed
                : "keys cannot be locked into memory (limit: " + allowed + "); raise memlock"};
}

Finding CheckSwap() {
  std::ifstream swaps("/proc/swaps");
  std::string line;
  int areas = -1;  // the first line is a heading
  while (std::getline(swaps, line)) ++areas;
  if (areas < 0) return {"swap", false, "the swap areas cannot be listed"};
  return {"swap", areas == 0,
          areas == 0 ? "no swap area is in use"
                     : "swap is in use: what is read in plain may reach that disk; encrypt it or "
                       "switch it off"};
}

// Tried, then put back: who runs this program may want to debug it.
Finding CheckCoreDumps() {
  rlimit before{};
  const int dumpable = ::prctl(PR_GET_DUMPABLE);
  bool off = ::getrlimit(RLIMIT_CORE, &before) == 0;
  const rlimit none{0, before.rlim_max};
  off = off && ::setrlimit(RLIMIT_CORE, &none) == 0 && ::prctl(PR_SET_DUMPABLE, 0) == 0 &&
        ::prctl(PR_GET_DUMPABLE) == 0;
  ::setrlimit(RLIMIT_CORE, &before);
  ::prctl(PR_SET_DUMPABLE, dumpable);
  return {"core dumps", off,
          off ? "a program can switch its core dumps off" : "core dumps cannot be switched off"};
}

// A folder for the length of one check.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& parent) : path_(parent + "/strongroom-doctor.XXXXXX") {
    made_ = ::mkdtemp(path_.data()) != nullptr;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

Finding CheckDatabase(vault::RealWorld& world, const std::string& folder) {
  auto proved = world.ProveDatabase(folder);
  return {"encrypted database", proved.ok(),
          proved.ok() ? "SQLCipher keeps every setting it needs" : proved.error().detail};
}

Finding CheckDirectReading(const std::string& folder) {
  const int place = ::open(folder.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC);
  if (place < 0) return {"direct reading", false, "the folder cannot be opened"};
  const int file = ::openat(place, "direct", O_CREAT | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
  ::close(place);
  if (file < 0) {
    return {"direct reading", false,
            "this file system reads through its cache only: a destruction is verified after "
            "dropping the cached pages"};
  }
  ::close(file);
  return {"direct reading", true, "a destruction can be verified from the device itself"};
}

// The reader answers only once it is shut in, so an answer proves its confinement.
Finding CheckReader() {
  std::error_code failure;
  const fs::path self = fs::read_symlink("/proc/self/exe", failure);
  auto reader = ingest::Reader::At((self.parent_path() / "strongroom-reader").string(), {});
  if (failure || !reader.ok()) {
    return {"reader", false, "strongroom-reader does not stand beside this program"};
  }
  const auto outcome = reader.value().Read(vault::AsBytes("plain words"));
  const bool answered = !outcome.readable() && outcome.reason() == ingest::Unreadable::kPlainText;
  return {
      "reader", answered,
      answered ? "strongroom-reader runs confined" : "strongroom-reader cannot be confined here"};
}

Finding CheckClock() {
  timex state{};
  const int result = ::adjtimex(&state);
  const std::string day = vault::LondonDay(::time(nullptr)).ToText();
  if (result < 0) return {"clock", true, "the date is " + day + "; whether it is kept is unknown"};
  const bool kept = result != TIME_ERROR;
  return {"clock", kept,
          "the date is " + day +
              (kept ? "; the clock is kept in step with a time source"
                    : "; no time source keeps the clock in step: confirm the "
                      "date at unseal")};
}

vault::Status RunDoctor(Client& client, const std::string& data) {
  std::vector<Finding> findings;
  const World world = vault::RealWorld::Make();
  findings.push_back(CheckLockedMemory(world));
  findings.push_back(CheckSwap());
  findings.push_back(CheckCoreDumps());
  ScratchFolder scratch(data);
  if (scratch.made()) {
    if (world.ok()) findings.push_back(CheckDatabase(*world.value(), scratch.path()));
    findings.push_back(CheckDirectReading(scratch.path()));
  } else {
    findings.push_back({"data folder", false, "nothing can be written there"});
  }
  findings.push_back(CheckReader());
  findings.push_back(CheckClock());
  vault::Plaintext list;
  for (const auto& finding : findings) {
    JsonObject object;
    object.Set("check", finding.check).SetFlag("ok", finding.ok).Set("detail", finding.detail);
    list.Append(vault::AsBytes(list.size() == 0 ? "[" : ","));
    list.Append(std::move(object).Take().view());
  }
  list.Append(vault::AsBytes("]"));
  return client.PrintList(std::string(list.text()),
                          {{"check", "Check"}, {"ok", "In order"}, {"detail", "What was found"}});
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Client& client) {
  auto data = std::make_shared<std::string>(".");
  CLI::App* command = AddCommand(app, "doctor", "Test this machine; needs no daemon",
                                 "strongroom doctor --data /srv/strongroom");
  command->add_option("--data", *data, "The folder where the vault is or will be (else this one)");
  command->callback(
      [&client, data] { client.plan.run = [&client, data] { return RunDoctor(client, *data); }; });
}

}  // namespace tools
