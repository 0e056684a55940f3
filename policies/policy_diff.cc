#include "policies/policy_diff.h"

#include <algorithm>
#include <map>
#include <set>

namespace policies {
namespace {

using vault::ReadingCode;
using vault::ReadingFacts;
using vault::Relation;

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string PeriodText(const Period& period) {
  constexpr std::string_view kUnits[] = {"WD", "D", "W", "M", "Y", "H"};
  return std::to_string(period.count) + " " +
         std::string(kUnits[static_cast<std::size_t>(period.unit)]);
}

std::string StartText(const RetentionStart& start) {
  if (start.action == RetentionAction::kKeep) return "kept for ever";
  std::string text = start.action == RetentionAction::kReview ? "reviewed " : "destroyed ";
  if (start.birthday > 0) {
    text += "at the end of the quarter of birthday " + std::to_string(start.birthday);
    if (start.other_birthday > 0) {
      text += " (" + std::to_string(start.other_birthday) + " if " +
              std::to_string(start.other_age) + ")";
    }
  } else {
    text += start.period ? PeriodText(*start.period) : "at once";
  }
  text += " after " + start.trigger;
  if (!start.unless.empty()) text += " unless " + Joined(start.unless);
  return text + (start.review == Review::kRequired ? ", approved by two" : ", by itself");
}

std::string RetentionText(const RetentionRule& rule) {
  std::string text = rule.id + ": ";
  for (std::size_t i = 0; i < rule.starts.size(); ++i) {
    text += (i == 0 ? "" : "; else ") + StartText(rule.starts[i]);
  }
  return text + (rule.holds == HoldEffect::kIgnored ? "; holds are ignored" : "");
}

std::string DueText(const DueRule& due) {
  std::string text = PeriodText(due.offset) + " from " + Joined(due.from);
  if (due.roll == Roll::kEarlier) text += ", rolled earlier";
  if (due.roll == Roll::kLater) text += ", rolled later";
  if (due.counting == Counting::kClearDays) text += ", clear days";
  if (due.counting == Counting::kIncludeEventDay) text += ", from day one";
  if (due.anchor == Anchor::kFinancialYear) text += ", of the financial year";
  if (!due.unless.empty()) text += ", unless " + Joined(due.unless);
  if (!due.paused_by.empty()) text += ", paused from " + due.paused_by + " to " + due.resumed_by;
  if (due.calendar) text += ", by " + due.calendar->id();
  return text;
}

std::string CheckText(const CheckRule& check) {
  return std::string(vault::SeverityName(check.severity)) + ": " + check.says + " [" + check.of +
         " " + check.field + " " + Joined(check.values) + " " + std::to_string(check.number) + " " +
         PeriodText(check.period) + "]";
}

std::string LoanText(const vault::LendingRule& loan) {
  return "to " + Joined(loan.to) + ", from " + Joined(loan.opens_on) + " to " +
         Joined(loan.ends_on);
}

std::string ClassText(const vault::ClassRule& rule) {
  std::string text = "S" + std::to_string(rule.sensitivity) + ", filed by " + Joined(rule.filed_by);
  text += ", lent by";
  for (vault::LoanKind kind : rule.lent_by) text += " " + std::string(vault::LoanKindName(kind));
  if (rule.named_readers) text += ", named readers " + Joined(rule.named_roles);
  return text;
}

std::string EventText(const TemplateEvent& event) {
  std::string text = "by " + Joined(event.rule.recorded_by);
  if (!event.rule.opens_phase.empty()) text += ", opens " + event.rule.opens_phase;
  if (!event.not_after.empty()) text += ", not after " + Joined(event.not_after);
  if (event.rule.automatic) text += ", by itself on " + event.automatic_due;
  if (event.rule.repeatable) text += ", more than once";
  if (event.hold) {
    text += ", places a hold (" + event.hold->reason + "; " + event.hold->authority +
            "), reviewed after " + PeriodText(event.hold->review);
  }
  return text;
}

std::string RecordText(const vault::RecordKind& kind) {
  std::string text = kind.class_code + ", written by " + Joined(kind.written_by);
  if (!kind.reminds.empty()) text += ", reminds " + Joined(kind.reminds);
  text += ":";
  for (const vault::FieldRule& field : kind.fields) {
    text += " " + field.name + (field.required ? "!" : "");
  }
  return text;
}

using Texts = std::map<std::string, std::string>;

Texts Of(const TemplateData& data, const std::string& what) {
  Texts texts;
  if (what == "retention") {
    for (const auto& [code, id] : data.retention.rule_of_class) {
      texts[code] = RetentionText(data.retention.rules.at(id));
    }
  } else if (what == "loan") {
    for (const auto& loan : data.retention.loans) {
      texts[std::string(vault::LoanKindName(loan.kind))] = LoanText(loan);
    }
  } else if (what == "due") {
    for (const auto& due : data.dues) texts[due.id] = DueText(due);
  } else if (what == "limit") {
    for (const auto& [id, limit] : data.limits) {
      texts[id] =
          std::to_string(limit.value) + ", " + std::string(vault::SeverityName(limit.severity));
    }
  } else if (what == "check") {
    for (const auto& check : data.checks) texts[check.id] = CheckText(check);
  } else if (what == "class") {
    for (const auto& rule : data.classes) texts[rule.code] = ClassText(rule);
  } else if (what == "record") {
    for (const auto& kind : data.records) texts[kind.name] = RecordText(kind);
  } else if (what == "event") {
    for (const auto& event : data.events) texts[event.rule.name] = EventText(event);
  } else if (what == "phase") {
    for (const auto& phase : data.phases) texts[phase.id] = phase.name;
  } else if (what == "area") {
    for (const DimensionRule& rule : data.dimensions) {
      for (const DimensionArea& area : rule.areas) {
        texts[area.id] = rule.id + " " + area.name;
        if (!area.within.empty()) texts[area.id] += ", within " + area.within;
      }
    }
  } else {
    for (const auto& role : data.roles) texts[role.code] = role.name + ", " + role.party;
  }
  return texts;
}

// The conditions a reading may hang on, the plainest sets first: all hold, then one, two, …
// missing.
struct Condition {
  std::string name;
  void (*clear)(ReadingFacts*);
  bool (*matters)(const ReadingRow&);  // whether a row's answer can hang on it
};

std::vector<Condition> Conditions() {
  return {
      {"not attending", [](ReadingFacts* facts) { facts->attending = false; },
       [](const ReadingRow& row) { return row.attending; }},
      {"not participating", [](ReadingFacts* facts) { facts->participating = false; },
       // Where every participating agency reads every pack, `inv` hangs on it too.
       [](const ReadingRow& row) { return row.participating || row.code == ReadingCode::kInv; }},
      {"without a control task", [](ReadingFacts* facts) { facts->control_task = false; },
       [](const ReadingRow& row) { return row.control_task || row.code == ReadingCode::kCtl; }},
      {"not assigned", [](ReadingFacts* facts) { facts->assigned.clear(); },
       [](const ReadingRow& row) { return row.assigned; }},
      {"not named", [](ReadingFacts* facts) { facts->named = false; },
       [](const ReadingRow&) { return true; }}};
}

bool Names(const std::vector<std::string>& list, const std::string& word) {
  return list.empty() || std::find(list.begin(), list.end(), word) != list.end();
}

class ReadingComparison {
 public:
  ReadingComparison(const TemplateData& before, const TemplateData& after)
      : before_(before), after_(after), conditions_(Conditions()) {
    for (std::size_t set = 0; set < (std::size_t{1} << conditions_.size()); ++set) {
      sets_.push_back(set);
    }
    std::stable_sort(sets_.begin(), sets_.end(), [](std::size_t a, std::size_t b) {
      return __builtin_popcountll(a) < __builtin_popcountll(b);
    });
    // A row may end with an event: everything is weighed before and after all such events.
    for (const TemplateData* data : {&before_, &after_}) {
      for (const ReadingRow& row : data->reading.rows()) {
        if (!row.until.empty()) ended_.events.push_back({row.until, 0});
      }
    }
  }

  void Add(std::vector<PolicyChange>* changes) {
    for (const std::string& role : All(
             [](const TemplateData& data) -> const auto& { return data.roles; },
             [](const vault::RoleRule& rule) { return rule.code; })) {
      for (const std::string& class_code : All(
               [](const TemplateData& data) -> const auto& { return data.classes; },
               [](const vault::ClassRule& rule) { return rule.code; })) {
        for (const std::string& phase : All(
                 [](const TemplateData& data) -> const auto& { return data.phases; },
                 [](const TemplatePhase& entry) { return entry.id; })) {
          Cell(role, class_code, phase, changes);
        }
      }
    }
  }

 private:
  template <class List, class Name>
  std::vector<std::string> All(List list, Name name) const {
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const TemplateData* data : {&before_, &after_}) {
      for (const auto& entry : list(*data)) {
        if (seen.insert(name(entry)).second) names.push_back(name(entry));
      }
    }
    return names;
  }

  void Cell(const std::string& role, const std::string& class_code, const std::string& phase,
            std::vector<PolicyChange>* changes) {
    const std::size_t matter = Mattering(role, class_code, phase);
    if (matter == kNoRow) return;
    constexpr std::pair<Relation, std::string_view> kRelations[] = {
        {Relation::kOwn, "own"},
        {Relation::kInvolved, "involved"},
        {Relation::kUninvolved, "other"}};
    for (const auto& [relation, word] : kRelations) {
      if (auto change = Differs({role, class_code, phase}, relation, matter)) {
        change->what = "reading";
        change->name = role + " " + class_code + " " + phase;
        change->condition =
            std::string(word) + (change->condition.empty() ? "" : ", ") + change->condition;
        changes->push_back(std::move(*change));
      }
    }
  }

  // The conditions that the rows of a cell hang on; most hang on none, so most sets need no
  // weighing.
  std::size_t Mattering(const std::string& role, const std::string& class_code,
                        const std::string& phase) const {
    std::size_t matter = kNoRow;
    for (const TemplateData* data : {&before_, &after_}) {
      for (const ReadingRow& row : data->reading.rows()) {
        if (row.role != role || !Names(row.classes, class_code) || !Names(row.phases, phase)) {
          continue;
        }
        if (matter == kNoRow) matter = 0;
        for (std::size_t i = 0; i < conditions_.size(); ++i) {
          if (conditions_[i].matters(row)) matter |= std::size_t{1} << i;
        }
      }
    }
    return matter;
  }

  struct CellName {
    const std::string& role;
    const std::string& class_code;
    const std::string& phase;
  };

  std::optional<PolicyChange> Differs(const CellName& cell, Relation relation,
                                      std::size_t mattering) const {
    const auto& [role, class_code, phase] = cell;
    for (const vault::MatterFacts* matter : {&running_, &ended_}) {
      for (std::size_t set : sets_) {
        if ((set & ~mattering) != 0) continue;
        ReadingFacts facts{{role}, class_code, relation, true, true, true, true};
        facts.named = true;
        facts.assigned = {role};
        std::string condition;
        for (std::size_t i = 0; i < conditions_.size(); ++i) {
          if ((set >> i & 1) == 0) continue;
          conditions_[i].clear(&facts);
          condition += (condition.empty() ? "" : ", ") + conditions_[i].name;
        }
        const ReadingCode first = Code(before_, phase, *matter, facts);
        const ReadingCode second = Code(after_, phase, *matter, facts);
        if (first == second) continue;
        if (matter == &ended_) condition += condition.empty() ? "later" : ", later";
        return PolicyChange{"", "", condition, std::string(vault::ReadingCodeName(first)),
                            std::string(vault::ReadingCodeName(second))};
      }
    }
    return std::nullopt;
  }

  // A class or phase that a version does not have gives nothing, also where a row says "every one".
  static ReadingCode Code(const TemplateData& data, const std::string& phase,
                          const vault::MatterFacts& matter, const ReadingFacts& facts) {
    const bool phase_known =
        std::any_of(data.phases.begin(), data.phases.end(),
                    [&phase](const TemplatePhase& entry) { return entry.id == phase; });
    if (!phase_known || !data.retention.rule_of_class.contains(facts.class_code)) {
      return ReadingCode::kNone;
    }
    return data.reading.Read(phase, matter, facts).code;
  }

  static constexpr std::size_t kNoRow = ~std::size_t{0};
  const TemplateData& before_;
  const TemplateData& after_;
  std::vector<Condition> conditions_;
  std::vector<std::size_t> sets_;
  vault::MatterFacts running_;
  vault::MatterFacts ended_;
};

}  // namespace

std::string PolicyChange::ToText() const {
  std::string text = what + " " + name;
  if (!condition.empty()) text += " (" + condition + ")";
  if (before.empty()) return text + ": new: " + after;
  if (after.empty()) return text + ": gone: " + before;
  return text + ": " + before + " -> " + after;
}

std::vector<PolicyChange> Compare(const ProcessTemplate& before, const ProcessTemplate& after) {
  std::vector<PolicyChange> changes;
  ReadingComparison(before.Data(), after.Data()).Add(&changes);
  for (const char* what : {"retention", "loan", "due", "limit", "check", "class", "record", "event",
                           "phase", "area", "role"}) {
    const Texts old_texts = Of(before.Data(), what);
    const Texts new_texts = Of(after.Data(), what);
    for (const auto& [name, text] : old_texts) {
      auto now = new_texts.find(name);
      if (now == new_texts.end()) {
        changes.push_back({what, name, "", text, ""});
      } else if (now->second != text) {
        changes.push_back({what, name, "", text, now->second});
      }
    }
    for (const auto& [name, text] : new_texts) {
      if (!old_texts.contains(name)) changes.push_back({what, name, "", "", text});
    }
  }
  return changes;
}

}  // namespace policies
