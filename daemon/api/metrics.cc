#include "daemon/api/metrics.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace service {

using vault::Result;
using vault::Status;

namespace {

// MetricsPage writes families one after the other.
//
//   family = "# HELP " name " " words LF "# TYPE " name " " type LF *( name [labels] " " value LF )
class MetricsPage {
 public:
  MetricsPage& Gauge(std::string_view name, std::string_view help) {
    return Family(name, help, "gauge");
  }
  MetricsPage& Counter(std::string_view name, std::string_view help) {
    return Family(name, help, "counter");
  }
  MetricsPage& Value(std::uint64_t value) { return Line("", std::to_string(value)); }
  // Age is in seconds; what never happened is infinitely old, so that an alarm on age goes off.
  MetricsPage& Age(const std::optional<vault::UnixSeconds>& age) {
    return Line("", age ? std::to_string(std::max<vault::UnixSeconds>(0, *age)) : "+Inf");
  }
  MetricsPage& Labelled(std::string_view label, std::string_view of, std::uint64_t value) {
    return Line("{" + std::string(label) + "=\"" + Escaped(of) + "\"}", std::to_string(value));
  }
  std::string Take() { return std::move(text_); }

 private:
  MetricsPage& Family(std::string_view name, std::string_view help, std::string_view type) {
    name_ = "strongroom_" + std::string(name);
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n";
    text_ += "# TYPE " + name_ + " " + std::string(type) + "\n";
    return *this;
  }
  MetricsPage& Line(const std::string& labels, const std::string& value) {
    text_ += name_ + labels + " " + value + "\n";
    return *this;
  }
  static std::string Escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '\\' || c == '"') out += '\\';
      out += c == '\n' ? ' ' : c;
    }
    return out;
  }
  std::string name_;
  std::string text_;
};

void AddDebt(MetricsPage& page, const std::vector<vault::DebtItem>& items, vault::UnixSeconds now) {
  std::map<vault::DebtReason, std::uint64_t> counts;
  // Without debt the oldest is no seconds old.
  vault::UnixSeconds oldest = 0;
  for (const vault::DebtItem& item : items) {
    counts[item.reason] += item.objects;
    oldest = std::max(oldest, now - item.due);
  }
  page.Gauge("deletion_debt_objects", "What is due for destruction and not destroyed, by reason.");
  for (const vault::DebtReason reason : vault::AllDebtReasons()) {
    page.Labelled("reason", vault::DebtReasonName(reason), counts[reason]);
  }
  page.Gauge("deletion_debt_oldest_seconds", "How long the oldest of it has been due.").Age(oldest);
  page.Gauge("breaker_stopped", "1 while the breaker holds records that fell due.")
      .Value(counts[vault::DebtReason::kBreaker] != 0 ? 1 : 0);
}

void AddCopies(MetricsPage& page, const vault::VaultStatus& status) {
  std::map<std::string, std::uint64_t> cells;
  for (const vault::CellClass& cell : status.cells) ++cells[cell.name];
  page.Gauge("cells", "Erasure cells of this copy, by what they were found to be.");
  for (const auto& [name, count] : cells) page.Labelled("class", name, count);
  std::map<std::string, std::uint64_t> copies = {
      {"primary", 0}, {"standby", 0}, {"evicted", 0}, {"left-behind", 0}};
  std::uint64_t behind = 0;
  for (const vault::CopyView& copy : status.copies) {
    ++copies[copy.state];
    behind += copy.state == "standby" && !copy.reached ? 1 : 0;
  }
  page.Gauge("copies", "Copies of the key tree, by state.");
  for (const auto& [state, count] : copies) page.Labelled("state", state, count);
  page.Gauge("copies_behind", "Copies that must follow and cannot be reached.").Value(behind);
}

Status AddVault(MetricsPage& page, vault::Vault& vault) {
  TRY(const vault::VaultStatus status, vault.Describe());
  TRY(const std::vector<vault::DebtItem> debt, vault.debt().List());
  const vault::UnixSeconds now = vault.Now().low;
  const auto since = [now](const std::optional<vault::UnixSeconds>& time) {
    return time ? std::optional<vault::UnixSeconds>(now - *time) : std::nullopt;
  };
  page.Gauge("anchored", "1 once the date was confirmed.").Value(status.anchored ? 1 : 0);
  page.Gauge("epoch", "Epoch of the key tree: each destruction begins one.").Value(status.epoch);
  page.Gauge("log_entries", "Entries of the audit log.").Value(status.log_size);
  AddDebt(page, debt, now);
  page.Gauge("box_debt", "Boxes that a session of the unit has still to make.")
      .Value(status.box_debt);
  page.Gauge("orphans", "Keys without a row in the register.").Value(status.orphans);
  AddCopies(page, status);
  page.Gauge("backup_age_seconds", "Since the last backup.").Age(since(status.backup));
  page.Gauge("sweep_age_seconds", "Since a sweep last went through to its end.")
      .Age(since(vault.sweep().LastRun()));
  page.Gauge("warnings", "Warnings that status gives in words.").Value(status.warnings.size());
  return vault::Ok();
}

}  // namespace

Result<std::string> MetricsText(Context& context, const RequestCounts& requests) {
  MetricsPage page;
  page.Gauge("build_info", "Always 1; the label is the version.")
      .Labelled("version", context.settings.version, 1);
  {
    const auto pass = context.gate.Enter();
    page.Gauge("sealed", "1 while the vault is sealed: then nothing below is known of it.")
        .Value(pass.ok() ? 0 : 1);
    if (pass.ok()) TRY_VOID(AddVault(page, pass.value().vault()));
  }
  page.Counter("sweeps_total", "Sweeps that went through, since the start of the service.")
      .Value(context.sweeps.done);
  page.Counter("sweeps_failed_total", "Sweeps that broke off.").Value(context.sweeps.failed);
  page.Counter("sweep_keys_destroyed_total", "Keys that sweeps destroyed.")
      .Value(context.sweeps.keys);
  page.Counter("requests_total", "Answers, by the first digit of their status.");
  for (int digit = 1; digit <= 5; ++digit) {
    page.Labelled("status", std::to_string(digit) + "xx", requests.answered(digit));
  }
  page.Counter("answers_broken_total", "Answers that began and could not be finished.")
      .Value(requests.broken());
  return page.Take();
}

}  // namespace service
