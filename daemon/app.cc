#include "daemon/app.h"

#include <utility>

#include "daemon/api/metrics.h"
#include "daemon/api/routes.h"
#include "vault/base/log.h"
#include "vault/space.h"

namespace service {

using vault::Result;
using vault::Status;

namespace {

// CellsAtStart are the cells' classes without the unseal secret. One that cannot be opened counts
// as a file, the least of them.
Result<std::vector<vault::CellClass>> CellsAtStart(const vault::VaultWorld& world,
                                                   const vault::VaultPlace& place) {
  TRY(std::vector<vault::CellReport> reports, vault::InspectCells(world, place));
  std::vector<vault::CellClass> cells;
  for (vault::CellReport& report : reports) {
    if (report.found.name.empty()) report.found.name = "file";
    cells.push_back(std::move(report.found));
  }
  return cells;
}

Status UnsealUnattended(VaultGate& gate, const CredentialPlace& place) {
  UnsealWish wish;
  TRY(wish.secret.credential, ReadCredential(place));
  return gate.Unseal(wish);
}

}  // namespace

Result<std::unique_ptr<App>> App::Start(const vault::VaultWorld& world,
                                        const policies::TemplateBook& book, AppOptions options) {
  std::unique_ptr<App> app(new App());
  if (!options.reader_path.empty()) {
    TRY(ingest::Reader reader, ingest::Reader::At(options.reader_path, ingest::ReaderLimits()));
    app->reader_ = std::make_unique<ingest::Reader>(std::move(reader));
  }
  vault::VaultWorld under = world;
  for (const policies::ProcessTemplate* rules : book.Templates()) {
    under.rule_texts.push_back(
        {std::string(rules->template_id()), rules->template_version(), rules->text_hash()});
  }
  TRY(vault::SealedVault sealed, vault::SealedVault::At(under, options.place));
  vault::Space(*world.disk, options.place.data).Keep();
  app->gate_ = std::make_unique<VaultGate>(std::move(sealed), options.trust);
  TRY(options.api.cells, CellsAtStart(world, options.place));
  if (!options.credential.path.empty()) {
    TRY_VOID(UnsealUnattended(*app->gate_, options.credential));
  }
  if (options.api.public_url.empty()) {
    options.api.public_url = "https://localhost:" + std::to_string(options.server.port);
  }
  app->context_ =
      std::make_unique<Context>(*app->gate_, book, app->reader_.get(), std::move(options.api));
  AddRoutes(app->router_, *app->context_);
  options.server.clock = world.clock;
  TRY(app->server_, Server::Start(options.server, app->router_));
  app->sweep_ = std::make_unique<SweepJob>(*app->context_, options.sweep_pause);
  if (options.metrics) {
    options.metrics->clock = world.clock;
    TRY(app->metrics_, MetricsListener::Start(*options.metrics, [app = app.get()] {
          return MetricsText(*app->context_, app->server_->counts());
        }));
  }
  if (!options.mail.host.empty()) {
    app->mail_ = std::make_unique<MailJob>(
        *app->context_, std::make_unique<SmtpCourier>(std::move(options.mail)), options.mail_pause);
  }
  return app;
}

void App::Stop() {
  if (metrics_) metrics_->Stop();
  if (mail_) mail_->Stop();
  if (sweep_) sweep_->Stop();
  if (server_) server_->Stop();
  if (gate_) gate_->Close();
}

}  // namespace service
