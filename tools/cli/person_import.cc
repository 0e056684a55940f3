#include "tools/cli/person_import.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "tools/cli/csv.h"
#include "tools/cli/output_file.h"
#include "vault/base/text.h"

namespace tools {
namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 20;

struct Person {
  std::size_t line = 0;
  std::string email;
  std::string agency;
  std::vector<std::string> roles;
  std::optional<std::string> until;
};

vault::Result<std::string> ReadTable(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return vault::NotFound("the table cannot be read");
  std::string text(kMostBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMostBytes) return vault::Invalid("the table is larger than 4 MiB");
  return text;
}

// Column finds a heading; a table may have others besides, which are passed over.
vault::Result<std::size_t> Column(const CsvTable& table, std::string_view name) {
  const auto found = std::find(table.heading.begin(), table.heading.end(), name);
  if (found == table.heading.end()) {
    return vault::Invalid("the heading has no column " + std::string(name));
  }
  return static_cast<std::size_t>(found - table.heading.begin());
}

vault::Result<std::vector<Person>> Read(const std::string& path) {
  TRY(const std::string text, ReadTable(path));
  TRY(const CsvTable table, ParseCsv(text));
  TRY(const std::size_t email, Column(table, "email"));
  TRY(const std::size_t agency, Column(table, "agency"));
  TRY(const std::size_t roles, Column(table, "roles"));
  const auto until = Column(table, "until");
  std::vector<Person> people;
  std::map<std::string, std::size_t> lines;
  std::string faults;
  const auto fault = [&](std::size_t line, std::string_view what) {
    if (!faults.empty()) faults += "; ";
    faults += "line " + std::to_string(line) + ": " + std::string(what);
  };
  for (const CsvTable::Row& row : table.rows) {
    Person person;
    person.line = row.line;
    person.email = vault::FoldAddress(row.cells[email]);
    person.agency = row.cells[agency];
    std::istringstream words(row.cells[roles]);
    for (std::string word; words >> word;) person.roles.push_back(word);
    if (until.ok() && !row.cells[until.value()].empty()) person.until = row.cells[until.value()];
    if (person.email.find('@') == std::string::npos) fault(row.line, "no e-mail address");
    if (person.agency.empty()) fault(row.line, "no agency");
    if (person.roles.empty()) fault(row.line, "no role");
    const auto [first, is_new] = lines.emplace(person.email, row.line);
    if (!is_new) {
      fault(row.line, "the address of line " + std::to_string(first->second) + " again");
    }
    people.push_back(std::move(person));
  }
  if (!faults.empty()) return vault::Invalid(faults);
  if (people.empty()) return vault::Invalid("the table names nobody");
  return people;
}

}  // namespace

vault::Status ImportPeople(Client& client, const PersonImport& import) {
  TRY(const std::vector<Person> people, Read(import.table));
  TRY(OutputFile file, OutputFile::Create(import.output));
  TRY_VOID(file.Write(vault::AsBytes("email,first_password,until\r\n")));
  std::uint64_t added = 0;
  std::optional<vault::Error> refused;
  for (const Person& person : people) {
    JsonObject body;
    body.Set("email", person.email).Set("agency", person.agency);
    body.Set("roles", person.roles).Set("until", person.until);
    const auto answer = client.Post("/api/v1/people", std::move(body));
    if (!answer.ok()) {
      refused = answer.error();
      refused->detail = "line " + std::to_string(person.line) + ": " + refused->detail;
      break;
    }
    TRY(const Json made, Json::Parse(answer.value()));
    const vault::Plaintext line = vault::Plaintext::CopyOf(
        vault::AsBytes(CsvCell(person.email) + "," + CsvCell(made.Find("password").Text()) + "," +
                       CsvCell(made.Find("invited_until").Text()) + "\r\n"));
    TRY_VOID(file.Write(line.view()));
    ++added;
  }
  // Whoever was added needs the first password, whatever happened to the next line.
  TRY_VOID(std::move(file).Finish());
  if (refused) return *std::move(refused);
  JsonObject printed;
  printed.SetNumber("added", added).Set("file", import.output);
  return client.PrintOwn(std::move(printed), std::to_string(added) +
                                                 " people added. Their first passwords are in " +
                                                 import.output + ".\n");
}

}  // namespace tools
