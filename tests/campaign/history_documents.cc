// What people do with documents in a history: file, withdraw, read back, and hand out by links.
#include <algorithm>

#include "tests/campaign/history.h"
#include "vault/base/text.h"
#include "vault/crypto/bulk.h"

namespace vault {
namespace {

constexpr UnixSeconds kDay = 86400;

std::string DigestOf(const std::string& content) { return EncodeHex(Sha256(AsBytes(content))); }

}  // namespace

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

}  // namespace vault
