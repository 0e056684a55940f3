// Records, what is for named readers, and what happens to one document alone.
#include <algorithm>

#include "tests/campaign/history.h"
#include "vault/base/text.h"

namespace vault {
namespace {

constexpr UnixSeconds kDay = 86400;

}  // namespace

// MembersOf are those with a part in a matter who can sign in, the unit apart.
std::vector<std::string> History::MembersOf(const std::string& matter) const {
  std::vector<std::string> members;
  for (const std::string& email : Owners()) {
    if (ledger_.members.contains({matter, email})) members.push_back(email);
  }
  return members;
}

std::string History::FirstOfficer() const {
  for (const auto& [email, person] : ledger_.people) {
    if (email.find("-officer-") != std::string::npos) return email;
  }
  return {};
}

std::vector<VersionName> History::Files() const {
  std::vector<VersionName> names;
  for (const auto& [name, document] : ledger_.filed) {
    if (document.kind.empty()) names.push_back(name);
  }
  return names;
}

// Sealed are the newest versions of what is for named readers, or of records of any class.
std::vector<VersionName> History::Newest(Kept kept) const {
  std::map<std::string, VersionName> newest;
  for (const auto& [name, document] : ledger_.filed) {
    const bool wanted =
        kept == Kept::kRecords ? !document.kind.empty() : document.class_code == kNamedClass;
    if (wanted) newest[name.first] = name;  // versions come in their order
  }
  std::vector<VersionName> names;
  for (const auto& [id, name] : newest) names.push_back(name);
  return names;
}

// NamedFor are those who are named for a version and can sign in. The first officer always is.
std::vector<std::string> History::NamedFor(const VersionName& name) const {
  std::vector<std::string> named = {FirstOfficer()};
  for (const std::string& email : Owners()) {
    const std::string& id = ledger_.people.at(email).id;
    if (ledger_.named.contains({name.first, name.second, id})) named.push_back(email);
  }
  return named;
}

void History::IsNamed(const VersionName& name, const std::string& email) {
  ledger_.named.insert({name.first, name.second, ledger_.people.at(email).id});
}

// NamedEnded: with their key pair, or for good, went what was sealed to them by name.
void History::NamedEnded(const Ledger::Person& person) {
  for (auto* names : {&ledger_.named, &ledger_.lost_named}) {
    for (auto it = names->begin(); it != names->end();) {
      const bool theirs = it->person == person.id;
      if (theirs) ledger_.dead_named.insert(*it);
      it = theirs ? names->erase(it) : std::next(it);
    }
  }
}

Result<MatterRow> History::MatterOf(const VersionName& name) {
  return MatterOf(ledger_.filed.at(name).matter);
}

// ---- writing

History::Act History::MakeRecord() {
  const bool of_course = ledger_.matters.contains(course_) && dice_.Chance(60);
  const std::string matter = of_course ? course_ : dice_.Of(Keys(ledger_.matters));
  const auto& subjects = ledger_.matters.at(matter).subjects;
  if (subjects.empty()) return AddSubject();
  const auto [subject, pseudonym] = dice_.Of(subjects);
  const std::vector<std::string> members = MembersOf(matter);
  const std::string author =
      members.empty() || dice_.Chance(30) ? FirstOfficer() : dice_.Of(members);
  // One in four is of an ordinary class, which is lent like a form.
  const bool ordinary = dice_.Chance(25);
  std::optional<std::string> reader;
  if (!ordinary && !members.empty() && dice_.Chance(40)) reader = dice_.Of(members);
  if (!ordinary) ledger_.readers.insert(ledger_.people.at(author).id);
  if (reader) ledger_.readers.insert(ledger_.people.at(*reader).id);
  const std::string words = NewWords("record");
  ledger_.said.insert(words);
  NewRecord record;
  if (ordinary) {
    record.kind = "concern";
    record.values = {{"agency", ledger_.people.at(author).agency},
                     {"subject", pseudonym},
                     {"raised", "2026-02-12T09:00"},
                     {"text", words},
                     {"told", "the line manager"}};
  } else {
    record.kind = "connected-person";
    record.values = {
        {"subject", pseudonym}, {"pseudonym", NewWords("connected")}, {"relationship", words}};
  }
  const Ledger::Document document{
      "", ordinary ? "FRM" : std::string(kNamedClass), matter, subject, 0, record.kind, words};
  return {"writing a record", [=, this]() -> Status {
            TRY(const Actor actor, SignIn(author));
            TRY(const MatterRow row, MatterOf(matter));
            NewRecord wish = record;
            if (reader) {
              TRY(const PersonId id, PersonId::Parse(ledger_.people.at(*reader).id));
              wish.readers.push_back(id);
            }
            TRY(const WrittenRecord written, (*life_)->records().Add(actor, row, wish));
            const VersionName name{written.id.ToHex(), written.version};
            Wrote(name, document);
            if (ordinary) return Ok();
            for (const std::string& email : {FirstOfficer(), author}) IsNamed(name, email);
            if (reader) IsNamed(name, *reader);
            return Ok();
          }};
}

void History::Wrote(const VersionName& name, Ledger::Document document) {
  document.filed = clock_.Realtime();
  ledger_.filed[name] = std::move(document);
  world_.record.Count(Record::kRecords, 1);
}

History::Act History::ChangeRecord() {
  const std::vector<VersionName> records = Newest(Kept::kRecords);
  if (records.empty()) return MakeRecord();
  const VersionName old = dice_.Of(records);
  Ledger::Document document = ledger_.filed.at(old);
  document.words = NewWords("record");
  ledger_.said.insert(document.words);
  const bool named = document.class_code == kNamedClass;
  const std::string author = named ? dice_.Of(NamedFor(old)) : FirstOfficer();
  if (named) ledger_.readers.insert(ledger_.people.at(author).id);
  const std::string field = named ? "relationship" : "text";
  return {"changing a record", [=, this]() -> Status {
            TRY(const Actor actor, SignIn(author));
            TRY(const MatterRow row, MatterOf(document.matter));
            TRY(const DocumentId id, DocumentId::Parse(old.first));
            TRY(const WrittenRecord written,
                (*life_)->records().Set(actor, row, {id, {{field, document.words}}, ""}));
            const VersionName name{written.id.ToHex(), written.version};
            Wrote(name, document);
            if (!named) return Ok();
            for (const std::string& email : {FirstOfficer(), author}) IsNamed(name, email);
            return Ok();
          }};
}

History::Act History::NameReader() {
  const std::vector<VersionName> sealed = Newest(Kept::kForNamedReaders);
  if (sealed.empty()) return MakeRecord();
  const VersionName name = dice_.Of(sealed);
  const std::vector<std::string> members = MembersOf(ledger_.filed.at(name).matter);
  if (members.empty()) return AddMember();
  const std::string reader = dice_.Of(members);
  const std::string by = dice_.Of(NamedFor(name));
  const std::string& whom = ledger_.people.at(reader).id;
  ledger_.readers.insert(whom);
  // Who was named once and got a new key is named anew, for every version.
  std::erase_if(ledger_.dead_named, [&](const NamedName& dead) {
    return dead.object == name.first && dead.person == whom;
  });
  return {"naming a reader", [=, this]() -> Status {
            TRY(const Actor actor, SignIn(by));
            TRY(const DocumentId id, DocumentId::Parse(name.first));
            TRY(const PersonId person, PersonId::Parse(ledger_.people.at(reader).id));
            TRY_VOID((*life_)->documents().NameReaders(actor, id, {person}));
            for (const auto& [version, document] : ledger_.filed) {
              if (version.first == name.first && !ledger_.dead_versions.contains(version)) {
                IsNamed(version, reader);
              }
            }
            return Ok();
          }};
}

// ---- reading

// Somebody who may and somebody who may not, as chance will have it.
History::Act History::ReadRecord() {
  const std::vector<VersionName> records = Newest(Kept::kRecords);
  if (records.empty()) return MakeRecord();
  const VersionName name = dice_.Of(records);
  std::vector<std::string> people = {FirstOfficer()};
  const std::vector<std::string> others = Owners();
  for (int i = 0; i < 2 && !others.empty(); ++i) people.push_back(dice_.Of(others));
  return {"reading a record", [=, this]() -> Status {
            for (const std::string& email : people) {
              TRY(const Actor actor, SignIn(email));
              TRY_VOID(ReadRecordAs(actor, name, email));
            }
            return Ok();
          }};
}

// CheckReader is asked when something for named readers opened to somebody.
void History::CheckReader(const VersionName& name, const std::string& email) {
  const std::string& id = ledger_.people.at(email).id;
  if (email != FirstOfficer() && !ledger_.readers.contains(id)) {
    judge_->Accuse("what is for named readers opens to somebody who never was one");
  }
  if (ledger_.dead_named.contains({name.first, name.second, id})) {
    judge_->Accuse("what is for named readers opens to one who is none any more");
  }
}

Status History::ReadRecordAs(const Actor& actor, const VersionName& name,
                             const std::string& email) {
  const Ledger::Document& document = ledger_.filed.at(name);
  TRY(const MatterRow matter, MatterOf(name));
  TRY(const DocumentId id, DocumentId::Parse(name.first));
  const auto view = (*life_)->documents().Show(actor, id);
  const auto shown = (*life_)->records().Show(actor, matter, id, "");
  const std::string& who = ledger_.people.at(email).id;
  const bool for_names = document.class_code == kNamedClass;
  const bool officer = email == FirstOfficer();
  if (shown.ok()) {
    const VersionName read{name.first, shown.value().version};
    if (ledger_.dead_versions.contains(read)) judge_->Accuse("a destroyed record is served");
    const auto known = ledger_.filed.find(read);
    const auto& values = shown.value().values;
    const bool right = std::any_of(values.begin(), values.end(), [&](const FieldValue& value) {
      return known != ledger_.filed.end() ? value.value == known->second.words
                                          : ledger_.said.contains(value.value);
    });
    if (!right) judge_->Accuse("a record says what nobody wrote");
    if (for_names) CheckReader(read, email);
    const std::optional<std::string> seat = SeatOf(document.matter, email);
    const bool closed = ledger_.matters.at(document.matter).events.contains("MEETING_CLOSED");
    if (!for_names && !officer && closed && seat && shown.value().owner.text() != *seat) {
      judge_->Accuse("a borrower reads a record after the meeting closed");
    }
    return Ok();
  }
  // The control: who is named reads what lives, unless a hold closes it.
  const bool named = officer || ledger_.named.contains({name.first, name.second, who});
  const bool member = officer || ledger_.members.contains({document.matter, email});
  if (!for_names || !named || !member || ledger_.dead_versions.contains(name)) return Ok();
  // What a start or a sweep finished, which nobody had been told of, is weighed when it is seen.
  const std::optional<Standing> now = judge_->Look();
  const bool lives =
      now && now->versions.contains(name) && now->versions.at(name).state != "destroyed";
  if (!lives) return Ok();
  if (!view.ok()) {
    judge_->Accuse("a named reader is told nothing of a living record: " + view.error().detail);
  } else if (!view.value().held && view.value().state == "filed" &&
             view.value().version == name.second) {
    judge_->Accuse("a named reader cannot read a living record: " + shown.error().detail);
  }
  return Ok();
}

// ---- what happens to one document alone

// A period counts from what is said to have happened; where nobody says when, from the latest it
// can be: a clock that shows too much puts the end off, never forward.
History::Act History::HappenToDocument() {
  std::vector<VersionName> choices;
  for (const VersionName& name : Files()) {
    const std::string& code = ledger_.filed.at(name).class_code;
    const bool gone = ledger_.dead_versions.contains(name);
    if (!gone && (code == "DRM" || code == "LLI")) choices.push_back(name);
  }
  if (choices.empty()) return File();
  const VersionName name = dice_.Of(choices);
  const Ledger::Document& document = ledger_.filed.at(name);
  const std::string event = dice_.Chance(10)               ? "SUPERSEDED"
                            : document.class_code == "DRM" ? "MINUTES_APPROVED"
                                                           : "SELECTION_DECIDED";
  enum class When { kUnsaid, kUnderAClockThatJumped, kBefore, kToCome };
  const auto when = static_cast<When>(dice_.Below(4));
  const UnixSeconds now = clock_.Realtime();
  const UnixSeconds ahead = when == When::kUnderAClockThatJumped
                                ? static_cast<UnixSeconds>(1 + dice_.Below(400)) * kDay
                                : 0;
  std::optional<UnixSeconds> at;
  if (when == When::kBefore) at = now - static_cast<UnixSeconds>(dice_.Below(30 * kDay));
  if (when == When::kToCome) at = now + static_cast<UnixSeconds>(1 + dice_.Below(30)) * kDay;
  if (when != When::kToCome) {
    const auto [known, fresh] =
        ledger_.event_at.try_emplace({name.first, event}, at.value_or(now + ahead));
    if (!fresh) known->second = std::min(known->second, at.value_or(now + ahead));
  }
  const std::string note = "document:" + name.first + ":" + event;
  return {"event " + event + " of a document", [=, this]() -> Status {
            const std::string& matter = ledger_.filed.at(name).matter;
            const auto record = [&]() -> Status {
              TRY(const Actor actor, Officer());
              TRY(const DocumentId id, DocumentId::Parse(name.first));
              return (*life_)->documents().RecordEvent(actor, id, event, at);
            };
            const UnixSeconds right = clock_.Realtime();
            clock_.SetRealtime(right + ahead);
            const Status done = record();
            clock_.SetRealtime(right);
            TRY_VOID(done);
            if (when == When::kToCome) {
              judge_->Accuse("what has not happened yet is recorded of a document");
            }
            ledger_.matters.at(matter).events.insert(note);
            return Ok();
          }};
}

}  // namespace vault
