#include "daemon/config.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "daemon/http/metrics_listener.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;
using vault::Status;

namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

vault::Error Bad(std::string_view rule) { return vault::Invalid(std::string(rule)); }

Status SetText(std::string& out, std::string_view value) {
  if (value.empty()) return Bad("a value is missing");
  out = value;
  return vault::Ok();
}

Status AddCells(std::vector<std::string>& cells, std::string_view value) {
  for (const std::string_view part : vault::Split(value, ',')) {
    const std::string_view cell = Trimmed(part);
    const std::size_t colon = cell.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == cell.size()) {
      return Bad("a cell is KIND:PATH");
    }
    cells.emplace_back(cell);
  }
  return vault::Ok();
}

struct Place {
  std::string host;  // empty: none was given
  std::uint16_t port = 0;
};
Result<Place> ParsePlace(std::string_view value) {
  const std::size_t colon = value.rfind(':');
  if (colon == std::string_view::npos) return Bad("an address to listen on is HOST:PORT");
  const auto port = vault::ParseDecimal(value.substr(colon + 1));
  if (!port.ok() || port.value() > std::numeric_limits<std::uint16_t>::max()) {
    return Bad("a port is a number from 0 to 65535");
  }
  std::string_view host = value.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return Bad("an IPv6 address stands in brackets");
  }
  return Place{std::string(host), static_cast<std::uint16_t>(port.value())};
}

Status SetListen(Config& config, std::string_view value) {
  TRY(const Place place, ParsePlace(value));
  if (!place.host.empty()) config.host = place.host;
  config.port = place.port;
  return vault::Ok();
}

// Whoever can reach the figures can read them: they go no further than this machine.
Status SetMetrics(Config& config, std::string_view value) {
  TRY(const Place place, ParsePlace(value));
  config.metrics_host = place.host.empty() ? "127.0.0.1" : place.host;
  config.metrics_port = place.port;
  if (IsLoopback(config.metrics_host)) return vault::Ok();
  return Bad("metrics are for this machine alone: 127.0.0.1:PORT or [::1]:PORT");
}

Status SetPublicUrl(Config& config, std::string_view value) {
  while (value.ends_with('/')) value.remove_suffix(1);
  constexpr std::string_view kScheme = "https://";
  if (!value.starts_with(kScheme) || value.size() == kScheme.size() ||
      value.find_first_of(" #?") != std::string_view::npos) {
    return Bad("a public address begins with https://");
  }
  config.public_url = value;
  return vault::Ok();
}

Status SetTrust(Config& config, std::string_view value) {
  if (value != "operator" && value != "system") return Bad("clock.trust is operator or system");
  config.clock_trust = value == "system" ? ClockTrust::kSystem : ClockTrust::kOperator;
  return vault::Ok();
}

Status SetDocumentLimit(Config& config, std::string_view value) {
  unsigned shift = 0;
  if (value.ends_with('K')) shift = 10;
  if (value.ends_with('M')) shift = 20;
  if (value.ends_with('G')) shift = 30;
  if (shift != 0) value.remove_suffix(1);
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  const auto number = vault::ParseDecimal(value);
  if (!number.ok() || number.value() == 0 || number.value() > (kMost >> shift)) {
    return Bad("a limit is a number of bytes, or one with K, M or G");
  }
  config.document_limit = number.value() << shift;
  return vault::Ok();
}

Status SetSmtpPort(Config& config, std::string_view value) {
  const auto port = vault::ParseDecimal(value);
  if (!port.ok() || port.value() == 0 || port.value() > std::numeric_limits<std::uint16_t>::max()) {
    return Bad("a port is a number from 1 to 65535");
  }
  config.mail.port = static_cast<std::uint16_t>(port.value());
  return vault::Ok();
}

Status SetSmtpSecurity(Config& config, std::string_view value) {
  if (value != "starttls" && value != "tls" && value != "none") {
    return Bad("smtp.security is starttls, tls or none");
  }
  config.mail.security = value == "starttls" ? SmtpSecurity::kStartTls
                         : value == "tls"    ? SmtpSecurity::kTls
                                             : SmtpSecurity::kNone;
  return vault::Ok();
}

Status SetSender(Config& config, std::string_view value) {
  const std::size_t at = value.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == value.size() ||
      value.find_first_of(" <>,") != std::string_view::npos) {
    return Bad("smtp.from is an e-mail address");
  }
  config.mail.from = value;
  return vault::Ok();
}

Status SetBackupWarning(Config& config, std::string_view value) {
  constexpr std::uint64_t kMostHours = 24 * 366;
  const auto hours = vault::ParseDecimal(value);
  if (!hours.ok() || hours.value() == 0 || hours.value() > kMostHours) {
    return Bad("backup.warn_after is a number of hours, 1 to 8784");
  }
  config.backup_warn_after = static_cast<vault::UnixSeconds>(hours.value()) * 3600;
  return vault::Ok();
}

using Setter = Status (*)(Config&, std::string_view);

struct Key {
  std::string_view name;
  Setter set;
};
constexpr std::array<Key, 20> kKeys = {{
    {"data", [](Config& c, std::string_view v) { return SetText(c.data, v); }},
    {"cells", [](Config& c, std::string_view v) { return AddCells(c.cells, v); }},
    {"standby.data", [](Config& c, std::string_view v) { return SetText(c.standby_data, v); }},
    {"standby.cells", [](Config& c, std::string_view v) { return AddCells(c.standby_cells, v); }},
    {"listen", SetListen},
    {"public.url", SetPublicUrl},
    {"tls.certificate",
     [](Config& c, std::string_view v) { return SetText(c.tls_certificate, v); }},
    {"tls.key", [](Config& c, std::string_view v) { return SetText(c.tls_key, v); }},
    {"unseal.credential",
     [](Config& c, std::string_view v) { return SetText(c.unseal_credential, v); }},
    {"clock.trust", SetTrust},
    {"metrics.listen", SetMetrics},
    {"backup.warn_after", SetBackupWarning},
    {"limits.document", SetDocumentLimit},
    {"smtp.host", [](Config& c, std::string_view v) { return SetText(c.mail.host, v); }},
    {"smtp.port", SetSmtpPort},
    {"smtp.security", SetSmtpSecurity},
    {"smtp.user", [](Config& c, std::string_view v) { return SetText(c.mail.user, v); }},
    {"smtp.password.file",
     [](Config& c, std::string_view v) { return SetText(c.mail.password_file, v); }},
    {"smtp.from", SetSender},
    {"smtp.ca", [](Config& c, std::string_view v) { return SetText(c.mail.authority, v); }},
}};

// Keys of the contract whose part of the service is not there yet. To pass over one in silence
// would let an operator believe that mail is fetched or files are scanned.
constexpr std::array<std::string_view, 4> kNotBuilt = {"intake.", "scan.", "portal.", "limits."};

bool IsNotBuilt(std::string_view key) {
  return std::any_of(kNotBuilt.begin(), kNotBuilt.end(), [&](std::string_view family) {
    return key.starts_with(family) && key.size() > family.size();
  });
}

// ConfigReader takes the file line by line.
class ConfigReader {
 public:
  Status Line(std::string_view line) {
    line = Trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') return vault::Ok();
    if (line.front() == '[') {
      if (line.back() != ']') return Bad("a section is written [name]");
      section_ = Trimmed(line.substr(1, line.size() - 2));
      return vault::Ok();
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return Bad("a line is key = value");
    std::string key(Trimmed(line.substr(0, equals)));
    if (!section_.empty()) key = section_ + "." + key;
    const auto* const known =
        std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& one) { return one.name == key; });
    if (known == kKeys.end()) {
      return Bad(IsNotBuilt(key) ? "not built yet: this part of the service does not exist"
                                 : "there is no such key");
    }
    if (!seen_.insert(key).second) return Bad("this key was set before");
    return known->set(config_, Trimmed(line.substr(equals + 1)));
  }
  Result<Config> Finish() {
    for (const std::string_view needed : {"data", "tls.certificate", "tls.key"}) {
      if (!seen_.contains(std::string(needed))) {
        return Bad("the configuration needs the key " + std::string(needed));
      }
    }
    TRY_VOID(CheckMail());
    return std::move(config_);
  }

 private:
  // Mail is all there or not at all, and never in clear to another machine.
  Status CheckMail() const {
    const SmtpSettings& mail = config_.mail;
    const bool any = std::any_of(seen_.begin(), seen_.end(),
                                 [](const std::string& key) { return key.starts_with("smtp."); });
    if (!any) return vault::Ok();
    if (mail.host.empty()) return Bad("mail needs the key smtp.host");
    if (mail.from.empty()) return Bad("mail needs the key smtp.from");
    if (mail.user.empty() != mail.password_file.empty()) {
      return Bad("smtp.user and smtp.password.file belong together");
    }
    const bool here = mail.host == "localhost" || mail.host == "127.0.0.1" || mail.host == "::1";
    if (mail.security == SmtpSecurity::kNone && (!here || !mail.user.empty())) {
      return Bad("smtp.security = none is for a mail server on this machine, without an account");
    }
    return vault::Ok();
  }

  Config config_;
  std::string section_;
  std::set<std::string> seen_;
};

}  // namespace

Result<Config> Config::Parse(std::string_view text) {
  ConfigReader reader;
  std::size_t number = 0;
  for (const std::string_view line : vault::Split(text, '\n')) {
    ++number;
    const Status status = reader.Line(line);
    if (!status.ok()) {
      return Bad("line " + std::to_string(number) + ": " + status.error().detail);
    }
  }
  return reader.Finish();
}

}  // namespace service
