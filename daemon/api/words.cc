#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

vault::Plaintext Wiped(std::string text) {
  vault::Plaintext secret = vault::Plaintext::CopyOf(vault::AsBytes(text));
  vault::WipeMemory(text.data(), text.size());
  return secret;
}

// InMember says which member of the request an error is about.
vault::Error InMember(std::string_view name, const vault::Error& error) {
  return {error.code, std::string(name) + ": " + error.detail};
}

}  // namespace

Result<vault::AgencyId> AgencyNamed(std::string_view text) {
  auto id = vault::AgencyId::Parse(text);
  if (!id.ok()) return vault::NotFound("no such agency");
  return id;
}

Result<vault::DocumentId> DocumentNamed(std::string_view text) {
  return Hidden(vault::DocumentId::Parse(text), "no such document");
}

Result<std::optional<vault::UnixSeconds>> FindTime(const Json& body, std::string_view name) {
  TRY(const std::optional<std::string> text, body.FindText(name));
  if (!text) return std::optional<vault::UnixSeconds>();
  auto time = vault::ParseWhen(*text);
  if (!time.ok()) return InMember(name, time.error());
  return std::optional<vault::UnixSeconds>(time.value());
}

Result<std::optional<vault::Day>> FindDay(const Json& body, std::string_view name) {
  TRY(const std::optional<std::string> text, body.FindText(name));
  if (!text) return std::optional<vault::Day>();
  auto day = vault::Day::Parse(*text);
  if (!day.ok()) return InMember(name, day.error());
  return std::optional<vault::Day>(day.value());
}

Result<vault::Plaintext> Secret(const Json& body, std::string_view name) {
  TRY(std::string text, body.Text(name));
  return Wiped(std::move(text));
}

Result<std::optional<vault::Plaintext>> FindSecret(const Json& body, std::string_view name) {
  TRY(std::optional<std::string> text, body.FindText(name));
  if (!text) return std::optional<vault::Plaintext>();
  return std::optional<vault::Plaintext>(Wiped(*std::move(text)));
}

Result<std::vector<vault::Plaintext>> FindSecrets(const Json& body, std::string_view name) {
  std::vector<vault::Plaintext> secrets;
  TRY(std::optional<std::vector<std::string>> texts, body.FindTextList(name));
  if (!texts) return secrets;
  for (std::string& text : *texts) secrets.push_back(Wiped(std::move(text)));
  return secrets;
}

bool MayKnowMatter(const Visit& visit, const vault::MatterRow& matter) {
  if (visit.unit() || visit.Is(Who::kIgo)) return true;
  const auto lock = visit.vault().Locked();
  const auto member = visit.vault().compartments().Membership(visit.actor.person(), matter.id);
  return member.ok() && member.value().has_value();
}

Result<vault::MatterRow> KnownMatter(const Visit& visit, std::string_view name) {
  const auto lock = visit.vault().Locked();
  TRY(vault::MatterRow matter, Hidden(visit.vault().matter_rows().Find(name), "no such matter"));
  if (!MayKnowMatter(visit, matter)) return vault::NotFound("no such matter");
  return matter;
}

Result<std::vector<vault::PersonId>> MembersNamed(const Visit& visit,
                                                  const vault::MatterRow& matter,
                                                  const std::vector<std::string>& emails) {
  std::vector<vault::PersonId> people;
  for (const std::string& email : emails) {
    const auto id = visit.vault().people().Find(email);
    if (!id.ok()) return vault::Invalid("a named reader needs a part of their own in the matter");
    TRY(const auto member, visit.vault().compartments().Membership(id.value(), matter.id));
    if (!member) return vault::Invalid("a named reader needs a part of their own in the matter");
    people.push_back(id.value());
  }
  return people;
}

Result<vault::SubjectRow> KnownSubject(const Visit& visit, const vault::MatterRow& matter,
                                       std::string_view name) {
  constexpr std::string_view kUnknown = "no such subject in this matter";
  TRY(vault::SubjectRow subject,
      Hidden(visit.vault().matter_rows().FindSubject(matter.id, name), kUnknown));
  if (visit.actor.Excluded(subject.id)) return vault::NotFound(std::string(kUnknown));
  return subject;
}

std::string PartyName(const vault::CompartmentRow& party) {
  return party.kind == "agency" ? party.agency.text() : party.kind;
}

}  // namespace service
