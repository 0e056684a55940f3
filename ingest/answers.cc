#include "ingest/answers.h"

#include <algorithm>
#include <span>
#include <vector>

#include "ingest/word.h"
#include "vault/base/text.h"

namespace ingest {
namespace {

struct HeadingRow {
  int place;
  std::string_view folded;
};

// Headings as forms of this family write them, folded. Data: a new wording is a new row.
constexpr HeadingRow kHeadings[] = {
    {kInHeader, "audit details"},
    {kInHeader, "about this audit"},
    {kInHeader, "about the audit"},
    {kInHeader, "header"},
    {kInHeader, "details"},
    {kInPeople, "connected people"},
    {kInPeople, "connected persons"},
    {kInPeople, "people connected to the subject"},
    {kInPeople, "connected people known to this agency"},
    {0, "involvement"},
    {0, "summary"},
    {0, "summary of involvement"},
    {0, "summary of this agency s involvement"},
    {0, "summary of this agency s involvement and key events"},
    {0, "summary of agency involvement"},
    {0, "summary of agency involvement and key events"},
    {0, "agency involvement"},
    {1, "recognition"},
    {1, "recognition and response"},
    {2, "assessment"},
    {2, "assessment of risk"},
    {2, "risk assessment"},
    {3, "planning"},
    {3, "planning and intervention"},
    {4, "joint working"},
    {4, "joint working and information sharing"},
    {4, "joint working and information sharing from this agency s side"},
    {5, "voice"},
    {5, "person s voice"},
    {5, "the person s voice"},
    {5, "voice of the person"},
    {5, "person s voice and person centred practice"},
    {6, "oversight"},
    {6, "management oversight"},
    {6, "management oversight supervision recording"},
    {6, "management oversight supervision and recording"},
    {7, "impact"},
    {7, "impact for the person"},
    {7, "impact on the person"},
    {8, "overall"},
    {8, "overall grade"},
    {8, "overall quality"},
    {8, "overall grade for this agency"},
    {9, "immediate concern"},
    {9, "immediate safeguarding concern"},
    {9, "immediate safeguarding concerns"},
    {10, "practice issue"},
    {10, "practice issue about a named worker"},
    {10, "practice issues about named workers"},
    {11, "sensitive"},
    {11, "sensitive content"},
    {11, "sensitive not for circulation"},
    {11, "sensitive content not for circulation"},
    {kInSignOff, "sign off"},
    {kInSignOff, "signoff"},
    {kInSignOff, "signed off"},
    {kInSignOff, "declaration"},
};

struct GradeWord {
  Grade grade;
  std::string_view folded;
};
constexpr GradeWord kGradeWords[] = {
    {Grade::kOutstanding, "o"},
    {Grade::kOutstanding, "outstanding"},
    {Grade::kGood, "g"},
    {Grade::kGood, "good"},
    {Grade::kRequiresImprovement, "ri"},
    {Grade::kRequiresImprovement, "r i"},
    {Grade::kRequiresImprovement, "requires improvement"},
    {Grade::kRequiresImprovement, "require improvement"},
    {Grade::kInadequate, "i"},
    {Grade::kInadequate, "inadequate"},
    {Grade::kNotApplicable, "na"},
    {Grade::kNotApplicable, "n a"},
    {Grade::kNotApplicable, "not applicable"},
    {Grade::kNotApplicable, "no direct influence"},
    {Grade::kNotApplicable, "not applicable no direct influence"},
};

// A heading is short; prose is not looked at.
constexpr std::size_t kMaxHeading = 240;
constexpr std::string_view kTicks[] = {kBoxTicked, "\u2611", "\u2714", "\u2713", "\u2705"};
constexpr std::string_view kEmpties[] = {kBoxEmpty, "\u25a1", "\u25fb", "\u25a2"};

std::optional<Grade> GradeWordOf(std::string_view text) {
  std::string folded = FoldLabel(text);
  for (const auto& word : kGradeWords) {
    if (folded == word.folded) return word.grade;
  }
  return std::nullopt;
}

// A grade may be followed by its descriptor: "Good – statutory functions met".
std::optional<Grade> LeadingGrade(std::string_view text) {
  if (auto whole = GradeWordOf(text)) return whole;
  std::size_t cut = text.find_first_of("(:;,.\n\t");
  for (std::string_view dash : {" - ", " \u2013 ", " \u2014 "})
    cut = std::min(cut, text.find(dash));
  if (cut == std::string_view::npos) return std::nullopt;
  return GradeWordOf(text.substr(0, cut));
}

std::size_t Starts(std::string_view text, std::span<const std::string_view> marks) {
  for (std::string_view mark : marks) {
    if (text.starts_with(mark)) return mark.size();
  }
  return 0;
}

// Boxes cuts a text at its check boxes. A box belongs to the words after it, or before it when
// the text begins with words.
struct Boxes {
  bool any = false;
  std::vector<std::string> ticked;
};
Boxes ReadBoxes(std::string_view text) {
  Boxes out;
  std::vector<std::string> words(1);
  std::vector<bool> ticks;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t tick = Starts(text.substr(i), kTicks);
    std::size_t empty = Starts(text.substr(i), kEmpties);
    if (tick + empty == 0) {
      words.back() += text[i++];
      continue;
    }
    ticks.push_back(tick != 0);
    words.emplace_back();
    i += tick + empty;
  }
  out.any = !ticks.empty();
  bool box_first = FoldLabel(words.front()).empty();
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    if (ticks[i]) out.ticked.push_back(TidyText(words[box_first ? i + 1 : i]));
  }
  return out;
}

std::string_view FirstWord(std::string_view folded) { return folded.substr(0, folded.find(' ')); }

// MarkPieces puts a colon wherever a heading's title may end.
std::string MarkPieces(std::string_view text) {
  constexpr std::string_view kMarks[] = {" - ", " \u2013 ", " \u2014 ", "?", "("};
  std::string marked;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t mark = Starts(text.substr(i), kMarks);
    marked += mark == 0 ? text[i] : ':';
    i += std::max<std::size_t>(mark, 1);
  }
  return marked;
}

std::optional<int> PlaceOf(std::string_view folded) {
  for (const auto& row : kHeadings) {
    if (folded == row.folded) return row.place;
  }
  return std::nullopt;
}

// TakeNumber takes "section 3", "3" or "q3" off the front.
std::optional<int> TakeNumber(std::string_view& folded, bool& said_section) {
  std::string_view rest = folded;
  for (std::string_view word : {"section", "question", "item", "part"}) {
    if (FirstWord(rest) != word) continue;
    said_section = true;
    rest.remove_prefix(word.size());
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    break;
  }
  std::string_view digits = FirstWord(rest);
  auto number = vault::ParseDecimal(digits);
  if (!number.ok() || number.value() > 99) return std::nullopt;
  rest.remove_prefix(digits.size());
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  folded = rest;
  return static_cast<int>(number.value());
}

}  // namespace

std::string FoldLabel(std::string_view text) {
  std::string out;
  bool gap = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    auto byte = static_cast<unsigned char>(c);
    bool upper = c >= 'A' && c <= 'Z';
    bool word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || byte >= 0x80;
    // General punctuation (dashes, curly quotes) and boxes are three bytes behind 0xe2.
    if (text.substr(i).starts_with("\xe2\x80") || text.substr(i).starts_with("\xe2\x98")) {
      word = false;
      i = std::min(text.size() - 1, i + 2);
    }
    if (!word) {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) out += ' ';
    gap = false;
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

GradeReading ReadGrade(std::string_view text) {
  Boxes boxes = ReadBoxes(text);
  if (boxes.any) {
    if (boxes.ticked.empty()) return {};
    if (boxes.ticked.size() > 1) return {Grade::kNone, true};
    auto grade = LeadingGrade(boxes.ticked.front());
    return {grade.value_or(Grade::kNone), !grade.has_value()};
  }
  std::string tidy = TidyText(text);
  // A prompt that was typed into the form instead of a control: "Choose a grade".
  std::string folded = FoldLabel(tidy);
  if (folded.empty() || folded.starts_with("choose ") || folded.starts_with("select ") ||
      folded.starts_with("click ")) {
    return {};
  }
  auto grade = LeadingGrade(tidy);
  return {grade.value_or(Grade::kNone), !grade.has_value()};
}

AnswerReading ReadAnswerText(std::string_view text) {
  Boxes boxes = ReadBoxes(text);
  std::string said = TidyText(text);
  if (boxes.any) {
    if (boxes.ticked.empty()) return {};
    if (boxes.ticked.size() > 1) return {Answer::kNotGiven, "", true};
    said = boxes.ticked.front();
    if (said.empty()) return {Answer::kYes, "", false};  // a single box, ticked
  }
  std::string folded = FoldLabel(said);
  if (folded.empty()) return {};
  std::string_view first = FirstWord(folded);
  AnswerReading out;
  if (first == "yes" || first == "y") out.answer = Answer::kYes;
  if (first == "no" || first == "n" || first == "none") out.answer = Answer::kNo;
  if (out.answer == Answer::kNotGiven) return {Answer::kNotGiven, said, true};
  std::size_t word = said.find_first_of("YyNn");
  std::string_view rest = std::string_view(said).substr(word + first.size());
  std::size_t begin = rest.find_first_not_of(" \t\n.,:;-");
  rest = begin == std::string_view::npos ? std::string_view() : rest.substr(begin);
  for (std::string_view dash : {"\u2013", "\u2014"}) {
    if (rest.starts_with(dash)) rest.remove_prefix(dash.size());
  }
  out.rest = TidyText(rest);
  return out;
}

std::optional<Heading> ReadHeading(std::string_view text) {
  if (text.empty() || text.size() > kMaxHeading || text.find('\n') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string marked = MarkPieces(text);
  const std::vector<std::string_view> raw = vault::Split(marked, ':');
  std::vector<std::string> pieces;
  for (std::string_view piece : raw) pieces.push_back(FoldLabel(piece));
  Heading out;
  std::string_view title = pieces[0];
  bool said_section = false;
  auto number = TakeNumber(title, said_section);
  std::size_t used = 1;
  if (title.empty() && pieces.size() > 1 && PlaceOf(pieces[1])) {
    title = pieces[1];
    used = 2;
  }
  auto place = PlaceOf(title);
  // Words we do not know: the number counts, if it is meant as one.
  if (!place && number && *number <= 11 && (said_section || title.empty())) {
    if (!said_section && pieces.size() == 1) return std::nullopt;  // a bare number is no heading
    place = number;
  }
  if (!place) return std::nullopt;
  out.place = *place;
  if (pieces.size() <= used) return out;
  if (*place >= 1 && *place <= 8 && LeadingGrade(raw.back())) out.grade = std::string(raw.back());
  if (*place == 9 || *place == 11) {
    // "If yes: referred to, date, time" is a question, not an answer.
    AnswerReading reading = ReadAnswerText(raw.back());
    if (reading.answer != Answer::kNotGiven) out.answer = std::string(raw.back());
  }
  return out;
}

}  // namespace ingest
