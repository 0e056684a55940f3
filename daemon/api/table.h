// Table: a report's rows, pulled one after another, written as CSV or JSON while they come.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/json.h"
#include "daemon/http/message.h"

namespace service {

// TableRow has one value for each column.
using TableRow = std::vector<Json>;

// Table is columns and a source of rows; the source gives nothing at the end.
struct Table {
  std::vector<std::string> columns;
  std::function<vault::Result<std::optional<TableRow>>()> next;
};
// TableOf is a table whose rows are all there.
Table TableOf(std::vector<std::string> columns, std::vector<TableRow> rows);

enum class TableFormat : std::uint8_t { kCsv, kJson };
// TableAnswer streams it; `name` is the file's.
Response TableAnswer(Table table, TableFormat format, std::string_view name);

// CsvCell writes one value as RFC 4180 has it. A text that a spreadsheet would take for a formula
// gets an apostrophe before it.
std::string CsvCell(const Json& value);

}  // namespace service
