// doctor: what this machine offers for keeping secrets and destroying them.
#include <Poco/Crypto/X509Certificate.h>
#include <Poco/DateTime.h>
#include <Poco/Exception.h>
#include <stdlib.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "ingest/reader_client.h"
#include "tools/cli/commands.h"
#include "vault/base/day_words.h"
#include "vault/machine.h"
#include "vault/world.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using vault::MachineFinding;
using Weight = vault::MachineFinding::Weight;

constexpr vault::UnixSeconds kSoon = vault::UnixSeconds{30} * 86400;

struct Doctor {
  std::string data = ".";
  std::vector<std::string> cells;
  std::optional<std::string> certificate;
};

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

MachineFinding CheckDatabase(const std::string& data) {
  MachineFinding finding{"encrypted database", Weight::kMust, false, ""};
  auto world = vault::RealWorld::Make();
  if (!world.ok()) {
    finding.detail = world.error().detail;
    return finding;
  }
  const ScratchFolder scratch(data);
  if (!scratch.made()) {
    finding.detail = "nothing can be written in the data folder";
    return finding;
  }
  const vault::Status proved = world.value()->ProveDatabase(scratch.path());
  finding.ok = proved.ok();
  finding.detail = proved.ok() ? "SQLCipher keeps every setting it needs" : proved.error().detail;
  return finding;
}

// The reader answers only once it is shut in, so an answer proves its confinement.
MachineFinding CheckReader() {
  MachineFinding finding{"reader", Weight::kMust, false, ""};
  std::error_code failure;
  const fs::path self = fs::read_symlink("/proc/self/exe", failure);
  auto reader = ingest::Reader::At((self.parent_path() / "strongroom-reader").string(), {});
  if (failure || !reader.ok()) {
    finding.detail = "strongroom-reader does not stand beside this program";
    return finding;
  }
  const auto outcome = reader.value().Read(vault::AsBytes("plain words"));
  finding.ok = !outcome.readable() && outcome.reason() == ingest::Unreadable::kPlainText;
  finding.detail =
      finding.ok ? "strongroom-reader runs confined" : "strongroom-reader cannot be confined here";
  return finding;
}

MachineFinding CheckCertificate(const std::string& path) {
  MachineFinding finding{"TLS certificate", Weight::kMust, false, ""};
  try {
    const Poco::Crypto::X509Certificate certificate(path);
    const auto begins =
        static_cast<vault::UnixSeconds>(certificate.validFrom().timestamp().epochTime());
    const auto ends =
        static_cast<vault::UnixSeconds>(certificate.expiresOn().timestamp().epochTime());
    const vault::UnixSeconds now = ::time(nullptr);
    finding.ok = begins <= now && now < ends;
    const std::string day = vault::DayWords(vault::LondonDay(ends));
    if (now < begins) {
      finding.detail = "it is not valid before " + vault::DayWords(vault::LondonDay(begins));
    } else {
      finding.detail = finding.ok ? "it is valid until " + day : "it ended on " + day;
    }
    if (finding.ok && ends - now < kSoon) {
      finding.weight = Weight::kAdvice;
      finding.ok = false;
      finding.detail += ": renew it";
    }
  } catch (const Poco::Exception&) {
    finding.detail = "it cannot be read";
  }
  return finding;
}

vault::Status RunDoctor(Client& client, const Doctor& options) {
  std::vector<MachineFinding> findings = vault::CheckProcess();
  for (MachineFinding& finding : vault::CheckPlace({options.data, options.cells})) {
    findings.push_back(std::move(finding));
  }
  findings.push_back(CheckDatabase(options.data));
  findings.push_back(CheckReader());
  if (options.certificate) findings.push_back(CheckCertificate(*options.certificate));
  vault::Plaintext list;
  std::size_t failed = 0;
  for (const MachineFinding& finding : findings) {
    failed += finding.fatal() ? 1 : 0;
    JsonObject object;
    object.Set("check", finding.check)
        .SetFlag("ok", finding.ok)
        .SetFlag("must", finding.weight == Weight::kMust)
        .Set("detail", finding.detail);
    list.Append(vault::AsBytes(list.size() == 0 ? "[" : ","));
    list.Append(std::move(object).Take().view());
  }
  list.Append(vault::AsBytes("]"));
  TRY_VOID(client.PrintList(
      std::string(list.text()),
      {{"check", "Check"}, {"ok", "In order"}, {"must", "Needed"}, {"detail", "What was found"}}));
  if (failed == 0) return vault::Ok();
  return vault::Unavailable(std::to_string(failed) + (failed == 1
                                                          ? " thing that is needed is missing"
                                                          : " things that are needed are missing"));
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Client& client) {
  auto options = std::make_shared<Doctor>();
  CLI::App* command = AddCommand(app, "doctor", "Test this machine; needs no daemon",
                                 "strongroom doctor --data /srv/strongroom");
  command->add_option("--data", options->data,
                      "The folder where the vault is or will be (else this one)");
  command->add_option("--cell", options->cells,
                      "Erasure cell as at init, KIND:PATH, repeatable (else DATA.cell)");
  command->add_option("--certificate", options->certificate, "The daemon's TLS certificate");
  command->callback([&client, options] {
    client.plan.run = [&client, options] { return RunDoctor(client, *options); };
  });
}

}  // namespace tools
