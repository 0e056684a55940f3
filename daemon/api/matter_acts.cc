// matter subject, involve, member, event, meeting: what people do to a matter.
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/search.h"

namespace service {

using vault::Result;

namespace {

Result<Response> AddSubject(Door& door) {
  TRY(const Json body, door.Body({"pseudonym", "name", "born"}));
  vault::NewSubject subject;
  TRY(subject.pseudonym, body.Text("pseudonym"));
  TRY(const std::optional<std::string> name, body.FindText("name"));
  subject.name = name.value_or("");
  TRY(subject.born, FindDay(body, "born"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::Matters::AddedSubject added,
      visit.vault().matters().AddSubject(visit.actor, matter, subject));
  std::vector<std::string> warnings = added.warnings;
  const auto also = visit.vault().search().AlsoIn(visit.actor, added.id);
  if (!also.ok()) {
    // The subject is there all the same.
    warnings.emplace_back("whether the same name stands in another matter could not be looked up");
  } else if (!also.value().empty()) {
    std::string references;
    for (const std::string& one : also.value()) {
      references += (references.empty() ? "" : ", ") + one;
    }
    warnings.push_back("the same name stands in " + references);
  }
  return JsonAnswer(Json::Object({{"id", added.id.ToHex()},
                                  {"pseudonym", subject.pseudonym},
                                  {"warnings", Json::Texts(warnings)}}));
}

Result<Response> Involve(Door& door) {
  TRY(const Json body, door.Body({"subject", "agency"}));
  TRY(const std::string subject_name, body.Text("subject"));
  TRY(const std::string agency_name, body.Text("agency"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::SubjectRow subject, KnownSubject(visit, matter, subject_name));
  TRY(const vault::AgencyId agency, AgencyNamed(agency_name));
  TRY_VOID(Hidden(visit.vault().agencies().Find(agency), "no such agency"));
  TRY(const vault::InvolvementId id,
      visit.vault().matters().Involve(visit.actor, matter, subject, agency));
  return JsonAnswer(Json::Object(
      {{"id", id.ToHex()}, {"subject", subject.pseudonym}, {"agency", agency.text()}}));
}

Result<Response> AddMember(Door& door) {
  TRY(const Json body, door.Body({"email", "compartment", "attending"}));
  TRY(const std::string email, body.Text("email"));
  TRY(const std::optional<std::string> compartment, body.FindText("compartment"));
  TRY(const std::optional<bool> attending, body.FindFlag("attending"));
  TRY(const Visit visit, door.EnterFor(Reach::kInPerson, Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kAac}));
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::PersonId id, Hidden(vault.people().Find(email), "no such person"));
  if (!visit.unit()) {
    // Who works elsewhere is none of a co-ordinator's business.
    TRY(const vault::PersonView person, vault.people().View(id));
    if (person.agency != visit.actor.agency()) return vault::NotFound("no such person");
  }
  TRY(const vault::PersonView person, vault.people().View(id));
  auto party = vault.matters().AddMember(visit.actor, matter, email, compartment.value_or(""));
  // Whoever is a member already is named as attending, or not, by asking again.
  if (!party.ok() && (party.error().code != vault::Errc::kConflict || !attending)) {
    return party.error();
  }
  if (attending) {
    TRY_VOID(vault.matters().SetAttending(visit.actor, matter, email, *attending));
  }
  TRY(const std::vector<vault::Matters::MemberView> members, vault.matters().Members(matter));
  for (const auto& member : members) {
    if (member.email != person.email) continue;
    return JsonAnswer(Json::Object({{"id", id.ToHex()},
                                    {"email", person.email},
                                    {"compartment", member.party},
                                    {"attending", member.attending}}));
  }
  return vault::NotFound("no such member");
}

Json HoldJson(const std::optional<vault::EventHold>& hold) {
  if (!hold) return Json();
  return Json::Object({{"id", hold->id.ToHex()},
                       {"kind", hold->kind},
                       {"object", hold->object},
                       {"review", DayJson(hold->review)}});
}

Result<Response> RecordEvent(Door& door) {
  TRY(const Json body, door.Body({"event", "at", "reason", "subject"}));
  vault::NewEvent event;
  TRY(event.name, body.Text("event"));
  TRY(event.at, FindTime(body, "at"));
  TRY(const std::optional<std::string> reason, body.FindText("reason"));
  TRY(const std::optional<std::string> subject, body.FindText("subject"));
  if (subject && subject->empty()) return vault::Invalid("subject is empty: leave it out");
  event.reason = reason.value_or("");
  event.subject = subject.value_or("");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  // Who may record it the template says.
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::EventOutcome outcome,
      visit.vault().matters().Record(visit.actor, matter, event));
  return JsonAnswer(Json::Object({{"id", matter.id.ToHex()},
                                  {"event", outcome.event.name},
                                  {"at", TimeJson(outcome.event.at)},
                                  {"phase", outcome.phase},
                                  {"warnings", Json::Texts(outcome.warnings)},
                                  {"hold", HoldJson(outcome.hold)}}));
}

Result<Response> CorrectEvent(Door& door) {
  TRY(const Json body, door.Body({"event", "at", "reason"}));
  vault::Matters::Correction correction;
  TRY(correction.event, body.Text("event"));
  TRY(correction.at, FindTime(body, "at"));
  TRY(correction.reason, body.Text("reason"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::EventOutcome outcome,
      visit.vault().matters().Correct(visit.actor, matter, correction));
  return JsonAnswer(Json::Object({{"id", matter.id.ToHex()},
                                  {"event", outcome.event.name},
                                  {"at", correction.at ? TimeJson(outcome.event.at) : Json()},
                                  {"phase", outcome.phase},
                                  {"warnings", Json::Texts(outcome.warnings)}}));
}

Result<Response> MoveMeeting(Door& door) {
  TRY(const Json body, door.Body({"at", "cancelled", "reason"}));
  TRY(const std::optional<vault::UnixSeconds> at, FindTime(body, "at"));
  TRY(const std::optional<bool> cancelled, body.FindFlag("cancelled"));
  TRY(const std::string reason, body.Text("reason"));
  if (at.has_value() == cancelled.value_or(false)) {
    return vault::Invalid("say when the meeting is, or that it is cancelled");
  }
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::Matters::MeetingOutcome outcome,
      visit.vault().matters().MoveMeeting(visit.actor, matter, at, reason));
  Json dates = Json::Array();
  for (const vault::Matters::DateShift& shift : outcome.dates) {
    dates.Add(Json::Object({{"id", shift.id},
                            {"what", shift.what},
                            {"before", DayJson(shift.before)},
                            {"after", DayJson(shift.after)}}));
  }
  return JsonAnswer(Json::Object({{"id", matter.id.ToHex()},
                                  {"before", TimeJson(outcome.before)},
                                  {"meeting", TimeJson(at)},
                                  {"dates", dates},
                                  {"warnings", Json::Texts(outcome.warnings)}}));
}

}  // namespace

void AddMatterActRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kPost, "/api/v1/matters/{M}/subjects", json, Answered(context, AddSubject)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/involvements", json, Answered(context, Involve)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/members", json, Answered(context, AddMember)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/events", json, Answered(context, RecordEvent)});
  router.Add(
      {Verb::kPost, "/api/v1/matters/{M}/corrections", json, Answered(context, CorrectEvent)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/meeting", json, Answered(context, MoveMeeting)});
}

}  // namespace service
