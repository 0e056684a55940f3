// A handler that forgot every check: the key keeper is asked for a loan's document directly, with
// an opening that was never decided. What must stand in the way is bit1 of the key, and nothing
// else.
#include <filesystem>
#include <fstream>

#include "tests/campaign/history.h"
#include "vault/keys/key_keeper.h"

namespace vault {

// The decision's grant says what was decided; this reaches past it.
Opening& Undecided(AccessGrant& grant);
template <auto kMember>
struct PastTheDecision {
  friend Opening& Undecided(AccessGrant& grant) { return grant.*kMember; }
};
template struct PastTheDecision<&AccessGrant::opening_>;

namespace {

// OpenCopy opens the tree as it stands on the disk now, in a folder of its own.
Result<std::unique_ptr<KeyKeeper>> OpenCopy(Judge& judge, const std::string& folder,
                                            RandomSource& random) {
  const Platter& platter = judge.platter();
  static Disk disk(nullptr);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  for (const char* suffix : {"", "-wal"}) {
    const std::string path = TreeIn(judge.home()) + suffix;
    if (platter.Has(path)) {
      std::ofstream(folder + "/keys.db" + suffix, std::ios::binary) << platter.Now(path);
    }
  }
  std::ofstream(folder + "/cell", std::ios::binary) << platter.Now(CellOf(judge.home()));
  KeyKeeperOptions options;
  options.tree_path = folder + "/keys.db";
  const std::string& marker = platter.Now(judge.home() + "/custody");
  constexpr std::size_t kCopyNumber = 4;
  if (marker.size() > kCopyNumber) options.copy = static_cast<std::uint8_t>(marker[kCopyNumber]);
  TRY(std::unique_ptr<ErasureCell> cell, OpenFileCell(disk, folder + "/cell", random));
  options.cells.push_back(std::move(cell));
  return KeyKeeper::Open(disk, random, std::move(options), judge.unseal());
}

}  // namespace

Status History::AskKeeperNow(std::size_t choice) {
  judge_->Follow();
  const std::optional<Standing> now = judge_->Look();
  if (!now) return Corrupt("today's cell opens no register");
  // Loans that carry a living document, to an agency somebody of which can still sign in.
  struct Question {
    LoanName box;
    std::string email;
  };
  std::vector<Question> questions;
  for (const auto& [name, state] : now->boxes) {
    const auto loan = now->loans.find(name.loan);
    const auto version = now->versions.find({name.object, name.version});
    if (state != "live" || loan == now->loans.end() || version == now->versions.end()) continue;
    if (version->second.state != "live") continue;
    for (const auto& [matter, email] : ledger_.members) {
      const Ledger::Person& person = ledger_.people.at(email);
      if (matter == loan->second.matter && person.live && !person.ending &&
          SeatOf(matter, email) == loan->second.agency) {
        questions.push_back({name, email});
      }
    }
  }
  if (questions.empty()) return Ok();
  const Question& question = questions[choice % questions.size()];
  const Standing::Loan& loan = now->loans.at(question.box.loan);
  const Standing::Version& version = now->versions.at({question.box.object, question.box.version});

  Vault& vault = **life_;
  TRY(const Actor borrower, SignIn(question.email));
  TRY(const Actor officer, Officer());
  TRY(const MatterRow matter, MatterOf(loan.matter));
  TRY(const PartyId party, PartyId::Parse(loan.party));
  TRY(const LoanId loan_id, LoanId::Parse(question.box.loan));
  TRY(const ObjectId object, ObjectId::Parse(question.box.object));
  const auto lock = vault.Locked();
  TRY(const BoxSecretKey holder, vault.compartments().Unlock(borrower, party));
  TRY(const LoanRow row, vault.loans().Load(loan_id));
  TRY(const std::optional<LoanBoxRow> box,
      vault.loans().FindBox(loan_id, object, question.box.version));
  if (!box) return Corrupt("the register's file and the register differ");
  TRY(AccessGrant grant, vault.access().DecideDetails(officer, matter, EntryType::kMatter,
                                                      AsObject(matter.id), matter.slot));
  Opening& opening = Undecided(grant);
  opening.type = EntryType::kDocument;
  opening.object = object;
  opening.version = question.box.version;
  opening.slot = version.slot;
  opening.route = OpeningRoute::kLoan;
  opening.loan = loan_id;
  opening.loan_slot = row.slot;
  const UnixSeconds moment = vault.Now().low;
  TRY(OpeningReceipt receipt,
      vault.log().RecordOpening(std::move(grant), LogEntry("opening", moment), moment,
                                [](Transaction&) { return Ok(); }));
  TRY(const std::unique_ptr<KeyKeeper> keeper,
      OpenCopy(*judge_, world_.scratch + "/asked", dice_.random()));
  TRY(const SlotEntry held, keeper->Look(version.slot));
  const BoxPath path{box->box, Loans::BoxPlace(row, *box), &holder};
  auto opened = keeper->Unwrap(std::move(receipt), path, moment);
  if (opened.ok() && loan.state == "closed") {
    judge_->Accuse("the key keeper opens a closed loan to a handler that forgot to check");
  }
  // The control: an open loan of a document that no sealed hold closes opens this way.
  if (!opened.ok() && loan.state == "open" && (held.flags & kFlagClosed) == 0) {
    judge_->Accuse("the key keeper refuses an open loan: " + opened.error().detail);
  }
  return Ok();
}

History::Act History::AskKeeper() {
  const std::size_t choice = dice_.Below(1000);
  return {"asking the key keeper", [this, choice] { return AskKeeperNow(choice); }};
}

}  // namespace vault
