// PersonImport: many people at once, from a table.
#pragma once

#include <string>

#include "tools/cli/client.h"

namespace tools {

struct PersonImport {
  std::string table;  // a CSV file: email, agency, roles (blank between them), until (may be empty)
  std::string output;  // where the first passwords go (mode 0600)
};

// ImportPeople adds everybody in the table, or, when a row cannot be right, says so of all such
// rows and adds nobody. Errors: kInvalid; those of the server, with the line; who was added before
// stands in the output.
vault::Status ImportPeople(Client& client, const PersonImport& import);

}  // namespace tools
