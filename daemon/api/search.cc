// Search, and the letters that wait to be sent.
#include "vault/search.h"

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/mails.h"

namespace service {

using vault::Result;

namespace {

// A name is personal: it comes in a body, and in no line of any log on its way.
Result<Response> Search(Door& door) {
  TRY(const Json body,
      door.Body({"reference", "pseudonym", "name", "agency", "class", "from", "until"}));
  vault::SearchWish wish;
  TRY(const std::optional<std::string> reference, body.FindText("reference"));
  TRY(const std::optional<std::string> pseudonym, body.FindText("pseudonym"));
  TRY(const std::optional<std::string> name, body.FindText("name"));
  TRY(const std::optional<std::string> agency, body.FindText("agency"));
  TRY(const std::optional<std::string> code, body.FindText("class"));
  TRY(wish.from, FindDay(body, "from"));
  TRY(wish.until, FindDay(body, "until"));
  wish.reference = reference.value_or("");
  wish.pseudonym = pseudonym.value_or("");
  wish.name = name.value_or("");
  wish.class_code = code.value_or("");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  if (agency) {
    TRY(wish.agency, AgencyNamed(*agency));
  }
  TRY(const vault::SearchAnswer answer, visit.vault().search().Find(visit.actor, wish));
  Json hits = Json::Array();
  for (const vault::SearchHit& hit : answer.hits) {
    hits.Add(Json::Object({{"id", hit.id.ToHex()},
                           {"kind", hit.kind},
                           {"matter", TextOrNull(hit.matter_ref)},
                           {"subject", TextOrNull(hit.pseudonym)},
                           {"class", TextOrNull(hit.class_code)},
                           {"agency", TextOrNull(hit.agency)},
                           {"filed", DayJson(hit.day)}}));
  }
  return JsonAnswer(Json::Object({{"hits", hits}, {"more", answer.more}}));
}

Result<Response> ListMails(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  TRY(const std::vector<vault::MailView> mails, visit.vault().mails().List(visit.actor));
  Json list = Json::Array();
  for (const vault::MailView& mail : mails) {
    list.Add(Json::Object({{"id", mail.id.ToHex()},
                           {"to", TextOrNull(mail.to)},
                           {"kind", mail.kind},
                           {"matter", TextOrNull(mail.reference)},
                           {"day", DayJson(mail.day)},
                           {"state", mail.state},
                           {"attempts", mail.attempts},
                           {"next", TimeJson(mail.next)}}));
  }
  return JsonAnswer(list);
}

}  // namespace

void AddSearchRoutes(Router& router, Context& context) {
  router.Add({Verb::kPost, "/api/v1/search", SmallBody(kMaxJsonSize), Answered(context, Search)});
  router.Add({Verb::kGet, "/api/v1/mails", NoBody(), Answered(context, ListMails)});
}

}  // namespace service
