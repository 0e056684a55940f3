// Config: the operator's file.
//
//   file    = *( line "\n" )
//   line    = blank / ( "#" / ";" ) comment / "[" section "]" / key "=" value
//   value   = text to the end of the line, outer blanks trimmed
//
// Inside [section] a key stands for section.key. Every key may stand once. Unknown keys, keys of
// parts that are not built yet and bad values are errors that name the line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/vault_gate.h"
#include "daemon/mail/smtp.h"
#include "vault/base/result.h"

namespace service {

// Config is what the file says, with defaults for all but `data`.
struct Config {
  std::string data;                // data: the vault's folder
  std::vector<std::string> cells;  // cells: KIND:PATH, separated by commas
  // Where the standby is now, if not where it was added.
  std::string standby_data;
  std::vector<std::string> standby_cells;
  std::string host = "127.0.0.1";  // listen: HOST:PORT, [V6]:PORT or :PORT
  std::uint16_t port = 8443;
  std::string public_url;                          // public.url; empty: https://localhost:<port>
  std::string tls_certificate;                     // tls.certificate; needed
  std::string tls_key;                             // tls.key; needed
  std::string unseal_credential;                   // unseal.credential: unattended
  ClockTrust clock_trust = ClockTrust::kOperator;  // clock.trust: operator or system
  // metrics.listen: HOST:PORT of this machine alone; without it there are none.
  std::string metrics_host;
  std::uint16_t metrics_port = 0;
  // backup.warn_after: hours after which the last backup is too old; 24.
  vault::UnixSeconds backup_warn_after = vault::kBackupWarnAfter;
  std::uint64_t document_limit = std::uint64_t{10} << 30;  // limits.document: bytes, K, M, G

  // smtp.host, .port, .security (starttls, tls, none), .user, .password.file, .from, .ca
  SmtpSettings mail;

  // Parse reads the text of a file. Errors: kInvalid naming the line.
  static vault::Result<Config> Parse(std::string_view text);
};

}  // namespace service
