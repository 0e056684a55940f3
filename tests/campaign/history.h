// History: one random life story of a vault, with faults, crashes and restarts, and the judgements
// in between.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/campaign/dice.h"
#include "tests/campaign/judge.h"
#include "tests/campaign/ledger.h"
#include "tests/campaign/life.h"

namespace vault {

inline constexpr int kHistoryDone = 42;

// Beginning is what all histories of a campaign share: a small vault that has just been set up, as
// it lies on the disk, and everything that was ever written to make it.
struct Beginning {
  std::unique_ptr<Judge> judge;
  Ledger ledger;
  UnixSeconds now = 0;
};

// HistoryWorld is what a history is given.
struct HistoryWorld {
  Record& record;
  const RuleBook& rules;
  std::string scratch;  // an empty folder
  bool tell = false;    // print what happens
};

class History {
 public:
  History(HistoryWorld world, std::uint64_t seed, std::uint64_t number);

  // Begin sets the vault up, without faults.
  Beginning Begin();
  // Run lives through the history in this process and others; the last of them ends with
  // kHistoryDone, and so does everyone who waited for it. It does not return.
  [[noreturn]] void Run(Beginning beginning, int acts);

 private:
  // Act is a choice that was made: what will be done, and the ledger already expects it.
  struct Act {
    std::string name;
    std::function<Status()> run;
  };
  // Outcome of an act as its caller saw it.
  enum class Outcome { kDone, kDied };

  // Fault is what will go wrong in an act, if anything.
  struct Fault {
    Mishap mishap = Mishap::kNone;
    int step = 0;
    std::optional<DiskAction> only;
  };

  // ---- the frame (history.cc)
  Outcome Do(const Act& act, const Fault& fault);
  Outcome Attempt(const Act& act);
  void StartLife();
  void Recover(const std::string& after);
  void AfterDeath(const std::string& name);
  void Resolve();
  void Weigh(const std::string& when);
  [[noreturn]] void Finish();
  Act Choose();
  Act Start();
  void Tell(const std::string& line) const;
  Fault ChooseFault(unsigned percent, std::size_t most_doublings);
  // Insist does an act of a sealed vault until it is done; nobody judges before that.
  void Insist(const Act& act);
  void Settle();
  void PlanCourse();
  void CountTheDead() const;
  void Refused(const std::string& name, const Error& error);

  // ---- the acts (history_acts.cc, history_documents.cc, history_endings.cc)
  Act AddPerson();
  Act ChangePassword();
  Act ResetPerson();
  Act EndPerson();
  Act NewMatter_();
  Act AddSubject();
  Act Involve();
  Act AddMember();
  Act File();
  Act RecordEvent();
  Act RecordNext();
  Act Happen(const std::string& matter, const std::string& event);
  Act MoveMeeting();
  Act Withdraw();
  Act MakeLink();
  Act UseLink();
  Act EndLink();
  Act PlaceHold();
  Act ReleaseHold();
  Act Sweep_();
  Act JumpClock();
  Act PassTime();
  Act PassYear();
  Act ReadBack();
  Act AskKeeper();
  Act Approve();
  // history_people.cc
  Act MakeToken();
  Act UseToken();
  Act EndToken();
  Act ChangeRole();
  std::vector<std::string> Owners() const;
  // Destroyed is an error while the keys of before still open what they opened: then the act
  // stands, and is judged like one that came to no answer.
  static Status Destroyed(People::Ending ending);
  static void TokensMayEnd(Ledger::Person& person);
  static void TokensEnded(Ledger::Person& person);
  void EndGivenTimes();
  // history_records.cc
  Act MakeRecord();
  Act ChangeRecord();
  Act NameReader();
  Act ReadRecord();
  Act HappenToDocument();
  void CheckReader(const VersionName& name, const std::string& email);
  Status ReadRecordAs(const Actor& actor, const VersionName& name, const std::string& email);
  std::vector<std::string> MembersOf(const std::string& matter) const;
  std::string FirstOfficer() const;
  std::vector<VersionName> Files() const;
  enum class Kept { kRecords, kForNamedReaders };
  std::vector<VersionName> Newest(Kept kept) const;
  std::vector<std::string> NamedFor(const VersionName& name) const;
  void IsNamed(const VersionName& name, const std::string& email);
  void NamedEnded(const Ledger::Person& person);
  void Wrote(const VersionName& name, Ledger::Document document);
  Result<MatterRow> MatterOf(const VersionName& name);
  // history_agencies.cc
  Act Succeed();
  void SuccessionStands();
  void ResolveSuccession();
  std::vector<std::string> Agencies() const;
  std::optional<std::string> SeatOf(const std::string& matter, const std::string& email) const;
  // history_copies.cc
  Act BackUp();
  Act RecoverOrphan();
  Act EndOrphan();
  Act AddStandby();
  Act EvictStandby();
  Act RejoinStandby();
  Act ChooseBehind();

  // ---- what is done to a sealed vault (history_copies.cc)
  void Upheaval();
  void CopyFolder();
  void RestoreOldFolder();
  void RestoreLost();
  void TakeStandbyAway();
  void BringStandbyBack();
  void Promote();
  void RollBack(const Ledger& then);
  void ResolveRestored();
  void ResolveBackup();
  static std::optional<AgencyId> AgencyOrUnit();
  void ResolveStandby();
  bool Behind();
  bool Unfinished();

  // ---- what acts need
  Status AddPersonNow(const std::string& email);
  Status MakeMatterNow(const std::string& title, UnixSeconds meeting);
  Status AddSubjectNow(const std::string& matter, const std::string& pseudonym);
  Status InvolveNow(const std::string& matter, const std::string& subject,
                    const std::string& agency);
  Status AddMemberNow(const std::string& matter, const std::string& email);
  Status SweepNow();
  void KeysMayMove();
  Status AskKeeperNow(std::size_t choice);
  Result<Actor> Officer();
  Result<Actor> SignIn(const std::string& email);
  Result<MatterRow> MatterOf(const std::string& id);
  std::string NewWords(std::string_view what);
  std::vector<std::string> PeopleOf(std::string_view role) const;
  static void Retire(Ledger::Person& person);
  static std::vector<std::string> Keys(const std::map<std::string, Ledger::Matter>& map);

  HistoryWorld world_;
  std::uint64_t seed_;
  std::uint64_t number_;
  Dice dice_;
  FakeClock clock_;
  Ledger ledger_;
  std::unique_ptr<Judge> judge_;
  std::unique_ptr<Life> life_;
  int lives_ = 0;
  std::uint32_t forks_ = 0;
  std::uint64_t words_ = 0;

  // BackupSet is a folder with a backup, and what was true when it was made.
  struct BackupSet {
    std::string folder;
    std::string manifest;
    Ledger ledger;
  };
  std::vector<BackupSet> backups_;
  std::deque<Act (History::*)()> plan_;  // what will be chosen next
  std::string course_;                   // the matter that runs its course
  std::string backing_up_;               // a folder whose backup nobody was told of
  struct OldFolder {
    Platter::Image files;
    std::uint64_t epoch = 0;
  };
  std::optional<OldFolder> old_folder_;
  std::string home_ = kFirstHome;
  std::string standby_;         // its folder; empty: none
  std::string coming_standby_;  // of an act whose outcome nobody was told
  int standbys_ = 0;            // ever made
  bool away_ = false;           // the standby's disk was taken out
  bool in_pieces_ = false;      // a restore or promotion is under way
  bool restored_ = false;       // ever
  bool doubtful_people_ = false;
  bool insisted_ = false;  // the act that was insisted on is done
};

}  // namespace vault
