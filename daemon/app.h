// App: puts the daemon together: rules, reader, vault, routes, server, sweep.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/api/context.h"
#include "daemon/credential.h"
#include "daemon/http/metrics_listener.h"
#include "daemon/http/router.h"
#include "daemon/http/server.h"
#include "daemon/jobs/mail.h"
#include "daemon/jobs/sweep.h"
#include "daemon/mail/smtp.h"
#include "vault/vault.h"

namespace service {

// AppOptions is everything the operator and the machine decide.
struct AppOptions {
  vault::VaultPlace place;
  ClockTrust trust = ClockTrust::kOperator;
  CredentialPlace credential;  // an empty path: somebody unseals by hand
  ServerOptions server;
  ApiSettings api;          // an empty public_url becomes https://localhost:<port>
  std::string reader_path;  // absolute; empty: no form is read
  SmtpSettings mail;        // an empty host: no mail is sent
  std::chrono::milliseconds mail_pause = std::chrono::minutes(5);
  std::chrono::milliseconds sweep_pause = std::chrono::minutes(1);
  std::optional<MetricsPlace> metrics;  // none: nobody is given any
};

// App runs until Stop.    Threads: Start and Stop from one thread.
class App {
 public:
  // Start opens everything and serves. The world and the book of rules, which is also in it,
  // outlive the app.
  // Errors: kNotFound there is no vault in the data folder, or no reader; kInvalid certificate or
  // credential; kDenied the credential is another vault's; kUnavailable.
  static vault::Result<std::unique_ptr<App>> Start(const vault::VaultWorld& world,
                                                   const policies::TemplateBook& book,
                                                   AppOptions options);
  ~App() { Stop(); }
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  std::uint16_t port() const { return server_->port(); }
  // metrics_port is 0 without metrics.
  std::uint16_t metrics_port() const { return metrics_ ? metrics_->port() : 0; }
  Context& context() { return *context_; }

  // Stop takes no new request, lets running ones finish, and lets the vault go.
  void Stop();

 private:
  App() = default;
  std::unique_ptr<ingest::Reader> reader_;
  std::unique_ptr<VaultGate> gate_;
  std::unique_ptr<Context> context_;
  Router router_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<SweepJob> sweep_;
  std::unique_ptr<MetricsListener> metrics_;
  std::unique_ptr<MailJob> mail_;
};

}  // namespace service
