// FormRule: the questions of a form, as data.
#pragma once

#include <string>
#include <vector>

#include "vault/base/facts.h"

namespace policies {

// GradeRule is one value of a scale, best first.
struct GradeRule {
  std::string code;
  std::string name;
  bool counts = true;  // towards an overall view; "not applicable" does not
  std::vector<std::string> descriptors;
};

struct FormSection {
  std::string id;
  std::string title;
  std::string question;
  bool graded = false;
};

// FormRule is one <form> of a template.
struct FormRule {
  std::string id;
  std::string name;
  std::string class_code;
  std::string scale;  // empty: nothing is graded
  std::vector<GradeRule> grades;
  std::vector<vault::FieldRule> fields;  // the header
  std::vector<FormSection> sections;
  std::vector<std::string> notices;  // what the form tells its writer
  int least_questions = 0;           // a form outside warns; 0: no bound
  int most_questions = 0;
  std::string basis;
};

}  // namespace policies
