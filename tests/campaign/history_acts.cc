// What people do in a history. Each act is chosen first, so that the ledger expects it, and then
// done: the process that does it may not live to tell.
#include <algorithm>

#include "tests/campaign/history.h"
#include "vault/base/text.h"
#include "vault/crypto/bulk.h"

namespace vault {
namespace {

constexpr UnixSeconds kDay = 86400;

std::string DigestOf(const std::string& content) { return EncodeHex(Sha256(AsBytes(content))); }

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

History::Act History::File() {
  const std::string matter = dice_.Of(Keys(ledger_.matters));
  const auto& subjects = ledger_.matters.at(matter).subjects;
  if (subjects.empty()) return AddSubject();
  std::string content = NewWords("content");
  const std::size_t size = dice_.Below(std::size_t{64} << dice_.Below(11));
  while (content.size() < size) content += " " + content;
  ledger_.offered.insert(DigestOf(content));
  const bool form = dice_.Chance(40);
  static const std::vector<std::string> kClasses = {"FRM", "FRM", "FRM", "LLI", "LLI", "EML",
                                                    "EML", "EML", "DRM", "DRM", "KEY"};
  const std::string code = dice_.Of(kClasses);
  const std::string subject = dice_.Of(subjects).first;
  std::vector<std::string> people;
  for (const auto& [where, email] : ledger_.members) {
    const auto found = ledger_.people.find(email);
    if (where == matter && found != ledger_.people.end() && found->second.live) {
      people.push_back(email);
    }
  }
  const bool of_unit = code == "EML" || code == "DRM" || code == kNamedClass;
  const std::string email = people.empty() || of_unit ? PeopleOf("BUO").front() : dice_.Of(people);
  return {"filing", [=, this]() -> Status {
            TRY(const Actor actor, SignIn(email));
            TRY(const MatterRow row, MatterOf(matter));
            Access::FilingWish wish;
            wish.class_code = code;
            if (code == "FRM") {
              TRY(const SubjectId id, SubjectId::Parse(subject));
              wish.subject = id;
            }
            TRY(FilingGrant grant, (*life_)->access().DecideFiling(actor, row, wish));
            TRY(FilingStream stream, (*life_)->documents().Begin(
                                         std::move(grant), std::string(kMarker) + ".docx", "api"));
            TRY_VOID(stream.Write(AsBytes(content)));
            FormOutcome outcome;
            if (form) {
              outcome.state = "read";
              outcome.form = Plaintext::CopyOf(AsBytes("form of " + content.substr(0, 40)));
            }
            TRY(const FiledDocument filed, stream.Finish(std::move(outcome)));
            const VersionName name{filed.id.ToHex(), filed.version};
            ledger_.filed[name] = {DigestOf(content), code, matter, code == "FRM" ? subject : "",
                                   clock_.Realtime()};
            if (code == kNamedClass) {
              for (const std::string& reader : {FirstOfficer(), email}) IsNamed(name, reader);
            }
            world_.record.Count(Record::kFiled, 1);
            return Ok();
          }};
}

History::Act History::Withdraw() {
  if (ledger_.filed.empty()) return File();
  const VersionName name = std::next(ledger_.filed.begin(),
                                     static_cast<std::ptrdiff_t>(dice_.Below(ledger_.filed.size())))
                               ->first;
  return {"withdrawing", [this, name]() -> Status {
            TRY(const Actor actor, Officer());
            TRY(const DocumentId id, DocumentId::Parse(name.first));
            TRY([[maybe_unused]] const std::uint64_t loans,
                (*life_)->documents().Withdraw(actor, {id, name.second, "withdrawn"}));
            return Ok();
          }};
}

History::Act History::ReadBack() {
  const std::vector<VersionName> files = Files();
  if (files.empty()) return File();
  const VersionName name = dice_.Of(files);
  return {"reading", [this, name]() -> Status {
            for (const std::string& email : PeopleOf("AAC")) {
              TRY(const Actor actor, SignIn(email));
              TRY(const DocumentId id, DocumentId::Parse(name.first));
              auto view = (*life_)->documents().Show(actor, id);
              if (!view.ok()) continue;
              const std::string matter = view.value().matter.ToHex();
              const std::optional<std::string> seat = SeatOf(matter, email);
              auto stream = (*life_)->documents().Open(actor, {id, name.second, ""});
              const bool own = seat && view.value().owner.text() == *seat;
              const auto known = ledger_.matters.find(matter);
              const bool closed =
                  known != ledger_.matters.end() && known->second.events.contains("MEETING_CLOSED");
              if (stream.ok()) {
                TRY(const std::string text, Life::ReadAll(stream.value()));
                if (DigestOf(text) != ledger_.filed.at(name).digest) {
                  judge_->Accuse("a document reads otherwise than it was filed");
                }
                if (ledger_.dead_versions.contains(name)) {
                  judge_->Accuse("a destroyed document is served");
                }
                if (ledger_.filed.at(name).class_code == kNamedClass) {
                  CheckReader(name, email);
                } else if (seat && !own && closed) {
                  judge_->Accuse("a borrower reads after the meeting closed");
                }
              } else if (own && ledger_.members.contains({matter, email}) && !view.value().held &&
                         view.value().state == "filed" && !ledger_.dead_versions.contains(name)) {
                judge_->Accuse("the owner cannot read a living document: " + stream.error().detail);
              }
            }
            return Ok();
          }};
}

// ---- links

History::Act History::MakeLink() {
  if (ledger_.filed.empty()) return File();
  const VersionName name = std::next(ledger_.filed.begin(),
                                     static_cast<std::ptrdiff_t>(dice_.Below(ledger_.filed.size())))
                               ->first;
  const UnixSeconds until =
      clock_.Realtime() + static_cast<UnixSeconds>(3600 + dice_.Below(20 * kDay));
  const auto uses = static_cast<std::uint32_t>(1 + dice_.Below(3));
  return {"making a link", [=, this]() -> Status {
            TRY(const Actor actor, Officer());
            NewShare share;
            TRY(const DocumentId id, DocumentId::Parse(name.first));
            share.documents = {id};
            share.recipient = std::string(kMarker) + "@outside.example";
            share.until = until;
            share.uses = uses;
            TRY(const MadeShare made, (*life_)->shares().Make(actor, share));
            Ledger::Link link;
            link.id = made.id.ToHex();
            link.link = made.link;
            link.fragment = made.secret.text();
            link.secret = {"https://vault.example/s/" + made.link + "#" + link.fragment,
                           std::string(made.pin.text())};
            ledger_.links.push_back(std::move(link));
            return Ok();
          }};
}

History::Act History::UseLink() {
  if (ledger_.links.empty()) return MakeLink();
  const Ledger::Link link = dice_.Of(ledger_.links);
  const int wrong = dice_.Chance(40) ? static_cast<int>(1 + dice_.Below(5)) : 0;
  return {"using a link", [=, this]() -> Status {
            std::string other = link.secret.pin;
            other[0] = other[0] == '0' ? '1' : '0';
            for (int i = 0; i < wrong; ++i) {
              auto refused = (*life_)->shares().Redeem(link.link, link.fragment, AsBytes(other));
              if (refused.ok()) judge_->Accuse("a link opens with a wrong PIN");
            }
            TRY(const Reservation held,
                (*life_)->shares().Redeem(link.link, link.fragment, AsBytes(link.secret.pin)));
            if (ledger_.dead_links.contains(link.id)) judge_->Accuse("an ended link is served");
            TRY(DocumentStream stream,
                (*life_)->shares().Open(link.link, link.fragment, held.token.text(), 1));
            TRY(const std::string text, Life::ReadAll(stream));
            if (!ledger_.offered.contains(DigestOf(text))) {
              judge_->Accuse("a link gives what nobody filed");
            }
            return Ok();
          }};
}

History::Act History::EndLink() {
  if (ledger_.links.empty()) return MakeLink();
  const std::string id = dice_.Of(ledger_.links).id;
  return {"ending a link", [this, id]() -> Status {
            TRY(const Actor actor, Officer());
            TRY(const ShareId share, ShareId::Parse(id));
            TRY_VOID((*life_)->shares().End(actor, share));
            ledger_.dead_links.insert(id);
            return Ok();
          }};
}

// ---- holds

History::Act History::PlaceHold() {
  NewHold hold;
  const std::string matter = dice_.Of(Keys(ledger_.matters));
  hold.matter = MatterId::Parse(matter).value();
  std::string object = matter;
  const auto& subjects = ledger_.matters.at(matter).subjects;
  const std::size_t scope = dice_.Below(3);
  if (scope == 1 && !subjects.empty()) {
    object = dice_.Of(subjects).first;
    hold.matter.reset();
    hold.subject = SubjectId::Parse(object).value();
  } else if (scope == 2 && !ledger_.filed.empty()) {
    object = std::next(ledger_.filed.begin(),
                       static_cast<std::ptrdiff_t>(dice_.Below(ledger_.filed.size())))
                 ->first.first;
    hold.matter.reset();
    hold.document = DocumentId::Parse(object).value();
  }
  hold.sealed = dice_.Chance(30);
  hold.reason = std::string(kMarker) + " reason";
  hold.review = LondonDay(clock_.Realtime()).Plus(60);
  return {"placing a hold", [this, hold, object]() -> Status {
            TRY(const Actor actor, SignIn(PeopleOf("IGO").front()));
            TRY(const HoldId id, (*life_)->holds().Place(actor, hold));
            ledger_.holds[id.ToHex()] = object;
            // What went before it was placed went by right.
            judge_->Follow();
            if (const auto now = judge_->Look()) {
              for (const auto& [name, version] : now->versions) {
                if (version.state == "destroyed") ledger_.gone_before[id.ToHex()].insert(name);
              }
            }
            return Ok();
          }};
}

History::Act History::ReleaseHold() {
  if (ledger_.holds.empty()) return PlaceHold();
  const std::string id = std::next(ledger_.holds.begin(),
                                   static_cast<std::ptrdiff_t>(dice_.Below(ledger_.holds.size())))
                             ->first;
  // From here nobody relies on it.
  ledger_.holds.erase(id);
  return {"releasing a hold", [this, id]() -> Status {
            TRY(const Actor actor, SignIn(PeopleOf("IGO").front()));
            TRY(const HoldId hold, HoldId::Parse(id));
            return (*life_)->holds().Release(actor, hold, "done");
          }};
}

// ---- time

Status History::SweepNow() {
  TRY(const SweepReport report, (*life_)->sweep().Run(std::nullopt, SweepMode::kAct));
  for (const SweptItem& item : report.destroyed) {
    if (item.kind == "loan") ledger_.dead_loans.insert(item.id);
    if (item.kind == "share") ledger_.dead_links.insert(item.id);
    if (item.kind == "document") ledger_.dead_versions.insert({item.id, item.version.value_or(0)});
    const auto filed = ledger_.filed.find({item.id, item.version.value_or(0)});
    if (item.kind == "document" && filed != ledger_.filed.end() &&
        !ledger_.MayGo(filed->first, filed->second.class_code, filed->second.matter)) {
      judge_->Accuse("a sweep destroyed a document of class " + filed->second.class_code +
                     " before its time, by rule " + item.rule + " from " + item.trigger +
                     ", filed " + std::to_string(ledger_.now - filed->second.filed) +
                     " seconds ago");
    }
  }
  EndGivenTimes();
  return Ok();
}

// A sweep re-makes the key of whoever has something that ends by itself, or may have it still.
void History::KeysMayMove() {
  for (auto& [email, person] : ledger_.people) {
    const bool ends =
        person.invited_until || !person.tokens.empty() || !person.doubtful_tokens.empty();
    if (ends) ++person.touched;
  }
}

History::Act History::Sweep_() {
  KeysMayMove();
  return {"sweeping", [this] { return SweepNow(); }};
}

// What two people are about to approve is known before they do: they may not live to tell.
History::Act History::Approve() {
  const std::vector<std::string> governance = PeopleOf("IGO");
  std::vector<DisposalId> ids;
  auto listed = (*life_)->disposal().List();
  auto officer = Officer();
  if (!listed.ok() || !officer.ok() || governance.empty()) return Sweep_();
  for (const DisposalView& view : listed.value()) {
    if (view.state != "proposed") continue;
    auto sheet = (*life_)->proposals().Sheet(officer.value(), view.id);
    if (!sheet.ok()) continue;
    ids.push_back(view.id);
    for (const ReviewItem& item : sheet.value().items) ledger_.approved.insert(item.id);
  }
  if (ids.empty()) return Sweep_();
  const std::string second = governance.front();
  return {"approving", [this, ids, second]() -> Status {
            TRY(const Actor first, Officer());
            TRY([[maybe_unused]] auto one, (*life_)->proposals().Approve(first, ids, std::nullopt));
            TRY(const Actor other, SignIn(second));
            TRY(const std::vector<Decided> done,
                (*life_)->proposals().Approve(other, ids, std::nullopt));
            for (const Decided& decided : done) {
              for (const DisposedItem& item : decided.outcome.destroyed) {
                if (item.object.type != EntryType::kDocument) continue;
                ledger_.dead_versions.insert({item.object.object.ToHex(), item.object.version});
              }
            }
            return Ok();
          }};
}

History::Act History::JumpClock() {
  KeysMayMove();
  const auto days = static_cast<UnixSeconds>(1 + dice_.Below(4000));
  return {"sweeping under a clock that jumped", [this, days]() -> Status {
            const UnixSeconds right = clock_.Realtime();
            clock_.SetRealtime(right + days * kDay);
            const Status swept = SweepNow();
            clock_.SetRealtime(right);
            return swept;
          }};
}

History::Act History::PassTime() {
  std::size_t most = 60;
  if (dice_.Chance(40)) most = 700;
  if (dice_.Chance(12)) most = 14000;
  clock_.Pass(static_cast<UnixSeconds>(1 + dice_.Below(most)) * 3600);
  ledger_.now = clock_.Realtime();
  return {"time passes", [] { return Ok(); }};
}

History::Act History::PassYear() {
  clock_.Pass(static_cast<UnixSeconds>(370 + dice_.Below(30)) * kDay);
  ledger_.now = clock_.Realtime();
  return {"a year passes", [] { return Ok(); }};
}

}  // namespace vault
