// Csv: RFC 4180 tables, as spreadsheets save them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vault/base/result.h"

namespace tools {

// CsvTable has a heading and rows; every row has as many cells as the heading.
struct CsvTable {
  struct Row {
    std::size_t line = 0;  // where it begins, from 1
    std::vector<std::string> cells;
  };
  std::vector<std::string> heading;
  std::vector<Row> rows;
};

// ParseCsv reads UTF-8 with commas or semicolons (whichever the heading has), LF or CRLF, a byte
// order mark allowed; blank lines are passed over. Errors: kInvalid with the line.
vault::Result<CsvTable> ParseCsv(std::string_view text);

// CsvCell quotes a value where it must be. A value that a spreadsheet would take for a formula gets
// an apostrophe before it.
std::string CsvCell(std::string_view value);

}  // namespace tools
