// Answers: how people write labels, grades, yes and no, and headings of sections.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/form.h"

namespace ingest {

// FoldLabel keeps letters and digits, lower-cased, with one space between words:
// "Person's voice:" and "PERSON'S VOICE" are the same.
std::string FoldLabel(std::string_view text);

// GradeReading: what a grade's cell says.
struct GradeReading {
  Grade grade = Grade::kNone;
  bool unknown = false;  // something is there, and it is not one grade
};
// ReadGrade reads a code, a name, or a row of check boxes of which one is ticked.
GradeReading ReadGrade(std::string_view text);

// AnswerReading: what a yes/no question's cell says.
struct AnswerReading {
  Answer answer = Answer::kNotGiven;
  std::string rest;      // what is written after it
  bool unclear = false;  // something is there, and it begins with neither yes nor no
};
AnswerReading ReadAnswerText(std::string_view text);

// Places in a form that are not sections.
inline constexpr int kInHeader = -1;
inline constexpr int kInPeople = 20;
inline constexpr int kInSignOff = 21;

// Heading names a place: a section 0 to 11, kInHeader, kInPeople or kInSignOff.
struct Heading {
  int place = kInHeader;
  std::optional<std::string> grade;   // behind the title: "1 Recognition: RI"
  std::optional<std::string> answer;  // behind the title: "9 Immediate concern: No"
};
// ReadHeading reads "Section 3. Planning and intervention: were …?", "3 Planning: RI",
// "Connected people", "Sign-off". The words of a heading count for more than its number.
std::optional<Heading> ReadHeading(std::string_view text);

}  // namespace ingest
