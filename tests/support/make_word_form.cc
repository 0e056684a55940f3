// make_word_form writes an example audit form in Word, invented from the first word to the last.
//
//   make_word_form --agency NAME --agency-id ID --subject NAME --ref REF --grades RI,G,…
//                  [--omit-rationale SECTION] [--marker TEXT] [--version-note TEXT] -o FILE
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/word_form.h"
#include "vault/base/text.h"

namespace {

using ingest::CommentBank;
using ingest::GradedForm;
using ingest::WordForm;
using ingest::WordFormFile;

constexpr std::string_view kOptions[] = {"--agency", "--agency-id",    "--subject",
                                         "--ref",    "--grades",       "--omit-rationale",
                                         "--marker", "--version-note", "-o"};

int WrongUsage() {
  std::fputs(
      "usage: make_word_form --agency NAME --agency-id ID --subject NAME --ref REF\n"
      "                      --grades G1,...,G8 [--omit-rationale SECTION] [--marker TEXT]\n"
      "                      [--version-note TEXT] -o FILE\n"
      "grades: O, G, RI, I or NA for sections 1 to 8\n",
      stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string, std::less<>> given;
  for (int i = 1; i < argc; i += 2) {
    bool known = std::find(std::begin(kOptions), std::end(kOptions), std::string_view(argv[i])) !=
                 std::end(kOptions);
    if (!known || i + 1 >= argc) return WrongUsage();
    given[argv[i]] = argv[i + 1];
  }
  for (std::string_view needed :
       {"--agency", "--agency-id", "--subject", "--ref", "--grades", "-o"}) {
    if (!given.contains(needed)) return WrongUsage();
  }
  std::vector<std::string> grades;
  for (std::string_view grade : vault::Split(given["--grades"], ',')) {
    if (CommentBank(1, grade).empty()) return WrongUsage();
    grades.emplace_back(grade);
  }
  if (grades.size() != 8) return WrongUsage();

  WordForm form = GradedForm(given["--agency"], given["--subject"], grades);
  form.reference = given["--ref"];
  form.records = "Case record of " + given["--agency-id"];
  if (given.contains("--omit-rationale")) {
    auto section = vault::ParseDecimal(given["--omit-rationale"]);
    if (!section.ok() || section.value() > 8) return WrongUsage();
    form.sections[section.value()].rationale.clear();
  }
  if (given.contains("--marker")) {
    form.sections[0].rationale += " " + given["--marker"];
  }
  form.note = given["--version-note"];

  vault::Bytes file = WordFormFile(form);
  std::ofstream out(given["-o"], std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  out.close();
  if (!out) {
    std::fputs("make_word_form: cannot write the file\n", stderr);
    return 1;
  }
  return 0;
}
