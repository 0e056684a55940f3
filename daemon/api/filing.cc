// file: a document on its way in, streamed into its container and, beside it, through the reader.
#include "daemon/api/door.h"
#include "daemon/api/form_json.h"
#include "daemon/api/other_agency.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "ingest/form_wire.h"

namespace service {

using vault::Result;

namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;
constexpr std::string_view kChannel = "upload";

struct FilingPlan {
  vault::FilingStream stream;
  bool parsed = false;
  vault::AgencyId owner;
};

// Judge decides before the first byte of the body is read.
Result<FilingPlan> Judge(const Visit& visit, const Request& request) {
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, *request.Query("matter")));
  vault::Access::FilingWish wish;
  wish.class_code = *request.Query("class");
  if (const auto agency = request.Query("agency")) {
    TRY(wish.agency, AgencyNamed(*agency));
  }
  TRY(const vault::ClassRule rule, matter.rules->Class(wish.class_code));
  if (const auto name = request.Query("subject")) {
    TRY(const vault::SubjectRow subject, KnownSubject(visit, matter, *name));
    wish.subject = subject.id;
  }
  TRY(vault::FilingGrant grant, vault.access().DecideFiling(visit.actor, matter, wish));
  const vault::AgencyId owner = grant.owner();
  TRY(vault::FilingStream stream,
      vault.documents().Begin(std::move(grant), request.Query("name").value_or(""), kChannel));
  return FilingPlan{std::move(stream), rule.parsed, owner};
}

struct Read {
  vault::FormOutcome outcome;
  std::vector<std::string> findings;
};

// Told here and not by the reader, which knows no agency.
constexpr std::string_view kOtherAgency =
    "the form says that it is of another agency than the one it is filed for";

Read Outcome(const ingest::ReadOutcome& outcome, const vault::AgencyId& owner,
             const std::vector<vault::AgencyView>& agencies) {
  Read read;
  if (outcome.readable()) {
    auto encoded = ingest::EncodeForm(outcome.form());
    if (encoded.ok()) {
      read.outcome.state = "read";
      read.outcome.form = std::move(encoded).value();
      for (const ingest::Finding& finding : outcome.form().findings) {
        read.findings.push_back(finding.text());
      }
      if (SaysOtherAgency(outcome.form().agency, owner, agencies)) {
        read.findings.emplace_back(kOtherAgency);
      }
    } else {
      read.outcome.state = "unreadable";
      read.findings.emplace_back(ingest::UnreadableText(ingest::Unreadable::kTooLarge));
    }
  } else {
    read.outcome.state = "unreadable";
    read.findings.emplace_back(ingest::UnreadableText(outcome.reason()));
  }
  for (const std::string& sentence : read.findings) {
    read.outcome.findings += read.outcome.findings.empty() ? "" : "\n";
    read.outcome.findings += sentence;
  }
  return read;
}

Result<Response> FileDocument(Door& door) {
  const Request& request = door.request();
  TRY_VOID(request.OnlyQuery({"matter", "class", "agency", "subject", "name"}));
  if (!request.Query("matter") || !request.Query("class")) {
    return vault::Invalid("a filing names a matter and a class");
  }
  TRY(const Visit visit, door.EnterFor(Reach::kFiling, Anchoring::kNeeded));
  TRY(FilingPlan plan, Judge(visit, request));
  std::optional<ingest::Reading> reading;
  if (plan.parsed && door.context().reader != nullptr) {
    reading.emplace(door.context().reader->Start());
  }
  vault::Plaintext piece(kPiece);
  bool over = false;
  while (!over) {
    // A connection gives 16 KiB at a time; the container works best on whole pieces.
    std::size_t filled = 0;
    while (!over && filled < piece.size()) {
      if (visit.pass.ended()->load()) return vault::Unavailable("the vault is being sealed");
      TRY(const std::size_t n, request.body->Read(piece.mutable_view().subspan(filled)));
      over = n == 0;
      filled += n;
    }
    const vault::ByteView bytes = piece.view().first(filled);
    TRY_VOID(plan.stream.Write(bytes));
    if (reading) reading->Write(bytes);
  }
  Read read;
  if (plan.parsed) {
    TRY(const std::vector<vault::AgencyView> agencies, visit.vault().agencies().List());
    read = Outcome(reading ? std::move(*reading).Finish()
                           : ingest::ReadOutcome(ingest::Unreadable::kReaderUnavailable),
                   plan.owner, agencies);
  }
  const bool has_form = read.outcome.state == "read";
  TRY(const vault::FiledDocument filed, plan.stream.Finish(std::move(read.outcome)));
  return JsonAnswer(Json::Object({{"id", filed.id.ToHex()},
                                  {"version", filed.version},
                                  {"class", filed.class_code},
                                  {"state", filed.version > 1 ? "replaced" : "filed"},
                                  {"form", has_form ? Json(kFormCode) : Json()},
                                  {"findings", Json::Texts(read.findings)}}));
}

}  // namespace

void AddFilingRoutes(Router& router, Context& context) {
  router.Add({Verb::kPost, "/api/v1/documents", StreamedBody(context.settings.document_limit),
              Answered(context, FileDocument)});
}

}  // namespace service
