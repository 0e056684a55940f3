#include "ingest/mapping.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "ingest/answers.h"
#include "ingest/labels.h"
#include "ingest/limits.h"
#include "vault/base/text.h"

namespace ingest {
namespace {

// Fewer known labels than this, and it is some other document.
constexpr std::size_t kFewestLabels = 3;

bool IsGradedSection(int place) { return place >= 1 && place < static_cast<int>(kSections); }
bool IsSection(int place) { return place >= 0 && place < static_cast<int>(kSections); }

class Mapper {
 public:
  Parsed<Form> Map(const WordText& text);

 private:
  using Columns = std::map<std::size_t, Field>;

  void MapRow(const WordLine& line);
  void MapPairs(std::span<const WordCell> cells);
  void MapSectionRow(const Heading& heading, const WordLine& line);
  bool BeginColumns(const WordLine& line);
  bool MapColumns(const WordLine& line);
  void MapSingle(std::string_view text);
  void MapSingleLine(std::string_view line);
  void Await(Field field);
  void SetPending(std::string_view value);
  void EnterPlace(int place);
  void Set(Field field, std::string_view value);
  void SetText(std::string& text, std::string_view value);
  void SetAnswer(Answer& answer, std::string& rest, std::string_view value);
  void SetGrade(std::string_view value);
  void SetPerson(Field field, std::string_view value);
  void SetAuditorAndRole(std::string_view value);
  void Find(FindingKind kind);
  std::string* TextOf(Field field);

  Form form_;
  std::vector<Finding> findings_;
  std::set<Field> seen_;
  std::set<const void*> answered_;  // grades and answers that were given already
  bool graded_ = false;
  int place_ = kInHeader;
  std::optional<Field> pending_;  // a label whose answer stands below it
  bool pending_begun_ = false;
  std::size_t table_ = 0;
  Columns columns_;
  bool continuing_ = false;  // the label is merged with the one above: more of one answer
};

Parsed<Form> Mapper::Map(const WordText& text) {
  for (const WordLine& line : text.lines) {
    if (line.table != table_ || line.table == 0) columns_.clear();
    table_ = line.table;
    continuing_ = false;
    if (line.cells.size() == 1) {
      MapSingle(line.cells.front().text);
    } else {
      MapRow(line);
    }
  }
  if (seen_.size() < kFewestLabels || !graded_) return Unreadable::kNotAForm;
  auto note = [&](bool is_so, FindingKind kind) {
    if (is_so) findings_.push_back({kWholeForm, kind});
  };
  note(text.tracked_changes, FindingKind::kTrackedChanges);
  note(text.hidden_text, FindingKind::kHiddenText);
  note(text.comments, FindingKind::kComments);
  note(text.unread_parts, FindingKind::kUnreadParts);
  form_.findings = MergeFindings(Review(form_), findings_);
  std::size_t size = 0;
  VisitAllTexts(form_, [&](const std::string& value) { size += value.size(); });
  if (size > kMaxEncodedForm / 2) return Unreadable::kTooLarge;
  return std::move(form_);
}

void Mapper::MapRow(const WordLine& line) {
  pending_.reset();
  if (BeginColumns(line) || MapColumns(line)) return;
  const WordCell& first = line.cells.front();
  bool others = std::any_of(line.cells.begin() + 1, line.cells.end(),
                            [](const WordCell& cell) { return !cell.text.empty(); });
  if (!others && FindLabel(first.text, place_) == std::nullopt) {
    MapSingle(first.text);
    pending_.reset();  // an empty answer stands beside it
    return;
  }
  if (auto heading = ReadHeading(first.text)) {
    bool is_label = FindLabel(first.text, place_).has_value();
    if (!is_label && (IsSection(heading->place) || heading->place >= 9)) {
      if (line.cells.size() > 2 && FindLabel(line.cells[1].text, heading->place)) {
        // The heading is merged down the left side of its section's rows.
        EnterPlace(heading->place);
        pending_.reset();
        MapPairs(std::span(line.cells).subspan(1));
      } else {
        MapSectionRow(*heading, line);
      }
      return;
    }
  }
  MapPairs(line.cells);
}

void Mapper::MapPairs(std::span<const WordCell> cells) {
  for (std::size_t i = 0; i < cells.size();) {
    std::optional<Field> field = FindLabel(cells[i].text, place_);
    continuing_ = field && cells[i].continued;
    ++i;
    if (!field) continue;
    std::string value;
    for (; i < cells.size(); ++i) {
      // The cell right beside a label is its answer whatever it says; later ones may be labels.
      bool beside = FindLabel(cells[i - 1].text, place_) == field && value.empty();
      if (!beside && FindLabel(cells[i].text, place_)) break;
      if (cells[i].text.empty()) continue;
      if (!value.empty()) value += '\n';
      value += cells[i].text;
    }
    Set(*field, value);
  }
}

// "1 Recognition: RI | text", "1 Recognition | RI | text", "9 Immediate concern | No".
void Mapper::MapSectionRow(const Heading& heading, const WordLine& line) {
  EnterPlace(heading.place);
  pending_.reset();
  bool has_grade = heading.grade.has_value();
  if (has_grade) Set(Field::kGrade, *heading.grade);
  std::string text;
  for (std::size_t i = 1; i < line.cells.size(); ++i) {
    const std::string& cell = line.cells[i].text;
    if (cell.empty()) continue;
    GradeReading grade = ReadGrade(cell);
    if (IsGradedSection(heading.place) && !has_grade && grade.grade != Grade::kNone) {
      Set(Field::kGrade, cell);
      has_grade = true;
      continue;
    }
    if (!text.empty()) text += '\n';
    text += cell;
  }
  if (IsSection(heading.place)) {
    Set(Field::kRationale, text);
  } else if (heading.place == 9) {
    Set(Field::kConcern, text);
  } else if (heading.place == 10) {
    Set(Field::kPracticeIssue, text);
  } else if (heading.place == 11) {
    Set(Field::kSensitive, text);
  } else if (heading.place == kInPeople) {
    Set(Field::kPeopleNote, text);
  } else if (heading.place == kInSignOff) {
    Set(Field::kSignedBy, text);
  }
}

bool Mapper::BeginColumns(const WordLine& line) {
  Columns columns;
  std::set<Field> fields;
  for (const WordCell& cell : line.cells) {
    auto field = FindColumn(cell.text);
    if (field && fields.insert(*field).second) columns[cell.column] = *field;
  }
  bool people =
      fields.contains(Field::kPersonPseudonym) && fields.contains(Field::kPersonRelationship);
  bool sections = fields.contains(Field::kSectionColumn) && fields.contains(Field::kGrade);
  // "Grade | Good practice" is a label beside an answer only if no section's column goes before.
  if (!people && !sections) return false;
  columns_ = std::move(columns);
  if (people) EnterPlace(kInPeople);
  return true;
}

bool Mapper::MapColumns(const WordLine& line) {
  if (columns_.empty()) return false;
  auto cell_of = [&](Field field) -> const WordCell* {
    for (const WordCell& cell : line.cells) {
      auto column = columns_.find(cell.column);
      if (column != columns_.end() && column->second == field) return &cell;
    }
    return nullptr;
  };
  const WordCell* pseudonym = cell_of(Field::kPersonPseudonym);
  const WordCell* section = cell_of(Field::kSectionColumn);
  const WordCell& first = line.cells.front();
  if (section == nullptr) {
    // One big table: the rows after the people are ordinary ones again.
    auto heading = ReadHeading(first.text);
    bool ends = pseudonym == nullptr || (heading && heading->place != kInPeople) ||
                FindLabel(first.text, kInHeader);
    if (ends) {
      columns_.clear();
      place_ = kInHeader;
      return false;
    }
    bool any = std::any_of(line.cells.begin(), line.cells.end(),
                           [](const WordCell& cell) { return !cell.text.empty(); });
    if (!any) return true;
    if (FoldLabel(pseudonym->text).starts_with("none")) {
      Set(Field::kPeopleNote, pseudonym->text);
      return true;
    }
    if (form_.people.size() >= kMaxPeople) {
      Find(FindingKind::kTextCut);
      return true;
    }
    form_.people.emplace_back();
  } else {
    auto heading = ReadHeading(section->text);
    if (!heading) {
      // A number alone is a section here.
      auto number = vault::ParseDecimal(FoldLabel(section->text));
      if (!number.ok() || number.value() >= kSections) {
        columns_.clear();
        return false;
      }
      heading.emplace();
      heading->place = static_cast<int>(number.value());
    }
    if (!IsSection(heading->place)) {
      columns_.clear();
      return false;
    }
    if (section->continued && heading->place == place_) continuing_ = true;
    EnterPlace(heading->place);
    pending_.reset();
  }
  for (const WordCell& cell : line.cells) {
    auto column = columns_.find(cell.column);
    if (column == columns_.end() || column->second == Field::kSectionColumn) continue;
    Set(column->second, cell.text);
  }
  return true;
}

void Mapper::MapSingle(std::string_view text) {
  if (text.empty()) return;
  for (std::string_view line : vault::Split(text, '\n')) MapSingleLine(line);
}

void Mapper::MapSingleLine(std::string_view line) {
  // A label that is also a heading's words ("Immediate concern") is a heading here.
  if (auto heading = ReadHeading(line)) {
    columns_.clear();
    EnterPlace(heading->place);
    if (heading->grade) Set(Field::kGrade, *heading->grade);
    if (heading->answer) {
      Set(heading->place == 9 ? Field::kConcern : Field::kSensitive, *heading->answer);
    }
    return;
  }
  if (auto field = FindLabel(line, place_)) {
    Await(*field);
    return;
  }
  std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    if (auto field = FindLabel(line.substr(0, colon), place_)) {
      Await(*field);
      std::string value = TidyText(line.substr(colon + 1));
      if (!value.empty()) SetPending(value);
      return;
    }
  }
  if (pending_) SetPending(line);
}

void Mapper::Await(Field field) {
  pending_ = field;
  pending_begun_ = false;
}

void Mapper::SetPending(std::string_view value) {
  continuing_ = pending_begun_;
  Set(*pending_, value);
  continuing_ = false;
  pending_begun_ = true;
  // What follows is more of the same answer, for the long texts; a grade or a name is one line.
  bool long_text = TextOf(*pending_) != nullptr && place_ >= 0 && place_ < kInPeople;
  if (!long_text) pending_.reset();
}

void Mapper::EnterPlace(int place) {
  place_ = place;
  pending_.reset();
  // The summary needs no label: its heading is one.
  if (place == 0) Await(Field::kRationale);
}

std::string* Mapper::TextOf(Field field) {
  Section* section =
      IsSection(place_) ? &form_.sections[static_cast<std::size_t>(place_)] : nullptr;
  switch (field) {
    case Field::kReference:
      return &form_.reference;
    case Field::kTheme:
      return &form_.theme;
    case Field::kSubject:
      return &form_.subject;
    case Field::kAgency:
      return &form_.agency;
    case Field::kAuditor:
      return &form_.auditor;
    case Field::kAuditorRole:
      return &form_.auditor_role;
    case Field::kPeriod:
      return &form_.period;
    case Field::kRecords:
      return &form_.records;
    case Field::kCirculated:
      return &form_.date_circulated;
    case Field::kDue:
      return &form_.date_due;
    case Field::kReturned:
      return &form_.date_returned;
    case Field::kPeopleNote:
      return &form_.people_note;
    case Field::kRationale:
      return section == nullptr ? nullptr : &section->rationale;
    case Field::kEvidence:
      return section == nullptr ? nullptr : &section->evidence;
    case Field::kGoodPractice:
      return section == nullptr ? nullptr : &section->good_practice;
    case Field::kImprovement:
      return section == nullptr ? nullptr : &section->improvement;
    case Field::kRecommendation:
      return section == nullptr ? nullptr : &section->recommendation;
    case Field::kConcernText:
      return &form_.concern;
    case Field::kConcernReferredTo:
      return &form_.concern_referred_to;
    case Field::kConcernDate:
      return &form_.concern_date;
    case Field::kConcernTime:
      return &form_.concern_time;
    case Field::kPracticeIssue:
      return &form_.practice_issue;
    case Field::kSensitiveText:
      return &form_.sensitive_text;
    case Field::kSensitiveContact:
      return &form_.sensitive_contact;
    case Field::kSignedBy:
      return &form_.signed_by;
    case Field::kCheckedBy:
      return &form_.checked_by;
    case Field::kSignedDate:
      return &form_.signed_date;
    default:
      return nullptr;
  }
}

void Mapper::Set(Field field, std::string_view value) {
  seen_.insert(field);
  if (IsGradedSection(place_) && (field == Field::kGrade || field == Field::kRationale)) {
    graded_ = true;
  }
  if (value.empty()) return;
  switch (field) {
    case Field::kGrade:
      return SetGrade(value);
    case Field::kIndependent: {
      std::string rest;
      return SetAnswer(form_.independent, rest, value);
    }
    case Field::kStandardsRead: {
      std::string rest;
      return SetAnswer(form_.standards_read, rest, value);
    }
    case Field::kConcern:
      return SetAnswer(form_.immediate_concern, form_.concern, value);
    case Field::kSensitive:
      return SetAnswer(form_.sensitive, form_.sensitive_text, value);
    case Field::kPersonPseudonym:
    case Field::kPersonRelationship:
    case Field::kPersonKnown:
    case Field::kPersonInformation:
      return SetPerson(field, value);
    case Field::kAuditorAndRole:
      return SetAuditorAndRole(value);
    case Field::kReferenceThemeSubject: {
      // The theme may hold a stroke of its own; reference and subject are at the ends.
      std::size_t first = value.find(" / ");
      std::size_t last = value.rfind(" / ");
      if (first == std::string_view::npos || first == last) return SetText(form_.reference, value);
      SetText(form_.reference, value.substr(0, first));
      SetText(form_.theme, value.substr(first + 3, last - first - 3));
      return SetText(form_.subject, value.substr(last + 3));
    }
    case Field::kAgencyAuditor: {
      std::size_t cut = value.find(';');
      SetText(form_.agency, value.substr(0, cut));
      if (cut != std::string_view::npos) SetAuditorAndRole(value.substr(cut + 1));
      return;
    }
    case Field::kPeriodRecords: {
      std::size_t cut = value.find(';');
      SetText(form_.period, value.substr(0, cut));
      if (cut != std::string_view::npos) SetText(form_.records, value.substr(cut + 1));
      return;
    }
    default:
      break;
  }
  if (std::string* text = TextOf(field)) SetText(*text, value);
}

void Mapper::SetText(std::string& text, std::string_view value) {
  std::string tidy = TidyText(value);
  if (tidy.empty() || text == tidy) return;
  if (!text.empty()) {
    // Nothing is lost: both answers are kept, and somebody is told.
    if (&text == &form_.subject) {
      Find(FindingKind::kTwoSubjects);
    } else if (!continuing_) {
      Find(FindingKind::kAnsweredTwice);
    }
    text += '\n';
  }
  text += tidy;
  if (text.size() <= kMaxText) return;
  std::size_t end = kMaxText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  Find(FindingKind::kTextCut);
}

void Mapper::SetAnswer(Answer& answer, std::string& rest, std::string_view value) {
  AnswerReading reading = ReadAnswerText(value);
  if (reading.unclear) Find(FindingKind::kUnclearAnswer);
  SetText(rest, reading.rest);
  if (reading.answer == Answer::kNotGiven) return;
  if (!answered_.insert(&answer).second && answer != reading.answer) {
    Find(FindingKind::kAnsweredTwice);
    // Between yes and no, the answer that makes somebody look is kept.
    if (answer == Answer::kYes) return;
  }
  answer = reading.answer;
}

void Mapper::SetGrade(std::string_view value) {
  if (!IsGradedSection(place_)) return;
  Grade& grade = form_.sections[static_cast<std::size_t>(place_)].grade;
  GradeReading reading = ReadGrade(value);
  if (reading.unknown) Find(FindingKind::kUnknownGrade);
  if (reading.grade == Grade::kNone) return;
  if (!answered_.insert(&grade).second && grade != reading.grade) {
    Find(FindingKind::kAnsweredTwice);
    return;
  }
  grade = reading.grade;
}

void Mapper::SetPerson(Field field, std::string_view value) {
  // In a table each row has made its person; beside labels a pseudonym begins the next one.
  bool begins = columns_.empty() && (field == Field::kPersonPseudonym || form_.people.empty());
  if (begins) {
    if (form_.people.size() >= kMaxPeople) return Find(FindingKind::kTextCut);
    form_.people.emplace_back();
  }
  if (form_.people.empty()) return;
  ConnectedPerson& person = form_.people.back();
  if (field == Field::kPersonPseudonym) SetText(person.pseudonym, value);
  if (field == Field::kPersonRelationship) SetText(person.relationship, value);
  if (field == Field::kPersonInformation) SetText(person.information, value);
  if (field != Field::kPersonKnown) return;
  AnswerReading reading = ReadAnswerText(value);
  person.known = reading.answer;
  if (reading.unclear) Find(FindingKind::kUnclearAnswer);
}

// "J. Price, Lead Practitioner (not involved in care)".
void Mapper::SetAuditorAndRole(std::string_view value) {
  std::string rest = TidyText(value);
  std::size_t open = rest.rfind('(');
  if (open != std::string::npos && rest.ends_with(')')) {
    std::string aside = FoldLabel(std::string_view(rest).substr(open));
    bool apart = aside.starts_with("not involved") || aside == "independent" ||
                 aside == "independent of the case";
    if (apart) {
      form_.independent = Answer::kYes;
      rest = TidyText(std::string_view(rest).substr(0, open));
    }
  }
  std::size_t comma = rest.find(',');
  SetText(form_.auditor, std::string_view(rest).substr(0, comma));
  if (comma != std::string::npos) {
    SetText(form_.auditor_role, std::string_view(rest).substr(comma + 1));
  }
}

void Mapper::Find(FindingKind kind) {
  bool numbered = place_ >= 0 && place_ <= 11;
  findings_.push_back({numbered ? static_cast<std::uint8_t>(place_) : kWholeForm, kind});
  if (findings_.size() > 4 * kMaxFindings) findings_ = MergeFindings(findings_, {});
}

}  // namespace

Parsed<Form> MapForm(const WordText& text) { return Mapper().Map(text); }

}  // namespace ingest
