#include "tests/campaign/history.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>

#include "vault/base/log.h"
#include "vault/keys/key_keeper.h"
#include "vault/keys/unseal.h"

namespace vault {
namespace {

constexpr UnixSeconds kFirstMorning = 1770886800;  // 2026-02-12T09:00Z

std::uint64_t Mixed(std::uint64_t seed, std::uint64_t number, std::uint64_t salt) {
  std::uint64_t mixed = seed * 0x9e3779b97f4a7c15u ^ number * 0xbf58476d1ce4e5b9u;
  return (mixed ^ mixed >> 29) * 0x94d049bb133111ebu + salt;
}

}  // namespace

History::History(HistoryWorld world, std::uint64_t seed, std::uint64_t number)
    : world_(std::move(world)),
      seed_(seed),
      number_(number),
      dice_(Mixed(seed, number, 1)),
      clock_(kFirstMorning) {}

void History::Tell(const std::string& line) const {
  if (world_.tell) std::fprintf(stderr, "  %s\n", line.c_str());
}

// ---- the beginning

Beginning History::Begin() {
  StartLife();
  const std::string officer = NewWords("officer") + "@unit.example";
  const std::string password = NewWords("password");
  ledger_.people[officer] = Ledger::NewPerson("unit", "BUO", password);
  CHECK(life_->Init(officer, password).ok());
  Disk disk(nullptr);
  const StoreId store = KeyKeeper::ReadStoreId(disk, TreeIn(life_->place().data)).value();
  const Bytes wrapped = disk.ReadAll(life_->place().data + "/unseal", 4096).value();
  const UnsealKey unseal =
      UnwrapUnsealKey(wrapped, AsBytes(kPassphrase), store, life_->world().unseal_cost).value();
  judge_ = std::make_unique<Judge>(world_.record, store, unseal.view());
  judge_->Follow();
  CHECK(judge_->Learn());
  CHECK(life_->Unseal().ok());
  Resolve();
  {
    Actor actor = Officer().value();
    for (const char* agency : {"POL", "HSG", "FRS"}) {
      CHECK((*life_)->agencies().Add(actor, AgencyId::Parse(agency).value(), agency).ok());
      ledger_.agencies.insert(agency);
    }
  }
  const auto add = [this](const char* role, const char* agency) {
    const std::string email = NewWords("person") + "@" + agency + ".example";
    ledger_.people[email] = Ledger::NewPerson(agency, role, NewWords("password"));
    ledger_.people[email].maybe = true;
    CHECK(AddPersonNow(email).ok());
    return email;
  };
  add("BUO", "unit");
  add("IGO", "unit");
  std::vector<std::string> members;
  for (const char* agency : {"POL", "HSG", "FRS"}) members.push_back(add("AAC", agency));
  CHECK(MakeMatterNow(NewWords("title"), clock_.Realtime() + 56 * 86400).ok());
  const std::string matter = ledger_.matters.begin()->first;
  for (int i = 0; i < 2; ++i) CHECK(AddSubjectNow(matter, NewWords("subject")).ok());
  for (const auto& [subject, pseudonym] : ledger_.matters.at(matter).subjects) {
    for (const char* agency : {"POL", "HSG"}) CHECK(InvolveNow(matter, subject, agency).ok());
  }
  CHECK(InvolveNow(matter, ledger_.matters.at(matter).subjects[0].first, "FRS").ok());
  for (const std::string& email : members) CHECK(AddMemberNow(matter, email).ok());
  life_->Seal();
  judge_->Follow();
  CHECK(judge_->Weigh(ledger_, "at the beginning").has_value());
  return {std::move(judge_), std::move(ledger_), clock_.Realtime()};
}

// ---- the frame

void History::Run(Beginning beginning, int acts) {
  judge_ = std::move(beginning.judge);
  judge_->UseRecord(world_.record);
  ledger_ = std::move(beginning.ledger);
  words_ = 1000;
  clock_.SetRealtime(beginning.now);
  ledger_.now = beginning.now;
  Recover("the beginning");
  const std::size_t course = dice_.Chance(50) ? 5 + dice_.Below(20) : std::size_t{1} << 20;
  for (int i = 0; i < acts; ++i) {
    if (static_cast<std::size_t>(i) == course) PlanCourse();
    if (dice_.Chance(8)) Upheaval();
    const Act act = Choose();
    const Fault fault = ChooseFault(14, 9);
    Tell(std::to_string(i) + " " + act.name +
         (fault.mishap != Mishap::kNone
              ? " (mishap " + std::to_string(static_cast<int>(fault.mishap)) + " at step " +
                    std::to_string(fault.step) + ")"
              : ""));
    if (Do(act, fault) == Outcome::kDied) {
      AfterDeath(act.name);
      Recover("a crash in " + act.name);
    } else if (dice_.Chance(6)) {
      // An orderly stop, and a start again.
      life_->Seal();
      judge_->Compare(life_->root());
      if (dice_.Chance(30)) Weigh("after sealing");
      if (dice_.Chance(30)) CopyFolder();
      clock_.Restart();
      Recover("sealing");
    }
    if (dice_.Chance(2)) Weigh("after " + act.name);
  }
  Settle();
  auto debt = (*life_)->debt().ByReason();
  if (!debt.ok()) {
    judge_->Accuse("the vault does not tell what it owes: " + debt.error().detail);
  } else {
    for (const auto& [reason, count] : debt.value()) {
      // People may not have decided.
      if (reason == DebtReason::kApproval || reason == DebtReason::kBreaker) continue;
      if (reason == DebtReason::kNoRow) continue;
      if (count != 0) {
        judge_->Accuse("something is due and not destroyed at the end: " +
                       std::string(DebtReasonName(reason)));
      }
    }
  }
  for (int i = 0; i < 3; ++i) Attempt(ReadBack());
  life_->Seal();
  judge_->Follow();
  judge_->CheckNoRow();
  Weigh("at the end");
  CountTheDead();
  Finish();
}

// PlanCourse lets one matter run to the end of its records: without it few would get there.
void History::PlanCourse() {
  course_ = dice_.Of(Keys(ledger_.matters));
  plan_ = {&History::File, &History::File, &History::MakeRecord};
  for (int i = 0; i < 6; ++i) plan_.push_back(&History::RecordNext);
  for (const auto make : {&History::PassYear, &History::Sweep_, &History::Approve, &History::Sweep_,
                          &History::Approve, &History::Sweep_}) {
    plan_.push_back(make);
  }
}

// Settle lets the standby come back and everything that is due go.
void History::Settle() {
  if (away_) BringStandbyBack();
  if (Behind()) {
    life_->Seal();
    Recover("losing the standby");
  }
  Attempt(Sweep_());
  Attempt(Approve());
}

void History::CountTheDead() const {
  Record& record = world_.record;
  record.Count(Record::kDestroyed, ledger_.dead_versions.size());
  record.Count(Record::kLoans, ledger_.dead_loans.size());
  record.Count(Record::kLinks, ledger_.dead_links.size());
  record.Count(Record::kBoxes, ledger_.dead_boxes.size());
  record.Count(Record::kNamed, ledger_.dead_named.size());
  record.Count(Record::kDetails, ledger_.dead_details.size());
  std::size_t secrets = ledger_.lost_retired.size();
  for (const auto& [email, person] : ledger_.people) {
    secrets += person.retired.size() + person.ended_tokens.size();
  }
  record.Count(Record::kSecrets, secrets);
}

History::Fault History::ChooseFault(unsigned percent, std::size_t most_doublings) {
  const bool armed = dice_.Chance(percent);
  Fault fault;
  fault.mishap = static_cast<Mishap>(1 + dice_.Below(5));
  fault.step = 1 + static_cast<int>(dice_.Below(std::size_t{1} << dice_.Below(most_doublings)));
  // One in four counts the steps of one kind alone: those that are few are met as well.
  if (dice_.Chance(25)) {
    static constexpr DiskAction kKinds[] = {DiskAction::kSync,       DiskAction::kRename,
                                            DiskAction::kUnlink,     DiskAction::kTruncate,
                                            DiskAction::kSyncFolder, DiskAction::kCreate};
    fault.only = kKinds[dice_.Below(std::size(kKinds))];
    fault.step = 1 + fault.step / 16;
  }
  if (!armed) fault.mishap = Mishap::kNone;
  return fault;
}

void History::Insist(const Act& act) {
  in_pieces_ = true;
  insisted_ = false;
  const Act wanted{act.name, [this, act]() -> Status {
                     TRY_VOID(act.run());
                     insisted_ = true;
                     return Ok();
                   }};
  for (int attempt = 0; attempt < 4; ++attempt) {
    StartLife();
    Tell(act.name);
    const Fault fault = ChooseFault(attempt < 2 ? 30 : 0, 8);
    if (Do(wanted, fault) == Outcome::kDied) {
      AfterDeath(act.name);
      continue;
    }
    if (insisted_) return;
  }
  judge_->Accuse(act.name + " does not come to its end");
  Finish();
}

void History::Finish() {
  // No destructors: the folders are the runner's, and the processes above only wait.
  ::_exit(kHistoryDone);
}

void History::StartLife() {
  if (life_ != nullptr) {
    life_->Abandon();
    // What the abandoned vault points at has to stay, too.
    [[maybe_unused]] Life* left = life_.release();
  }
  const std::string before = world_.scratch + "/life" + std::to_string(lives_);
  std::filesystem::remove_all(before);
  const std::string root = world_.scratch + "/life" + std::to_string(++lives_);
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  if (judge_ != nullptr) {
    judge_->Follow();
    judge_->platter().WriteTo(root);
  }
  const Life::Where where{root, home_, standby_.empty() ? coming_standby_ : standby_};
  life_ = std::make_unique<Life>(world_.record, where,
                                 Mixed(seed_, number_, 1000 + static_cast<unsigned>(lives_)),
                                 clock_, world_.rules);
}

History::Outcome History::Attempt(const Act& act) {
  const Status done = act.run();
  const bool struck = world_.record.TakeStruck();
  if (done.ok()) return Outcome::kDone;
  if (struck) {
    Tell("  failed: " + done.error().detail);
    if (life_->open()) Resolve();
  } else {
    Refused(act.name, done.error());
    if (life_->open()) ResolveBackup();
  }
  return Outcome::kDone;
}

void History::Refused(const std::string& name, const Error& error) {
  Tell("  refused: " + error.detail);
  // Without its standby the vault reads, and does nothing else.
  if (error.code == Errc::kUnavailable && Behind()) return;
  if (error.code == Errc::kCorrupt || error.code == Errc::kUnavailable) {
    judge_->Accuse(name + " failed with nothing wrong: " + error.detail);
  }
}

History::Outcome History::Do(const Act& act, const Fault& fault) {
  if (fault.mishap == Mishap::kNone) return Attempt(act);
  judge_->Follow();
  const std::uint32_t mine = ++forks_;
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    // From here this process is the history, unless it dies in the act.
    life_->unsafe().Arm(fault.mishap, fault.step, fault.only);
    const Outcome outcome = Attempt(act);
    life_->unsafe().Disarm();
    world_.record.SetSurvivor(mine);
    return outcome;
  }
  int state = 0;
  CHECK(::waitpid(child, &state, 0) == child);
  if (WIFEXITED(state) && WEXITSTATUS(state) == kHistoryDone) ::_exit(kHistoryDone);
  const bool stopped = (WIFEXITED(state) && WEXITSTATUS(state) == kCrashedExit) ||
                       (WIFSIGNALED(state) && WTERMSIG(state) == SIGABRT);
  const bool struck = world_.record.TakeStruck();
  if (!stopped || !struck || world_.record.survivor() >= mine) {
    judge_->Accuse("a process ended with nothing wrong, at or after " + act.name + " (state " +
                   std::to_string(state) + ")");
    Finish();
  }
  return Outcome::kDied;
}

void History::AfterDeath(const std::string& name) {
  world_.record.Count(Record::kCrashes, 1);
  judge_->Follow();
  // The process died; with it, or soon after, the power may have.
  if (dice_.Chance(60)) {
    const auto unsynced = static_cast<Unsynced>(dice_.Below(3));
    judge_->platter().LosePower(unsynced, dice_.random());
    Tell("  died, power lost " + std::to_string(static_cast<int>(unsynced)));
  } else {
    Tell("  died");
  }
  judge_->Restart();
  clock_.Restart();
  if (dice_.Chance(60) && !in_pieces_) Weigh("after a crash in " + name);
}

void History::Recover(const std::string& after) {
  const Act start{"starting", [this] { return life_->Unseal(); }};
  for (int attempt = 0; attempt < 3; ++attempt) {
    StartLife();
    const Fault fault = ChooseFault(attempt < 2 ? 20 : 0, 8);
    const bool armed = fault.mishap != Mishap::kNone;
    if (Do(start, fault) == Outcome::kDied) {
      AfterDeath("recovery after " + after);
      continue;
    }
    if (!life_->open() && armed) continue;
    if (!life_->open()) {
      judge_->Accuse("the vault does not come up after " + after);
      if (!in_pieces_) Weigh("when it did not come up");
      Finish();
    }
    judge_->Follow();
    judge_->CheckCell("after a start after " + after);
    in_pieces_ = false;
    Resolve();
    return;
  }
}

// Resolve finds out what acts did whose callers never heard.
void History::Resolve() {
  ResolveStandby();
  ResolveBackup();
  ResolveSuccession();
  if (doubtful_people_) ResolveRestored();
  for (auto it = ledger_.people.begin(); it != ledger_.people.end();) {
    const std::string& email = it->first;
    Ledger::Person& person = it->second;
    const auto works = [&](const std::string& password) {
      return !password.empty() && (*life_)->people().SignIn(email, AsBytes(password)).ok();
    };
    if (person.id.empty()) {
      if (!works(person.password)) {
        it = ledger_.people.erase(it);
        continue;
      }
      person.id = (*life_)->people().Find(email).value().ToHex();
      person.maybe = false;
    }
    if (person.coming) {
      const std::string coming = *std::exchange(person.coming, std::nullopt);
      if (works(coming)) {
        Retire(person);
        if (person.reset) NamedEnded(person);
        person.password = coming;
        person.invited_until.reset();
        person.locked = false;
      } else {
        person.tried.insert(coming);
        if (!person.live) Retire(person);
        // Whoever ended meanwhile, alone or with their agency, has none; and a first password whose
        // time is over opens nothing more, whether or not a sweep has come by.
        const bool there = (*life_)->people().Find(email).ok();
        const bool over = person.invited_until && *person.invited_until <= clock_.Realtime();
        if (there && !person.locked && !over && !works(person.password)) {
          judge_->Accuse("neither the old password nor the new works");
        }
      }
    }
    if (person.ending) {
      person.ending = false;
      if (!(*life_)->people().Find(email).ok()) {
        person.live = false;
        Retire(person);
        TokensEnded(person);
        NamedEnded(person);
      }
    }
    ++it;
  }
}

void History::Retire(Ledger::Person& person) {
  person.retired.insert(person.password);
  person.retired.merge(person.tried);
}

void History::Weigh(const std::string& when) {
  judge_->Follow();
  judge_->Weigh(ledger_, when);
}

History::Act History::Choose() {
  struct Choice {
    int weight;
    Act (History::*make)();
  };
  static constexpr Choice kChoices[] = {
      {20, &History::File},       {14, &History::RecordEvent},  {6, &History::ChangePassword},
      {4, &History::ResetPerson}, {4, &History::EndPerson},     {5, &History::AddPerson},
      {4, &History::AddMember},   {2, &History::NewMatter_},    {2, &History::AddSubject},
      {4, &History::Involve},     {3, &History::MoveMeeting},   {7, &History::Withdraw},
      {7, &History::MakeLink},    {6, &History::UseLink},       {3, &History::EndLink},
      {3, &History::PlaceHold},   {4, &History::ReleaseHold},   {10, &History::Sweep_},
      {2, &History::JumpClock},   {10, &History::PassTime},     {6, &History::ReadBack},
      {3, &History::AskKeeper},   {8, &History::Approve},       {3, &History::MakeToken},
      {2, &History::UseToken},    {3, &History::EndToken},      {2, &History::ChangeRole},
      {5, &History::BackUp},      {3, &History::RecoverOrphan}, {3, &History::AddStandby},
      {7, &History::MakeRecord},  {4, &History::ChangeRecord},  {4, &History::NameReader},
      {4, &History::ReadRecord},  {5, &History::Succeed},       {6, &History::HappenToDocument},
  };
  if (!standby_.empty() && Behind()) return ChooseBehind();
  if (!plan_.empty()) {
    const auto make = plan_.front();
    plan_.pop_front();
    return (this->*make)();
  }
  if (restored_ && dice_.Chance(15)) return RecoverOrphan();
  int total = 0;
  for (const Choice& choice : kChoices) total += choice.weight;
  int at = static_cast<int>(dice_.Below(static_cast<std::size_t>(total)));
  for (const Choice& choice : kChoices) {
    at -= choice.weight;
    if (at < 0) return (this->*choice.make)();
  }
  return ReadBack();
}

}  // namespace vault
