// deletion_campaign lives through random histories of the real vault, with faults and crashes, and
// lets the attackers of FORMAT.md §1 loose on everything each of them ever wrote.
//
//   deletion_campaign --histories N --seed S [--first F] [--only K] [--acts A] [--jobs J]
//                     [--enough E]
//
// The last line is "N histories, V violations". Exit 0: none; 1: some; 2: wrong usage. A violation
// is printed with its history's number, and --seed S --only K lives through that history alone,
// telling what happens. Histories are numbered from 0, or from F, so that a long run can be done in
// parts. After E violations no other history is begun.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "policies/rule_book.h"
#include "tests/campaign/history.h"
#include "tests/support/temp_folder.h"
#include "vault/crypto/bulk.h"

namespace {

using vault::Beginning;
using vault::History;
using vault::HistoryWorld;
using vault::Record;

// Ample: pages that are not written cost nothing.
constexpr std::size_t kRecordBytes = std::size_t{1} << 30;
// So many histories share a beginning.
constexpr std::uint64_t kGroup = 32;

struct Orders {
  std::uint64_t histories = 0;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
  std::optional<std::uint64_t> only;
  int acts = 40;
  unsigned jobs = 1;
  std::uint64_t enough = ~std::uint64_t{0};
};

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<Orders> Read(const std::vector<std::string_view>& arguments) {
  Orders orders;
  orders.jobs = std::max(1u, std::thread::hardware_concurrency());
  std::map<std::string_view, std::uint64_t> given;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return std::nullopt;
    const auto value = Number(arguments[i + 1]);
    if (!value || !given.emplace(arguments[i], *value).second) return std::nullopt;
  }
  const auto take = [&given](std::string_view name) -> std::optional<std::uint64_t> {
    const auto found = given.extract(name);
    if (found.empty()) return std::nullopt;
    return found.mapped();
  };
  const auto seed = take("--seed");
  const auto histories = take("--histories");
  orders.only = take("--only");
  if (const auto first = take("--first")) orders.first = *first;
  if (const auto acts = take("--acts")) orders.acts = static_cast<int>(*acts);
  if (const auto enough = take("--enough")) orders.enough = *enough;
  if (const auto jobs = take("--jobs")) orders.jobs = static_cast<unsigned>(*jobs);
  if (!given.empty() || !seed || (!histories && !orders.only)) return std::nullopt;
  if (orders.jobs == 0 || orders.jobs > 64 || orders.acts > 1000) return std::nullopt;
  orders.seed = *seed;
  orders.histories = orders.only ? 1 : *histories;
  return orders;
}

class Campaign {
 public:
  Campaign(const Orders& orders, const vault::RuleBook& rules) : orders_(orders), rules_(rules) {}

  int Run() {
    std::vector<Slot> slots(std::min<std::uint64_t>(orders_.jobs, orders_.histories));
    for (Slot& slot : slots) slot.record = std::make_unique<Record>(kRecordBytes);
    std::uint64_t begun = 0;
    const auto more = [&] { return begun < orders_.histories && violations_ < orders_.enough; };
    while (more() || Busy(slots)) {
      for (Slot& slot : slots) {
        if (slot.process == 0 && more()) {
          Begin(slot, orders_.only.value_or(orders_.first + begun));
          ++begun;
        }
      }
      Wait(slots);
    }
    std::printf(
        "%llu crashes, %llu epochs, %llu judgements, %llu documents filed, %llu records written, "
        "%llu agencies followed\n",
        Total(Record::kCrashes), Total(Record::kEpochs), Total(Record::kJudgements),
        Total(Record::kFiled), Total(Record::kRecords), Total(Record::kSuccessions));
    std::printf(
        "destroyed: %llu documents and records, %llu loans, %llu links, %llu boxes withdrawn, "
        "%llu boxes of named readers, %llu details, %llu passwords and tokens\n",
        Total(Record::kDestroyed), Total(Record::kLoans), Total(Record::kLinks),
        Total(Record::kBoxes), Total(Record::kNamed), Total(Record::kDetails),
        Total(Record::kSecrets));
    std::printf(
        "%llu backups, %llu restores, %llu orphans recovered, %llu ended, %llu standbys, "
        "%llu given up, %llu promoted\n",
        Total(Record::kBackups), Total(Record::kRestores), Total(Record::kRecovered),
        Total(Record::kEnded), Total(Record::kStandbys), Total(Record::kEvictions),
        Total(Record::kPromotions));
    std::printf("%llu histories, %llu violations\n", static_cast<unsigned long long>(begun),
                static_cast<unsigned long long>(violations_));
    return violations_ == 0 ? 0 : 1;
  }

 private:
  struct Slot {
    std::unique_ptr<Record> record;
    std::unique_ptr<vault::TempFolder> scratch;
    pid_t process = 0;
    std::uint64_t number = 0;
    std::unique_ptr<vault::TempFolder> cradle;
    std::uint64_t group = ~std::uint64_t{0};
    Beginning beginning;
  };

  static bool Busy(const std::vector<Slot>& slots) {
    for (const Slot& slot : slots) {
      if (slot.process != 0) return true;
    }
    return false;
  }
  unsigned long long Total(Record::Tally tally) const { return tallies_[tally]; }

  void Begin(Slot& slot, std::uint64_t number) {
    slot.number = number;
    slot.record->Clear();
    const bool tell = orders_.only.has_value();
    Prepare(slot);
    slot.scratch = std::make_unique<vault::TempFolder>();
    std::fflush(nullptr);
    slot.process = ::fork();
    CHECK(slot.process >= 0);
    if (slot.process != 0) return;
    if (!tell && std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(1);
    const HistoryWorld world{*slot.record, rules_, slot.scratch->path(), tell};
    History(world, orders_.seed, number).Run(std::move(slot.beginning), orders_.acts);
  }

  // Prepare sets up the vault that a group of histories begins with. They fork from here, so none
  // of them sees what another did.
  void Prepare(Slot& slot) {
    const std::uint64_t group = slot.number / kGroup;
    if (slot.group == group) return;
    slot.group = group;
    slot.beginning = {};
    slot.cradle = std::make_unique<vault::TempFolder>();
    const HistoryWorld world{*slot.record, rules_, slot.cradle->path(), false};
    slot.beginning = History(world, orders_.seed, ~group).Begin();
  }

  void Wait(std::vector<Slot>& slots) {
    int state = 0;
    const pid_t ended = ::wait(&state);
    for (Slot& slot : slots) {
      if (slot.process != ended) continue;
      slot.process = 0;
      if (!WIFEXITED(state) || WEXITSTATUS(state) != vault::kHistoryDone) {
        slot.record->Report("the history did not come to its end");
      }
      if (slot.record->violations() != 0) {
        std::printf("seed %llu history %llu:\n%s", static_cast<unsigned long long>(orders_.seed),
                    static_cast<unsigned long long>(slot.number), slot.record->report().c_str());
        std::fflush(stdout);
      }
      violations_ += slot.record->violations();
      for (unsigned i = 0; i < Record::kTallies; ++i) {
        tallies_[i] += slot.record->tally(static_cast<Record::Tally>(i));
      }
      slot.scratch.reset();
    }
  }

  const Orders& orders_;
  const vault::RuleBook& rules_;
  std::uint64_t violations_ = 0;
  unsigned long long tallies_[Record::kTallies] = {};
};

}  // namespace

int main(int argc, char** argv) {
  const auto orders = Read({argv + 1, argv + argc});
  if (!orders) {
    std::fputs(
        "usage: deletion_campaign --histories N --seed S [--first F] [--only K] [--acts A] "
        "[--jobs J] [--enough E]\n",
        stderr);
    return 2;
  }
  if (!vault::InitCrypto().ok()) return 2;
  auto rules = policies::TemplateBook::LoadFolder(
      std::string(STRONGROOM_SOURCE_DIR) + "/policies",
      [](vault::ByteView text) { return vault::EncodeHex(vault::Sha256(text)); });
  if (!rules.ok()) return 2;
  // Processes end by the thousand here, on purpose.
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  return Campaign(*orders, *rules.value()).Run();
}
