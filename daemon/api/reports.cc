#include "daemon/api/reports.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/statistics.h"
#include "daemon/api/table.h"
#include "daemon/api/words.h"
#include "vault/audit/event.h"
#include "vault/figures.h"

namespace service {

using vault::Result;

NewestTemplates Newest(const Context& context) {
  NewestTemplates newest;
  // They come by id and version.
  for (const policies::ProcessTemplate* process : context.templates.Templates()) {
    newest[std::string(process->template_id())] = process;
  }
  return newest;
}

namespace {

Json Joined(const std::vector<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : " ") + text;
  return joined.empty() ? Json() : Json(joined);
}

Result<Table> DisposalRegister(Door&, const Visit& visit, const Span& span) {
  TRY(const std::vector<vault::DisposalView> all, visit.vault().disposal().List());
  std::vector<TableRow> rows;
  for (const vault::DisposalView& view : all) {
    if (view.done && !span.Has(vault::LondonDay(*view.done))) continue;
    rows.push_back({view.id.ToHex(), view.state, view.rule, view.trigger,
                    TextOrNull(view.authority), view.due != 0 ? TimeJson(view.due) : Json(),
                    TimeJson(view.done), view.objects, view.approvals, view.failures,
                    view.certificate});
  }
  return TableOf({"id", "state", "rule", "trigger", "authority", "due", "done", "objects",
                  "approvals", "failures", "certificate"},
                 std::move(rows));
}

std::string_view UnitWord(policies::Unit unit) {
  switch (unit) {
    case policies::Unit::kWorkingDays:
      return "working days";
    case policies::Unit::kDays:
      return "days";
    case policies::Unit::kWeeks:
      return "weeks";
    case policies::Unit::kMonths:
      return "months";
    case policies::Unit::kYears:
      return "years";
    case policies::Unit::kHours:
      return "hours";
  }
  return "";
}

// The ways a rule's clock starts, in words: "6 years after MEETING_CLOSED, reviewed".
std::string RuleWords(const policies::RetentionRule& rule) {
  std::string words;
  for (const policies::RetentionStart& start : rule.starts) {
    if (!words.empty()) words += "; or ";
    if (start.action == policies::RetentionAction::kKeep) {
      words += "kept for good";
      continue;
    }
    if (start.birthday != 0) {
      words += "until the subject's birthday no. " + std::to_string(start.birthday);
    } else if (start.period) {
      words +=
          std::to_string(start.period->count) + " " + std::string(UnitWord(start.period->unit));
    } else {
      words += "at once";
    }
    words += " after " + start.trigger;
    if (start.review == policies::Review::kRequired) words += ", by two people";
  }
  return words;
}

// The record of processing is made of the rules that run, so it cannot differ from practice.
Result<Table> Processing(Door& door, const Visit& visit, const Span&) {
  TRY(const std::vector<vault::KeptClass> kept, visit.vault().figures().Kept(visit.actor));
  std::vector<TableRow> rows;
  for (const policies::ProcessTemplate* process : door.context().templates.Templates()) {
    const policies::RetentionTable& retention = process->Data().retention;
    for (const vault::ClassRule& one : process->Classes()) {
      const policies::RetentionRule* rule = retention.Of(one.code);
      vault::KeptClass figures;
      for (const vault::KeptClass& candidate : kept) {
        if (candidate.template_id == process->template_id() &&
            candidate.template_version == process->template_version() &&
            candidate.class_code == one.code) {
          figures = candidate;
        }
      }
      rows.push_back(
          {process->template_id(), process->template_version(), process->Data().name,
           process->Data().source, one.code, one.name, "S" + std::to_string(one.sensitivity),
           Joined(one.filed_by), one.retention, rule == nullptr ? Json() : RuleWords(*rule),
           rule == nullptr ? Json() : TextOrNull(rule->authority), figures.versions, figures.held,
           figures.extended, DayJson(figures.extended_until), TextOrNull(process->text_hash())});
    }
  }
  return TableOf({"process", "version", "name", "source", "class", "what", "level", "filed_by",
                  "retention", "rule", "authority", "kept", "exceptions_held",
                  "exceptions_extended", "extended_until", "sha256"},
                 std::move(rows));
}

// AccessRows reads the log in strides, so that a report of years holds the vault for moments.
class AccessRows {
 public:
  AccessRows(Context& context, Span span, std::optional<std::string> agency)
      : context_(context), span_(std::move(span)), agency_(std::move(agency)) {}

  Result<std::optional<TableRow>> Next() {
    while (waiting_ == rows_.size()) {
      if (ended_) return std::optional<TableRow>();
      TRY_VOID(Fill());
    }
    return std::optional<TableRow>(std::move(rows_[waiting_++]));
  }

 private:
  static constexpr std::uint64_t kStride = 512;

  vault::Status Fill() {
    rows_.clear();
    waiting_ = 0;
    TRY(const VaultGate::Pass pass, context_.gate.Enter());
    const auto lock = pass.vault().Locked();
    vault::AuditLog& log = pass.vault().log();
    // What is logged after the first row was read is no part of the report.
    if (!size_) size_ = log.size();
    const std::uint64_t end = std::min(*size_, next_ + kStride);
    for (; next_ < end; ++next_) {
      TRY(const std::string text, log.EntryText(next_));
      TRY(const vault::LogFields entry, vault::ParseLogEntry(text));
      Take(entry);
    }
    ended_ = next_ == *size_;
    return vault::Ok();
  }

  void Take(const vault::LogFields& entry) {
    if (entry.type != "opening" && entry.type != "opening.refused" &&
        entry.type != "link.opening" && entry.type != "search" && entry.type != "document.filed") {
      return;
    }
    const auto field = [&](std::string_view name) {
      const auto value = entry.Only(name);
      return value ? Json(*value) : Json();
    };
    const auto agency = entry.Only("agency");
    if (agency_ && agency != agency_) return;
    const auto day = vault::DayWritten(entry.time);
    if (!day.ok() || !span_.Has(day.value())) return;
    rows_.push_back({next_, entry.time, entry.type, field("agency"), field("actor"), field("for"),
                     field("kind"), field("object"), field("version"), field("route")});
  }

  Context& context_;
  const Span span_;
  const std::optional<std::string> agency_;
  std::vector<TableRow> rows_;
  std::size_t waiting_ = 0;
  std::uint64_t next_ = 0;
  std::optional<std::uint64_t> size_;
  bool ended_ = false;
};

Result<Table> AccessLog(Door& door, const Visit&, const Span& span) {
  std::optional<std::string> agency;
  if (const auto asked = door.request().Query("agency")) agency = std::string(*asked);
  auto rows = std::make_shared<AccessRows>(door.context(), span, std::move(agency));
  return Table{
      {"index", "time", "act", "agency", "actor", "for", "kind", "object", "version", "route"},
      [rows] { return rows->Next(); }};
}

Result<Table> Overdue(Door&, const Visit& visit, const Span& span) {
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  const vault::Day today = vault::LondonDay(vault.Now().low);
  std::vector<TableRow> rows;
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  for (const vault::MatterRow& matter : matters) {
    TRY(const vault::MatterFacts facts, vault.matter_rows().Facts(matter));
    for (const vault::DueItem& item : matter.rules->Due(facts)) {
      if (!item.due || *item.due >= today || item.fulfilled || !span.Has(*item.due)) continue;
      // What no event fulfils cannot be seen to be done: it is no arrears.
      if (item.event.empty() || facts.Has(item.event)) continue;
      rows.push_back({matter.ref, matter.template_id, item.id, item.what, DayJson(*item.due),
                      std::int64_t{today.number() - item.due->number()}, Joined(item.owed_by),
                      Joined(item.escalates_to), item.basis});
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [](const TableRow& a, const TableRow& b) {
    return a[5].AsInteger().value() > b[5].AsInteger().value();
  });
  return TableOf(
      {"matter", "process", "item", "what", "due", "days_late", "owed_by", "escalates_to", "basis"},
      std::move(rows));
}

Result<Table> HoldsReport(Door&, const Visit& visit, const Span& span) {
  TRY(const std::vector<vault::HoldView> holds, visit.vault().holds().List(visit.actor));
  std::vector<TableRow> rows;
  for (const vault::HoldView& hold : holds) {
    if (!span.Has(hold.placed)) continue;
    rows.push_back({hold.id.ToHex(), hold.kind, hold.object, DayJson(hold.placed),
                    DayJson(hold.review), hold.overdue, hold.sealed, hold.state,
                    TextOrNull(hold.reason), TextOrNull(hold.authority), TextOrNull(hold.note),
                    hold.collisions});
  }
  return TableOf({"id", "kind", "object", "placed", "review", "overdue", "sealed", "state",
                  "reason", "authority", "note", "collisions"},
                 std::move(rows));
}

std::string FirstOf(const vault::RecordView& view, std::string_view field) {
  for (const vault::FieldValue& value : view.values) {
    if (value.name == field) return value.value;
  }
  return "";
}

// AllOf joins the values of these fields; a plain no says that there is nothing.
Json AllOf(const vault::RecordView& view, const std::vector<std::string>& fields) {
  std::string all;
  for (const vault::FieldValue& value : view.values) {
    const bool asked = std::find(fields.begin(), fields.end(), value.name) != fields.end();
    if (asked && value.value != "no") all += (all.empty() ? "" : "; ") + value.value;
  }
  return TextOrNull(all);
}

bool Among(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// One row for each record a register lists; what is claimed, evidenced and still to do stand apart.
TableRow RecommendationRow(const vault::MatterRow& matter, const vault::RecordKind& kind,
                           const policies::RegisterRule& rule, const vault::RecordView& view,
                           vault::Day today) {
  TableRow row{matter.ref,      matter.template_id, view.kind,
               view.id.ToHex(), view.owner.text(),  view.may_open};
  if (!view.may_open) {
    // Who may only know of it sees that it is there and by when, and not what it says.
    for (int i = 0; i < 6; ++i) row.emplace_back();
  } else {
    const std::string status = FirstOf(view, kind.done_field);
    const bool done = kind.done_values.empty() ? !status.empty() : Among(kind.done_values, status);
    const Json evidence = AllOf(view, {rule.evidence});
    const Json residual = AllOf(view, rule.residual);
    row.insert(row.end(), {TextOrNull(status), done || Among(rule.claimed_when, status),
                           done && !evidence.is_null(), evidence, !residual.is_null(), residual});
  }
  const bool late = view.state == "overdue";
  row.insert(row.end(), {TextOrNull(view.state), DayJson(view.due),
                         late ? Json(std::int64_t{today.number() - view.due->number()}) : Json(),
                         DayJson(view.day)});
  return row;
}

Result<Table> Recommendations(Door& door, const Visit& visit, const Span& span) {
  vault::Vault& vault = visit.vault();
  const vault::Day today = vault::LondonDay(vault.Now().low);
  const auto wanted = door.request().Query("process");
  const auto agency = door.request().Query("agency");
  std::vector<TableRow> rows;
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  for (const vault::MatterRow& matter : matters) {
    // One matter at a time: others come in between.
    const auto lock = vault.Locked();
    if ((wanted && *wanted != matter.template_id) || !MayKnowMatter(visit, matter)) continue;
    for (const policies::ProcessTemplate* process : door.context().templates.Templates()) {
      if (process->template_id() != matter.template_id ||
          process->template_version() != matter.template_version) {
        continue;
      }
      for (const policies::RegisterRule& rule : process->Data().registers) {
        TRY(const vault::RecordKind kind, matter.rules->Record(rule.of));
        TRY(const std::vector<vault::RecordView> views,
            vault.records().List(visit.actor, matter, rule.of));
        for (const vault::RecordView& view : views) {
          if (agency && *agency != view.owner.text()) continue;
          if (view.due && !span.Has(*view.due)) continue;
          rows.push_back(RecommendationRow(matter, kind, rule, view, today));
        }
      }
    }
  }
  return TableOf(
      {"matter", "process", "kind", "id", "agency", "open_to_you", "status", "claimed", "evidenced",
       "evidence", "residual_open", "residual", "state", "due", "days_late", "changed"},
      std::move(rows));
}

// What the statistics count: of each process, the facts of its matters and their records.
struct Countable {
  std::map<std::string, std::vector<vault::MatterFacts>> facts;
  std::map<std::string, std::vector<std::vector<policies::DatedRecord>>> records;
};

Result<Countable> GatherCountable(const Visit& visit, const NewestTemplates& newest,
                                  std::optional<std::string_view> wanted, const Span& span) {
  vault::Vault& vault = visit.vault();
  const auto lock = vault.Locked();
  Countable countable;
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  for (const vault::MatterRow& matter : matters) {
    if (wanted && *wanted != matter.template_id) continue;
    const auto rules = newest.find(matter.template_id);
    if (rules != newest.end() && !rules->second->Data().measures.empty()) {
      TRY(const auto counted, vault.records().Counted(visit.actor, matter));
      std::vector<policies::DatedRecord> dated;
      for (const auto& one : counted) dated.push_back({one.facts, one.day});
      countable.records[matter.template_id].push_back(std::move(dated));
    }
    TRY(vault::MatterFacts of, vault.matter_rows().Facts(matter));
    std::erase_if(of.events, [&span](const vault::MatterEvent& event) {
      return !span.Has(vault::LondonDay(event.at));
    });
    countable.facts[matter.template_id].push_back(std::move(of));
  }
  return countable;
}

Result<Table> Statistics(Door& door, const Visit& visit, const Span& span) {
  const vault::Day today = vault::LondonDay(visit.vault().Now().low);
  const auto wanted = door.request().Query("process");
  const NewestTemplates newest = Newest(door.context());
  // The lock is let go before the counts are made safe: that takes longer than reading them.
  TRY(Countable countable, GatherCountable(visit, newest, wanted, span));
  std::vector<TableRow> rows;
  for (const auto& [id, of] : countable.facts) {
    const auto process = newest.find(id);
    if (process == newest.end() || (wanted && *wanted != id)) continue;
    TRY(std::vector<TableRow> more, StatisticsOf(*process->second, of, today));
    for (TableRow& row : more) rows.push_back(std::move(row));
    for (TableRow& row : MeasuresOf(*process->second, countable.records[id])) {
      rows.push_back(std::move(row));
    }
  }
  return TableOf(StatisticsColumns(), std::move(rows));
}

// Of a report for everybody, each reads the rows that the rules give them; of one for
// co-ordinators, a co-ordinator those of their own agency.
enum class For : std::uint8_t { kGovernance, kCoordinators, kEverybody };
struct Report {
  std::string_view name;
  Result<Table> (*make)(Door&, const Visit&, const Span&);
  For whom = For::kGovernance;
};
constexpr Report kReports[] = {
    {"disposal-register", DisposalRegister},
    {"processing", Processing},
    {"access-log", AccessLog},
    {"overdue", Overdue},
    {"holds", HoldsReport},
    {"statistics", Statistics},
    {"recommendations", Recommendations, For::kEverybody},
    {"attendance", AttendanceReport},
    {"unread", UnreadReport, For::kCoordinators},
    {"themes", ThemesReport},
    {"duplicates", DuplicatesReport},
};

Result<std::optional<vault::Day>> QueryDay(const Request& request, std::string_view name) {
  const auto text = request.Query(name);
  if (!text) return std::optional<vault::Day>();
  auto day = vault::Day::Parse(*text);
  if (!day.ok()) return vault::Invalid(std::string(name) + ": " + day.error().detail);
  return std::optional<vault::Day>(day.value());
}

Result<Response> MakeReport(Door& door) {
  const Request& request = door.request();
  TRY_VOID(request.OnlyQuery({"format", "from", "until", "agency", "process"}));
  const std::string_view format = request.Query("format").value_or("json");
  if (format != "json" && format != "csv") return vault::Invalid("format: csv or json");
  Span span;
  TRY(span.from, QueryDay(request, "from"));
  TRY(span.until, QueryDay(request, "until"));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  const std::string& name = request.Capture("name");
  const Report* const report = std::find_if(std::begin(kReports), std::end(kReports),
                                            [&](const Report& one) { return one.name == name; });
  const bool known = report != std::end(kReports);
  // Who may take none is not told which there are.
  const For whom = known ? report->whom : For::kGovernance;
  if (whom == For::kGovernance) TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  if (whom == For::kCoordinators) TRY_VOID(visit.Require({Who::kUnit, Who::kIgo, Who::kAac}));
  if (!known) return vault::NotFound("no such report");
  TRY_VOID(visit.vault().LogReport(visit.actor, name));
  TRY(Table table, report->make(door, visit, span));
  return TableAnswer(std::move(table), format == "csv" ? TableFormat::kCsv : TableFormat::kJson,
                     name);
}

Result<Response> ListReports(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  Json list = Json::Array();
  for (const Report& report : kReports) list.Add(Json::Object({{"id", report.name}}));
  return JsonAnswer(list);
}

}  // namespace

void AddReportRoutes(Router& router, Context& context) {
  router.Add({Verb::kGet, "/api/v1/reports", NoBody(), Answered(context, ListReports)});
  // Each report is logged as one: no HEAD.
  router.Add({Verb::kGetOnly, "/api/v1/reports/{name}", NoBody(), Answered(context, MakeReport)});
}

}  // namespace service
