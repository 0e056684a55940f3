// Smtp: mails through a mail server, never in clear.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/mail/courier.h"
#include "vault/base/wiped.h"

namespace service {

// SmtpSecurity: by STARTTLS on an open connection, or TLS from the first byte. kNone is for a
// server on this very machine, which passes mails on.
enum class SmtpSecurity : std::uint8_t { kStartTls, kTls, kNone };

// SmtpSettings is what the operator decides.
struct SmtpSettings {
  std::string host;  // empty: no mail is sent
  std::uint16_t port = 587;
  SmtpSecurity security = SmtpSecurity::kStartTls;
  std::string user;           // empty: without an account
  std::string password_file;  // a file that nobody else may read
  std::string from;
  std::string authority;  // PEM of who vouches for the server; empty: the system's
};

// ReadMailPassword reads the file; one trailing newline is left out.
// Errors: kNotFound; kDenied others may read or write it; kInvalid empty, too long, no plain file.
vault::Result<vault::Plaintext> ReadMailPassword(const std::string& path);

// SmtpCourier opens a connection for each mail. The password is read then, so that a new one works
// without a restart.    Threads: one at a time.
class SmtpCourier final : public Courier {
 public:
  explicit SmtpCourier(SmtpSettings settings) : settings_(std::move(settings)) {}
  vault::Result<Delivery> Deliver(const MailText& mail) override;

 private:
  SmtpSettings settings_;
};

}  // namespace service
