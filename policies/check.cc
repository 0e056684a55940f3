#include "policies/check.h"

#include <algorithm>
#include <set>

#include "vault/base/text.h"

namespace policies {

using vault::Day;
using vault::FieldRule;
using vault::FieldType;
using vault::FieldValue;
using vault::Finding;
using vault::RecordFacts;
using vault::Severity;

namespace {

bool Contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::optional<std::int64_t> NumberOf(std::string_view text) {
  const bool negative = text.starts_with('-');
  auto digits = vault::ParseDecimal(negative ? text.substr(1) : text);
  if (!digits.ok() || digits.value() > 1'000'000'000'000) return std::nullopt;
  return static_cast<std::int64_t>(digits.value()) * (negative ? -1 : 1);
}

// Completed years on a day; a birthday on 29 February is reached on 1 March of other years.
int AgeOn(Day day, Day born) {
  int age = day.year() - born.year();
  const bool before = day.month() < born.month() ||
                      (day.month() == born.month() && day.day_of_month() < born.day_of_month());
  return before ? age - 1 : age;
}

Finding Refused(std::string sentence) {
  return {"field", Severity::kRefuse, std::move(sentence), "", {}};
}

std::string Named(const FieldRule& field) { return "\"" + field.what + "\""; }

// WrongType says what a value should have been; nothing when it is one.
std::optional<std::string> WrongType(const FieldRule& field, std::string_view value) {
  switch (field.type) {
    case FieldType::kText:
    case FieldType::kPerson:
    case FieldType::kAgency:
    case FieldType::kSubject:
    case FieldType::kDocument:
      return std::nullopt;
    case FieldType::kYesNo:
      if (value == "yes" || value == "no") return std::nullopt;
      return "must be yes or no";
    case FieldType::kDate:
      if (Day::Parse(value).ok()) return std::nullopt;
      return "must be a date written YYYY-MM-DD";
    case FieldType::kTime:
      if (value.find('T') != std::string_view::npos && vault::ParseWhen(value).ok()) {
        return std::nullopt;
      }
      return "must be a time written YYYY-MM-DDThh:mm";
    case FieldType::kNumber:
      if (NumberOf(value)) return std::nullopt;
      return "must be a whole number";
    case FieldType::kChoice: {
      if (Contains(field.choices, value)) return std::nullopt;
      std::string known;
      for (const std::string& choice : field.choices) known += (known.empty() ? "" : ", ") + choice;
      return "must be one of: " + known;
    }
  }
  CHECK(false && "unknown field type");
  return std::nullopt;
}

}  // namespace

std::optional<Finding> LimitRule::Check(std::string_view id, std::int64_t count) const {
  if (count <= value) return std::nullopt;
  return Finding{std::string(id),
                 severity,
                 "the limit for " + std::string(id) + " is " + std::to_string(value),
                 basis,
                 {}};
}

bool Guard::Holds(const RecordFacts& record) const {
  return std::any_of(record.values.begin(), record.values.end(), [this](const FieldValue& value) {
    if (value.name != field) return false;
    return Contains(values, value.value) || (Contains(values, kAny) && !value.value.empty());
  });
}

Finding CheckRule::Missed() const { return {id, severity, says, basis, approvers}; }

bool CheckRule::Applies(const RecordFacts& record) const {
  return record.kind == of &&
         std::all_of(where.begin(), where.end(),
                     [&record](const Guard& guard) { return guard.Holds(record); });
}

bool CheckRule::PassesDay(const CheckScene& scene, std::string_view value) const {
  // A date field holds a day, a time field a moment; both have a day in London.
  const auto day = vault::DayWritten(value);
  if (!day.ok()) return false;
  if (test == CheckTest::kAgeAtMost) {
    return AgeOn(vault::LondonDay(scene.now), day.value()) <= number;
  }
  auto happened = scene.moment_of(from);
  if (!happened) return true;  // nothing to count from yet: the check is asked again at the event
  auto bound = AddPeriod(vault::LondonDay(*happened), period, scene.calendar);
  if (!bound.ok()) return false;
  return test == CheckTest::kNotBefore ? day.value() >= bound.value()
                                       : day.value() <= bound.value();
}

bool CheckRule::Passes(const CheckScene& scene, const RecordFacts& record) const {
  bool found = false;
  for (const FieldValue& value : record.values) {
    if (value.name != field || value.value.empty()) continue;
    found = true;
    switch (test) {
      case CheckTest::kPresent:
        break;
      case CheckTest::kOneOf:
        if (!Contains(values, value.value)) return false;
        break;
      case CheckTest::kAtLeast:
      case CheckTest::kAtMost: {
        auto given = NumberOf(value.value);
        if (!given) return false;
        if (test == CheckTest::kAtLeast ? *given < number : *given > number) return false;
        break;
      }
      case CheckTest::kNotBefore:
      case CheckTest::kNotAfter:
      case CheckTest::kAgeAtMost:
        if (!PassesDay(scene, value.value)) return false;
        break;
      case CheckTest::kCountAtLeast:
      case CheckTest::kCountAtMost:
        CHECK(false && "counts look at all records");
    }
  }
  // Nothing was given: no statement can be wrong about it but that it had to be there.
  return found || test != CheckTest::kPresent;
}

bool CheckRule::PassesCount(const CheckScene& scene) const {
  std::int64_t count = 0;
  std::set<std::string_view> different;
  for (const RecordFacts& record : scene.records) {
    if (!Applies(record)) continue;
    ++count;
    for (const FieldValue& value : record.values) {
      if (value.name == field && !value.value.empty()) different.insert(value.value);
    }
  }
  if (!field.empty()) count = static_cast<std::int64_t>(different.size());
  return test == CheckTest::kCountAtLeast ? count >= number : count <= number;
}

std::optional<Finding> CheckRule::Judge(const CheckScene& scene, const RecordFacts& record) const {
  if (test == CheckTest::kCountAtLeast || test == CheckTest::kCountAtMost) return Judge(scene);
  if (!Applies(record) || Passes(scene, record)) return std::nullopt;
  return Missed();
}

std::optional<Finding> CheckRule::Judge(const CheckScene& scene) const {
  if (test == CheckTest::kCountAtLeast || test == CheckTest::kCountAtMost) {
    if (PassesCount(scene)) return std::nullopt;
    return Missed();
  }
  for (const RecordFacts& record : scene.records) {
    if (Applies(record) && !Passes(scene, record)) return Missed();
  }
  return std::nullopt;
}

std::vector<Finding> CheckFields(const vault::RecordKind& kind, std::span<const RecordFacts> others,
                                 const RecordFacts& record) {
  std::vector<Finding> findings;
  for (const FieldValue& value : record.values) {
    const bool known =
        std::any_of(kind.fields.begin(), kind.fields.end(),
                    [&value](const FieldRule& field) { return field.name == value.name; });
    if (!known) findings.push_back(Refused("\"" + value.name + "\" is no field of " + kind.name));
  }
  for (const FieldRule& field : kind.fields) {
    int given = 0;
    for (const FieldValue& value : record.values) {
      if (value.name != field.name || value.value.empty()) continue;
      if (++given == 2 && !field.many) {
        findings.push_back(Refused(Named(field) + " may be given once"));
      }
      if (auto wrong = WrongType(field, value.value)) {
        findings.push_back(Refused(Named(field) + " " + *wrong));
      }
    }
    if (field.required && given == 0) findings.push_back(Refused(Named(field) + " is missing"));
  }
  if (kind.unique.empty()) return findings;
  for (const RecordFacts& other : others) {
    if (other.kind != kind.name) continue;
    const bool same = std::all_of(
        kind.unique.begin(), kind.unique.end(),
        [&](const std::string& field) { return other.First(field) == record.First(field); });
    if (!same) continue;
    findings.push_back(Refused("there is one already: " + kind.what));
    break;
  }
  return findings;
}

}  // namespace policies
