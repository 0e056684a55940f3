// record kinds, add, list, show, set; matter assign: what a matter keeps beside its files.
#include <algorithm>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"

namespace service {

using vault::Result;

namespace {

// FieldsIn reads {"name": "text", "other": ["several"]}; null takes a field away.
Result<std::vector<vault::FieldValue>> FieldsIn(const Json& body) {
  const Json* fields = body.Find("fields");
  if (fields == nullptr || !fields->is_object()) return vault::Invalid("fields is missing");
  std::vector<vault::FieldValue> values;
  for (const auto& [name, value] : fields->members()) {
    if (value.is_null()) {
      values.push_back({name, ""});
    } else if (value.is_array()) {
      TRY(const std::vector<std::string> texts, value.AsTexts());
      if (texts.empty()) values.push_back({name, ""});
      for (const std::string& text : texts) values.push_back({name, text});
    } else {
      auto text = value.AsText();
      if (!text.ok()) return vault::Invalid("a field's value is a text or a list of texts");
      values.push_back({name, std::move(text).value()});
    }
  }
  return values;
}

Json FieldsJson(const std::vector<vault::FieldValue>& values) {
  Json fields = Json::Object();
  std::vector<std::string> done;
  for (const vault::FieldValue& value : values) {
    if (std::find(done.begin(), done.end(), value.name) != done.end()) continue;
    done.push_back(value.name);
    std::vector<std::string> all;
    for (const vault::FieldValue& other : values) {
      if (other.name == value.name) all.push_back(other.value);
    }
    fields.Set(value.name, all.size() == 1 ? Json(all[0]) : Json::Texts(all));
  }
  return fields;
}

Json FindingsJson(const std::vector<vault::KeptFinding>& findings) {
  Json list = Json::Array();
  for (const vault::KeptFinding& finding : findings) {
    list.Add(Json::Object(
        {{"rule", finding.rule}, {"severity", finding.severity}, {"sentence", finding.sentence}}));
  }
  return list;
}

Json RecordJson(const vault::RecordView& view) {
  return Json::Object({{"id", view.id.ToHex()},
                       {"kind", view.kind},
                       {"class", view.class_code},
                       {"agency", view.owner.text()},
                       {"subject", TextOrNull(view.subject)},
                       {"version", view.version},
                       {"day", DayJson(view.day)},
                       {"may_open", view.may_open},
                       {"due", DayJson(view.due)},
                       {"state", TextOrNull(view.state)},
                       {"fields", FieldsJson(view.values)},
                       {"personal", Json::Texts(view.personal)},
                       {"findings", FindingsJson(view.findings)},
                       {"reason", TextOrNull(view.reason)}});
}

Response Written(const vault::WrittenRecord& written) {
  return JsonAnswer(Json::Object({{"id", written.id.ToHex()},
                                  {"version", written.version},
                                  {"findings", FindingsJson(written.findings)}}));
}

Result<Response> ListKinds(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  Json list = Json::Array();
  for (const vault::RecordKind& kind : matter.rules->RecordKinds()) {
    Json fields = Json::Array();
    for (const vault::FieldRule& field : kind.fields) {
      fields.Add(Json::Object({{"name", field.name},
                               {"what", field.what},
                               {"type", vault::FieldTypeName(field.type)},
                               {"required", field.required},
                               {"many", field.many},
                               {"personal", field.personal},
                               {"choices", Json::Texts(field.choices)}}));
    }
    list.Add(Json::Object({{"kind", kind.name},
                           {"what", kind.what},
                           {"class", kind.class_code},
                           {"written_by", Json::Texts(kind.written_by)},
                           {"fields", fields}}));
  }
  return JsonAnswer(list);
}

Result<Response> AddRecord(Door& door) {
  TRY(const Json body, door.Body({"kind", "fields", "agency", "reason", "readers"}));
  vault::NewRecord record;
  TRY(record.kind, body.Text("kind"));
  TRY(record.values, FieldsIn(body));
  TRY(const std::optional<std::string> agency, body.FindText("agency"));
  TRY(const std::optional<std::string> reason, body.FindText("reason"));
  record.reason = reason.value_or("");
  std::vector<std::string> readers;
  if (body.Find("readers") != nullptr) {
    TRY(readers, body.TextList("readers"));
  }
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  if (agency) {
    TRY(record.agency, AgencyNamed(*agency));
  }
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(record.readers, MembersNamed(visit, matter, readers));
  TRY(const vault::WrittenRecord written, visit.vault().records().Add(visit.actor, matter, record));
  return Written(written);
}

Result<Response> SetRecord(Door& door) {
  TRY(const Json body, door.Body({"fields", "reason"}));
  vault::RecordChange change;
  TRY(change.values, FieldsIn(body));
  TRY(const std::optional<std::string> reason, body.FindText("reason"));
  change.reason = reason.value_or("");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(change.id, Hidden(vault::DocumentId::Parse(door.request().Capture("R")), "no such record"));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::WrittenRecord written, visit.vault().records().Set(visit.actor, matter, change));
  return Written(written);
}

Result<Response> ListRecords(Door& door) {
  TRY_VOID(door.request().OnlyQuery({"kind"}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const std::vector<vault::RecordView> views,
      visit.vault().records().List(visit.actor, matter, door.request().Query("kind").value_or("")));
  Json list = Json::Array();
  for (const vault::RecordView& view : views) list.Add(RecordJson(view));
  return JsonAnswer(list);
}

Result<Response> ShowRecord(Door& door) {
  TRY_VOID(door.request().OnlyQuery({"reason"}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY(const vault::DocumentId id,
      Hidden(vault::DocumentId::Parse(door.request().Capture("R")), "no such record"));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const vault::RecordView view,
      visit.vault().records().Show(visit.actor, matter, id,
                                   door.request().Query("reason").value_or("")));
  return JsonAnswer(RecordJson(view));
}

Result<Response> ListAssignments(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  TRY(const std::vector<vault::Assignments::Wish> rows,
      visit.vault().assignments().List(visit.actor, matter));
  Json list = Json::Array();
  for (const vault::Assignments::Wish& row : rows) {
    list.Add(Json::Object({{"email", row.email}, {"role", row.role}}));
  }
  return JsonAnswer(list);
}

Result<Response> Assign(Door& door) {
  TRY(const Json body, door.Body({"email", "role", "ended"}));
  vault::Assignments::Wish wish;
  TRY(wish.email, body.Text("email"));
  TRY(wish.role, body.Text("role"));
  TRY(const std::optional<bool> ended, body.FindFlag("ended"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit}));
  const auto lock = visit.vault().Locked();
  TRY(const vault::MatterRow matter, KnownMatter(visit, door.request().Capture("M")));
  if (ended.value_or(false)) {
    TRY_VOID(visit.vault().assignments().End(visit.actor, matter, wish));
  } else {
    TRY_VOID(visit.vault().assignments().Give(visit.actor, matter, wish));
  }
  return JsonAnswer(
      Json::Object({{"email", wish.email}, {"role", wish.role}, {"ended", ended.value_or(false)}}));
}

}  // namespace

void AddRecordRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add(
      {Verb::kGet, "/api/v1/matters/{M}/record-kinds", NoBody(), Answered(context, ListKinds)});
  router.Add({Verb::kGet, "/api/v1/matters/{M}/records", NoBody(), Answered(context, ListRecords)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/records", json, Answered(context, AddRecord)});
  router.Add(
      {Verb::kGetOnly, "/api/v1/matters/{M}/records/{R}", NoBody(), Answered(context, ShowRecord)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/records/{R}", json, Answered(context, SetRecord)});
  router.Add({Verb::kGet, "/api/v1/matters/{M}/assignments", NoBody(),
              Answered(context, ListAssignments)});
  router.Add({Verb::kPost, "/api/v1/matters/{M}/assignments", json, Answered(context, Assign)});
}

}  // namespace service
