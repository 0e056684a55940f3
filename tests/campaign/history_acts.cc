// What people do in a history with people and matters. Each act is chosen first, so that the ledger
// expects it, and then done: the process that does it may not live to tell.
#include <algorithm>

#include "tests/campaign/history.h"
#include "vault/base/text.h"
#include "vault/crypto/bulk.h"

namespace vault {
namespace {

constexpr UnixSeconds kDay = 86400;

}  // namespace

std::string History::NewWords(std::string_view what) {
  return std::string(kMarker) + "-" + std::string(what) + "-" + std::to_string(++words_);
}

std::vector<std::string> History::PeopleOf(std::string_view role) const {
  std::vector<std::string> out;
  for (const auto& [email, person] : ledger_.people) {
    const bool shut = person.locked ||
                      (person.invited_until && clock_.Realtime() + kDay >= *person.invited_until);
    if (person.live && !person.ending && !person.maybe && !shut && person.role == role) {
      out.push_back(email);
    }
  }
  return out;
}

std::vector<std::string> History::Keys(const std::map<std::string, Ledger::Matter>& map) {
  std::vector<std::string> out;
  for (const auto& [key, value] : map) out.push_back(key);
  return out;
}

Result<Actor> History::SignIn(const std::string& email) {
  return life_->SignIn(email, ledger_.people.at(email).password);
}

// The first officer stays, whatever happens to the others.
Result<Actor> History::Officer() { return SignIn(FirstOfficer()); }

Result<MatterRow> History::MatterOf(const std::string& id) {
  return (*life_)->matter_rows().Find(id);
}

// ---- people

Status History::AddPersonNow(const std::string& email) {
  Ledger::Person& person = ledger_.people.at(email);
  TRY(const Actor actor, Officer());
  NewPerson wanted;
  wanted.email = email;
  TRY(wanted.agency, AgencyId::Parse(person.agency));
  wanted.roles = {person.role};
  wanted.password = Plaintext::CopyOf(AsBytes(person.password));
  TRY(const People::Added added, (*life_)->people().Add(actor, std::move(wanted)));
  // Without one of their own the person gets a first password, to choose another with.
  if (person.password.empty()) person.password = added.password.text();
  person.invited_until = added.invited_until;
  person.id = added.id.ToHex();
  person.maybe = false;
  return (*life_)->matters().HandOver(actor, added.id);
}

History::Act History::AddPerson() {
  std::vector<std::string> agencies = Agencies();
  agencies.emplace_back("unit");
  const std::string agency = dice_.Of(agencies);
  const std::string email = NewWords("person") + "@" + agency + ".example";
  const std::string role =
      agency == "unit" ? (dice_.Chance(50) ? "BUO" : "IGO") : (dice_.Chance(70) ? "AAC" : "AUD");
  const bool own = dice_.Chance(70);
  ledger_.people[email] = Ledger::NewPerson(agency, role, own ? NewWords("password") : "");
  ledger_.people[email].maybe = true;
  return {"adding a person", [this, email] { return AddPersonNow(email); }};
}

History::Act History::ChangePassword() {
  std::vector<std::string> choices;
  for (const char* role : {"AAC", "AUD", "BUO"}) {
    for (const std::string& email : PeopleOf(role)) {
      // The first officer can always sign in, to whatever a restore brings back.
      if (email.find("-officer-") == std::string::npos) choices.push_back(email);
    }
  }
  if (choices.empty()) return AddPerson();
  const std::string email = dice_.Of(choices);
  Ledger::Person& person = ledger_.people.at(email);
  ++person.touched;
  // Who was interrupted tries the same again.
  const std::string fresh =
      !person.tried.empty() && dice_.Chance(50) ? *person.tried.begin() : NewWords("password");
  person.coming = fresh;
  person.reset = false;
  return {"changing a password", [this, email, fresh]() -> Status {
            Ledger::Person& who = ledger_.people.at(email);
            TRY(const Actor actor, SignIn(email));
            TRY(const People::Ending ending,
                (*life_)->people().ChangePassword(actor, AsBytes(who.password), AsBytes(fresh)));
            TRY_VOID(Destroyed(ending));
            who.coming.reset();
            who.tried.erase(fresh);
            Retire(who);
            who.password = fresh;
            who.invited_until.reset();
            return Ok();
          }};
}

History::Act History::ResetPerson() {
  std::vector<std::string> choices = PeopleOf("AAC");
  for (const std::string& email : PeopleOf("AUD")) choices.push_back(email);
  if (choices.empty()) return AddPerson();
  const std::string email = dice_.Of(choices);
  const std::string fresh = NewWords("password");
  ledger_.people.at(email).coming = fresh;
  ledger_.people.at(email).reset = true;
  ++ledger_.people.at(email).touched;
  TokensMayEnd(ledger_.people.at(email));
  return {"resetting a person", [this, email, fresh]() -> Status {
            TRY(const Actor actor, Officer());
            TRY(const People::Anew done,
                (*life_)->people().Reset(actor, email, Plaintext::CopyOf(AsBytes(fresh))));
            TRY_VOID(Destroyed(done.destruction));
            Ledger::Person& who = ledger_.people.at(email);
            who.coming.reset();
            Retire(who);
            TokensEnded(who);
            NamedEnded(who);
            who.password = fresh;
            who.invited_until.reset();
            return Ok();
          }};
}

History::Act History::EndPerson() {
  std::vector<std::string> choices;
  for (const auto& [email, person] : ledger_.people) {
    const bool stays = email.find("-officer-") != std::string::npos || person.role == "IGO";
    if (person.live && !person.maybe && !stays) choices.push_back(email);
  }
  if (choices.size() < 4) return AddPerson();
  const std::string email = dice_.Of(choices);
  ledger_.people.at(email).ending = true;
  ++ledger_.people.at(email).touched;
  TokensMayEnd(ledger_.people.at(email));
  return {"ending a person", [this, email]() -> Status {
            TRY(const Actor actor, Officer());
            TRY(const People::Ending ending, (*life_)->people().End(actor, email));
            TRY_VOID(Destroyed(ending));
            Ledger::Person& who = ledger_.people.at(email);
            who.ending = false;
            who.live = false;
            Retire(who);
            TokensEnded(who);
            NamedEnded(who);
            return Ok();
          }};
}

// ---- matters

Status History::MakeMatterNow(const std::string& title, UnixSeconds meeting) {
  TRY(const Actor actor, Officer());
  TRY(const MatterRow made, (*life_)->matters().New(actor, {"macfa", title, meeting, ""}));
  ledger_.matters[made.id.ToHex()].meeting = meeting;
  return Ok();
}

History::Act History::NewMatter_() {
  const std::string title = NewWords("title");
  const UnixSeconds meeting =
      clock_.Realtime() + static_cast<UnixSeconds>(10 + dice_.Below(80)) * kDay;
  return {"a new matter", [this, title, meeting] { return MakeMatterNow(title, meeting); }};
}

Status History::AddSubjectNow(const std::string& matter, const std::string& pseudonym) {
  TRY(const Actor actor, Officer());
  TRY(const MatterRow row, MatterOf(matter));
  NewSubject subject;
  subject.pseudonym = pseudonym;
  subject.name = pseudonym + " by name";
  TRY(const Matters::AddedSubject added, (*life_)->matters().AddSubject(actor, row, subject));
  ledger_.matters.at(matter).subjects.emplace_back(added.id.ToHex(), pseudonym);
  return Ok();
}

History::Act History::AddSubject() {
  const std::string matter = dice_.Of(Keys(ledger_.matters));
  const std::string pseudonym = NewWords("subject");
  return {"adding a subject",
          [this, matter, pseudonym] { return AddSubjectNow(matter, pseudonym); }};
}

Status History::InvolveNow(const std::string& matter, const std::string& subject,
                           const std::string& agency) {
  TRY(const Actor actor, Officer());
  TRY(const MatterRow row, MatterOf(matter));
  TRY(const SubjectRow found, (*life_)->matter_rows().FindSubject(row.id, subject));
  TRY(const AgencyId id, AgencyId::Parse(agency));
  TRY([[maybe_unused]] const InvolvementId done,
      (*life_)->matters().Involve(actor, row, found, id));
  ledger_.matters.at(matter).agencies.insert(agency);
  return Ok();
}

History::Act History::Involve() {
  const std::string matter = dice_.Of(Keys(ledger_.matters));
  const auto& subjects = ledger_.matters.at(matter).subjects;
  if (subjects.empty()) return AddSubject();
  const std::string subject = dice_.Of(subjects).first;
  const std::string agency = dice_.Of(Agencies());
  return {"involving an agency",
          [this, matter, subject, agency] { return InvolveNow(matter, subject, agency); }};
}

Status History::AddMemberNow(const std::string& matter, const std::string& email) {
  TRY(const Actor actor, Officer());
  TRY(const MatterRow row, MatterOf(matter));
  TRY(const std::string party, (*life_)->matters().AddMember(actor, row, email, ""));
  ledger_.members.insert({matter, email});
  ledger_.seats[{matter, email}] = {party};
  return Ok();
}

History::Act History::AddMember() {
  std::vector<std::string> choices = PeopleOf("AAC");
  for (const std::string& email : PeopleOf("AUD")) choices.push_back(email);
  if (choices.empty()) return AddPerson();
  const std::string email = dice_.Of(choices);
  const std::string matter = dice_.Of(Keys(ledger_.matters));
  // Whoever sits in a seat that their agency took over may get one of its own.
  const auto sits = ledger_.seats.find({matter, email});
  if (sits != ledger_.seats.end()) sits->second.insert(ledger_.people.at(email).agency);
  return {"adding a member", [this, matter, email] { return AddMemberNow(matter, email); }};
}

History::Act History::RecordEvent() {
  static const std::vector<std::string> kEvents = {
      "FORMS_ISSUED",     "SELECTION_DECIDED", "PACK_RELEASED",   "PACK_RELEASED",
      "MEETING_CLOSED",   "MINUTES_APPROVED",  "REPORT_APPROVED", "FORMS_ISSUED",
      "MINUTES_APPROVED", "SELECTION_DECIDED"};
  return Happen(dice_.Of(Keys(ledger_.matters)), dice_.Of(kEvents));
}

// RecordNext is the next event of the matter that runs its course.
History::Act History::RecordNext() {
  static const std::vector<std::string> kCourse = {"FORMS_ISSUED",     "SELECTION_DECIDED",
                                                   "PACK_RELEASED",    "MEETING_CLOSED",
                                                   "MINUTES_APPROVED", "REPORT_APPROVED"};
  const auto found = ledger_.matters.find(course_);
  if (found == ledger_.matters.end()) return RecordEvent();
  for (const std::string& event : kCourse) {
    if (!found->second.events.contains(event)) return Happen(course_, event);
  }
  return Sweep_();
}

History::Act History::Happen(const std::string& matter, const std::string& event) {
  ledger_.event_at.try_emplace({matter, event}, clock_.Realtime());
  return {"event " + event, [this, matter, event]() -> Status {
            TRY(const Actor actor, Officer());
            TRY(const MatterRow row, MatterOf(matter));
            TRY(const EventOutcome outcome,
                (*life_)->matters().Record(actor, row, event, std::nullopt,
                                           std::string(kMarker) + " reason"));
            ledger_.matters.at(matter).events.insert(event);
            for (const DisposedItem& item : outcome.ended) {
              const std::string id = item.object.object.ToHex();
              if (item.object.type == EntryType::kLoan) ledger_.dead_loans.insert(id);
              if (item.object.type == EntryType::kShare) ledger_.dead_links.insert(id);
            }
            return Ok();
          }};
}

History::Act History::MoveMeeting() {
  const std::string matter = dice_.Of(Keys(ledger_.matters));
  const UnixSeconds when = clock_.Realtime() + static_cast<UnixSeconds>(1 + dice_.Below(60)) * kDay;
  return {"moving a meeting", [this, matter, when]() -> Status {
            TRY(const Actor actor, Officer());
            TRY(const MatterRow row, MatterOf(matter));
            TRY([[maybe_unused]] const Matters::MeetingOutcome outcome,
                (*life_)->matters().MoveMeeting(actor, row, when, "moved"));
            return Ok();
          }};
}

// ---- documents

}  // namespace vault
