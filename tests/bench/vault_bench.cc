// vault_bench: a real vault in this process, doing what it is told on standard input.
//
//   file PATH             files a document of these bytes: {"wall_ms", "cpu_ms"}
//   get PATH              reads it back into a new file as `strongroom get -o` writes it, synced;
//                         "-" reads it only
//   small COUNT CLIENTS   files COUNT x 50 KB from so many threads: {"rate", "p50_ms", "p99_ms"}
//   due COUNT CLIENTS     files COUNT longlists that fall due together, lets that day come, and
//                         destroys them with their rows, their sealed bytes, the log and the
//                         certificate: {"wall_ms", "cpu_ms"}
//   access COUNT          decides COUNT times whether a form of an audit of seven agencies may be
//                         read, and opens nothing: processor time of one, {"own_us", "loan_us",
//                         "unit_us", "refused_us", "anew_us"}, for whoever filed it, who reads it
//                         by loan, the unit, and somebody not involved, as for the documents of a
//                         list; and by loan with every fact asked of the register anew, as after
//                         a change
//   log COUNT             grows a log to COUNT entries: single and grouped appends, proofs
//   delete ROWS SOME      what an ordinary encrypted database pays: SOME of ROWS rows are deleted,
//                         and VACUUM, so that they are gone from the file
//   memory                the most memory held so far, in MiB
//
// Answers are one JSON object a line. The vault lies under TMPDIR and goes with the program.
// tools/bench/run drives it, so that its turns alternate with those of its peers.
#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/stopwatch.h"
#include "tests/support/audit_log_fixture.h"
#include "tests/support/test_vault.h"
#include "vault/outgoing_file.h"
#include "vault/store/posix_file.h"

namespace vault {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kSmall = 50'000;
constexpr std::size_t kGroup = 256;
constexpr std::string_view kIgo = "igo@unit.example";

// Bench is a vault with one matter, and an officer who files in it.
class Bench {
 public:
  Status Start() {
    world_.Init();
    world_.Unseal();
    if (::testing::Test::HasFailure()) return Unavailable("the vault does not start");
    officer_ = world_.SignIn(TestVault::kOfficer);
    TRY(matter_, world_->matters().New(*officer_,
                                       {"macfa", "An invented audit", At("2026-04-09T09:30"), ""}));
    return Ok();
  }

  Result<Json> Answer(std::istream& words) {
    std::string what;
    std::string path;
    std::size_t count = 0;
    std::size_t clients = 0;
    words >> what;
    if (what == "file" && words >> path) return File(path);
    if (what == "get" && words >> path) return Get(path);
    if (what == "small" && words >> count >> clients) return Small(count, clients);
    if (what == "due" && words >> count >> clients) return Due(count, clients);
    if (what == "access" && words >> count) return Decide(count);
    if (what == "log" && words >> count) return GrowLog(count);
    if (what == "delete" && words >> count >> clients) return Delete(count, clients);
    if (what == "memory") {
      Json out;
      out.Add("mib", static_cast<double>(PeakMemory()) / (1 << 20));
      return out;
    }
    return Invalid("no such command: " + what);
  }

 private:
  Result<FilingStream> Begin() { return BeginIn(*matter_, "REP"); }
  Result<FilingStream> BeginIn(const MatterRow& matter, std::string_view code) {
    TRY(FilingGrant grant,
        world_->access().DecideFiling(*officer_, matter,
                                      {std::string(code), Agency("unit"), std::nullopt}));
    return world_->documents().Begin(std::move(grant), "report", "api");
  }
  // FileOne files bytes that are in memory already.
  Status FileOne(const MatterRow& matter, std::string_view code, ByteView content) {
    TRY(FilingStream stream, BeginIn(matter, code));
    TRY_VOID(stream.Write(content));
    TRY_VOID(stream.Finish(FormOutcome()));
    return Ok();
  }
  // Together runs an act count times from so many threads; it gives the milliseconds of each.
  static Result<std::vector<double>> Together(std::size_t count, std::size_t clients,
                                              const std::function<Status()>& act) {
    std::vector<std::vector<double>> took(clients);
    std::vector<Status> ends(clients);
    {
      std::vector<std::jthread> threads;
      for (std::size_t client = 0; client < clients; ++client) {
        threads.emplace_back([&, client] {
          ends[client] = [&]() -> Status {
            for (std::size_t i = 0; i < count / clients; ++i) {
              const Stopwatch one;
              TRY_VOID(act());
              took[client].push_back(one.Read().wall * 1e3);
            }
            return Ok();
          }();
        });
      }
    }
    for (Status& end : ends) TRY_VOID(std::move(end));
    std::vector<double> all;
    for (const auto& some : took) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    if (all.empty()) return Invalid("nothing to do");
    return all;
  }

  Result<Json> File(const std::string& path) {
    TRY(const FileDescriptor source, OpenRegular(path, O_RDONLY, 0));
    TRY(const std::uint64_t size, SizeOf(source));
    const Stopwatch watch;
    TRY(FilingStream stream, Begin());
    Bytes piece(kPiece);
    for (std::uint64_t at = 0; at < size; at += kPiece) {
      const auto part = MutableByteView(piece).first(std::min<std::uint64_t>(kPiece, size - at));
      TRY_VOID(ReadWhole(source, at, part));
      TRY_VOID(stream.Write(part));
    }
    TRY(const FiledDocument filed, stream.Finish(FormOutcome()));
    filed_ = filed.id;
    return JsonOf(watch.Read());
  }

  Result<Json> Get(const std::string& path) {
    if (!filed_) return Invalid("nothing is filed yet");
    std::optional<OutgoingFile> target;
    const Stopwatch watch;
    if (path != "-") {
      TRY(OutgoingFile made, OutgoingFile::Create(path));
      target.emplace(std::move(made));
    }
    TRY(DocumentStream stream, world_->documents().Open(*officer_, {*filed_, std::nullopt, ""}));
    Plaintext piece(kPiece);
    for (std::uint64_t at = 0; at < stream.size();) {
      TRY(const std::size_t got, stream.Read(at, piece.mutable_view()));
      if (got == 0) return Corrupt("the document ends too early");
      if (target) TRY_VOID(target->Write(piece.view().first(got)));
      at += got;
    }
    if (target) TRY_VOID(target->Finish());
    return JsonOf(watch.Read());
  }

  // Audit makes the audit of the worked example: seven agencies, three people, eighteen forms, the
  // pack released.
  struct Form {
    MatterRow matter;
    DocumentRow row;
    VersionRow version;
  };
  Result<Form> Audit() {
    const UnixSeconds meeting = world_.clock().Realtime() + 56 * 86400;
    TRY(MatterRow matter, world_->matters().New(*officer_, {"macfa", "An audit", meeting, ""}));
    const std::vector<std::string> agencies = {"ASC", "POL", "PCN", "HSG", "MHT", "FRS", "ACU"};
    for (const std::string& agency : agencies) {
      TRY_VOID(world_->agencies().Add(*officer_, Agency(agency), "Agency " + agency));
      world_.AddPerson(*officer_, "co@" + agency + ".example", agency, {"AAC"});
      TRY_VOID(world_->matters().AddMember(*officer_, matter, "co@" + agency + ".example", ""));
    }
    for (const char* event : {"LONGLIST_RECEIVED", "CONTACT_CHECK_SENT", "FORMS_ISSUED"}) {
      TRY_VOID(world_->matters().Record(*officer_, matter, event, world_.clock().Realtime(), ""));
    }
    const std::vector<std::pair<std::string, std::size_t>> subjects = {
        {"Adult Alder", 7}, {"Adult Beech", 6}, {"Adult Elm", 5}};
    std::optional<DocumentId> form;
    for (const auto& [pseudonym, involved] : subjects) {
      TRY_VOID(world_->matters().AddSubject(*officer_, matter, {pseudonym, "A Name", {}}));
      TRY(const SubjectRow subject, world_->matter_rows().FindSubject(matter.id, pseudonym));
      for (std::size_t i = 0; i < involved; ++i) {
        TRY_VOID(world_->matters().Involve(*officer_, matter, subject, Agency(agencies[i])));
        const Actor filer = world_.SignIn("co@" + agencies[i] + ".example");
        TRY(const FiledDocument filed,
            world_.File(filer, matter, "FRM", agencies[i], subject.id, "a form"));
        // Of the person whom not every agency knows.
        if (agencies[i] == "POL" && pseudonym == "Adult Beech") form = filed.id;
      }
    }
    for (const char* event : {"SUBMISSION_DEADLINE", "PACK_RELEASED"}) {
      TRY_VOID(world_->matters().Record(*officer_, matter, event, world_.clock().Realtime(), ""));
    }
    if (::testing::Test::HasFailure() || !form) return Unavailable("the audit is not made");
    Form out;
    const auto lock = world_->Locked();
    TRY(const std::vector<DocumentRow> documents, world_->documents().LiveFilesOf(matter));
    const auto found = std::find_if(documents.begin(), documents.end(),
                                    [&](const DocumentRow& row) { return row.id == *form; });
    if (found == documents.end()) return Corrupt("the form is not there");
    out.row = *found;
    out.version.document = out.row.id;
    out.version.version = out.row.latest;
    out.version.state = "live";
    out.matter = std::move(matter);
    return out;
  }

  Result<double> DecideFor(std::string_view who, const Form& form, std::size_t count, bool opens) {
    const Actor actor = world_.SignIn(who);
    const auto lock = world_->Locked();
    const Stopwatch watch;
    for (std::size_t i = 0; i < count; ++i) {
      TRY(const AccessView view, world_->access().View(actor, form.matter, form.row, form.version));
      if (view.may_open != opens) return Corrupt("the wrong decision for " + std::string(who));
    }
    return watch.Read().cpu * 1e6 / static_cast<double>(count);
  }

  Result<double> DecideAnew(std::string_view who, const Form& form, std::size_t count) {
    const Actor actor = world_.SignIn(who);
    const Reader reader{actor.person(), actor.agency(), actor.in_unit(), actor.roles(),
                        actor.excluded()};
    const auto lock = world_->Locked();
    const Stopwatch watch;
    for (std::size_t i = 0; i < count; ++i) {
      TRY(const MatterFacts events, world_->matter_rows().Facts(form.matter));
      TRY(const AccessView view,
          world_->access().Weigh(reader, {form.matter, form.row, form.version, events}));
      if (!view.may_open) return Corrupt("the wrong decision for " + std::string(who));
    }
    return watch.Read().cpu * 1e6 / static_cast<double>(count);
  }

  Result<Json> Decide(std::size_t count) {
    if (count == 0) return Invalid("nothing to decide");
    TRY(const Form form, Audit());
    Json out;
    TRY(const double own, DecideFor("co@POL.example", form, count, true));
    out.Add("own_us", own);
    TRY(const double loan, DecideFor("co@HSG.example", form, count, true));
    out.Add("loan_us", loan);
    TRY(const double unit, DecideFor(TestVault::kOfficer, form, count, true));
    out.Add("unit_us", unit);
    TRY(const double refused, DecideFor("co@ACU.example", form, count, false));
    out.Add("refused_us", refused);
    TRY(const double anew, DecideAnew("co@HSG.example", form, count));
    out.Add("anew_us", anew);
    return out;
  }

  Result<Json> Small(std::size_t count, std::size_t clients) {
    Bytes content(kSmall);
    SystemRandom().Fill(content);
    const Stopwatch watch;
    TRY(const std::vector<double> all,
        Together(count, clients, [&] { return FileOne(*matter_, "REP", content); }));
    const Cost whole = watch.Read();
    Json out;
    out.Add("rate", static_cast<double>(all.size()) / whole.wall);
    out.Add("cpu_each_ms", whole.cpu * 1e3 / static_cast<double>(all.size()));
    out.Add("p50_ms", all[all.size() / 2]);
    out.Add("p99_ms", all[all.size() * 99 / 100]);
    return out;
  }

  // Due ends COUNT records as the clock does: the breaker stops so many at once, two people release
  // them.
  Result<Json> Due(std::size_t count, std::size_t clients) {
    TRY(const MatterRow matter,
        world_->matters().New(*officer_, {"macfa", "Another audit", At("2026-05-14T09:30"), ""}));
    const Bytes content(1000, 7);
    TRY_VOID(Together(count, clients, [&] { return FileOne(matter, "LLI", content); }));
    TRY_VOID(world_->matters().Record(*officer_, matter, "SELECTION_DECIDED",
                                      At("2026-02-12T09:00"), ""));
    world_.AddPerson(*officer_, kIgo, "unit", {"IGO"});
    world_.MoveTo("2026-02-27T09:00");
    const Actor officer = world_.SignIn(TestVault::kOfficer);
    const Actor igo = world_.SignIn(kIgo);
    const Stopwatch watch;
    TRY_VOID(world_->sweep().Run(std::nullopt, SweepMode::kAct));
    TRY_VOID(world_->proposals().Release(igo));
    TRY_VOID(world_->proposals().Release(officer));
    const Cost cost = watch.Read();
    if (world_->debt().Count().value() != 0) return Corrupt("something due was not destroyed");
    TRY(const std::vector<DocumentRow> left, world_->documents().LiveFilesOf(matter));
    if (!left.empty()) return Corrupt("what was due is still there");
    return JsonOf(cost);
  }

  // GrowLog measures a log by itself, in a register of its own kind.
  static Result<Json> GrowLog(std::size_t count) {
    TempFolder folder;
    Disk disk(nullptr);
    const SeedSigner signer;
    SystemRandom random;
    const std::optional<DatabaseKey> key = DatabaseKey{RegisterKey::Random(random), {}};
    TRY(auto database, Database::Open(disk, folder.At("log.db"), key, DatabaseMode::kWriter));
    TRY_VOID(AuditLog::CreateTables(*database));
    TRY(auto log, AuditLog::Open(*database, kLogOrigin, signer));
    Json out;
    const std::size_t singles = std::min<std::size_t>(count / 10, 500);
    const Stopwatch single;
    for (std::size_t i = 0; i < singles; ++i) {
      TRY_VOID(log->Record(NumberedEntry(i), NothingElse));
    }
    out.Add("single_rate", static_cast<double>(singles) / single.Read().wall);
    const Stopwatch grouped;
    const std::uint64_t before = log->size();
    while (log->size() < count) {
      std::vector<AuditLog::GroupAct> acts(kGroup);
      std::vector<AuditLog::GroupAct*> group;
      for (std::size_t i = 0; i < kGroup; ++i) {
        acts[i].line = [n = log->size() + i](Transaction&) -> Result<AuditLog::GroupLine> {
          return AuditLog::GroupLine{NumberedEntry(n), std::nullopt};
        };
        group.push_back(&acts[i]);
      }
      log->RecordGroup(group, kLogTime, NothingElse);
      for (const AuditLog::GroupAct& act : acts) TRY_VOID(act.outcome);
    }
    out.Add("grouped_rate", static_cast<double>(log->size() - before) / grouped.Read().wall);
    constexpr std::size_t kProofs = 1000;
    const Stopwatch proofs;
    for (std::size_t i = 0; i < kProofs; ++i) {
      TRY_VOID(log->Proof(i * 7919 % log->size()));
    }
    out.Add("proof_rate", kProofs / proofs.Read().wall);
    out.Add("size", static_cast<double>(log->size()));
    return out;
  }

  // Delete is the peer of a destruction: rows of 256 bytes under the same library and settings.
  static Result<Json> Delete(std::size_t rows, std::size_t some) {
    TempFolder folder;
    Disk disk(nullptr);
    SystemRandom random;
    const std::optional<DatabaseKey> key = DatabaseKey{RegisterKey::Random(random), {}};
    TRY(auto database, Database::Open(disk, folder.At("rows.db"), key, DatabaseMode::kWriter));
    TRY_VOID(database->Execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, bytes BLOB)"));
    {
      TRY(Transaction transaction, Transaction::Begin(*database));
      Statement fill = database->Prepare(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
          "INSERT INTO kept SELECT i, randomblob(256) FROM n");
      TRY_VOID(fill.Bind(rows).Run());
      transaction.Commit();
    }
    TRY_VOID(database->TruncateLog());
    const Stopwatch watch;
    {
      TRY(Transaction transaction, Transaction::Begin(*database));
      Statement end = database->Prepare("DELETE FROM kept WHERE id % ? = 0");
      TRY_VOID(end.Bind(rows / some).Run());
      transaction.Commit();
    }
    TRY_VOID(database->Execute("VACUUM"));
    TRY_VOID(database->TruncateLog());
    return JsonOf(watch.Read());
  }

  static Json JsonOf(const Cost& cost) {
    Json out;
    out.Add("wall_ms", cost.wall * 1e3);
    out.Add("cpu_ms", cost.cpu * 1e3);
    return out;
  }

  TestVault world_;
  std::optional<Actor> officer_;
  std::optional<MatterRow> matter_;
  std::optional<DocumentId> filed_;
};

int Serve() {
  Bench bench;
  const Status started = bench.Start();
  if (!started.ok()) {
    std::cerr << "vault_bench: " << started.error().detail << "\n";
    return 1;
  }
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    const auto answer = bench.Answer(words);
    if (!answer.ok()) {
      std::cerr << "vault_bench: " << answer.error().detail << "\n";
      return 1;
    }
    std::cout << answer.value().Text() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace vault

int main() {
  const vault::Status ready = vault::InitCrypto();
  if (ready.ok()) return vault::Serve();
  std::cerr << "vault_bench: " << ready.error().detail << "\n";
  return 1;
}
