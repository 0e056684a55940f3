#include "tools/cli/csv.h"

#include <algorithm>
#include <utility>

#include "vault/base/text.h"

namespace tools {
namespace {

// Scanner walks over the text once, cell by cell.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
    const std::string_view first = text_.substr(0, text_.find('\n'));
    const auto count = [&](char c) { return std::count(first.begin(), first.end(), c); };
    comma_ = count(';') > count(',') ? ';' : ',';
  }

  bool AtEnd() const { return place_ >= text_.size(); }

  vault::Result<CsvTable::Row> Row() {
    CsvTable::Row row;
    row.line = line_;
    while (true) {
      TRY(std::string cell, Cell());
      row.cells.push_back(std::move(cell));
      if (AtEnd()) return row;
      if (text_[place_] == comma_) {
        ++place_;
        continue;
      }
      if (text_[place_] == '\r') ++place_;
      if (!AtEnd() && text_[place_] != '\n') return Fault("a quoted cell goes on after its end");
      ++place_;
      ++line_;
      return row;
    }
  }

 private:
  vault::Error Fault(std::string_view what) const {
    return vault::Invalid("line " + std::to_string(line_) + ": " + std::string(what));
  }

  vault::Result<std::string> Cell() {
    std::string cell;
    if (AtEnd() || text_[place_] != '"') {
      while (!AtEnd() && text_[place_] != comma_ && text_[place_] != '\n' &&
             !(text_[place_] == '\r' && text_.substr(place_, 2) == "\r\n")) {
        cell += text_[place_++];
      }
      return cell;
    }
    for (++place_; !AtEnd(); ++place_) {
      if (text_[place_] != '"') {
        if (text_[place_] == '\n') ++line_;
        cell += text_[place_];
        continue;
      }
      if (text_.substr(place_, 2) != "\"\"") {
        ++place_;
        return cell;
      }
      cell += text_[place_++];
    }
    return Fault("a quoted cell has no end");
  }

  std::string_view text_;
  char comma_ = ',';
  std::size_t place_ = 0;
  std::size_t line_ = 1;
};

}  // namespace

vault::Result<CsvTable> ParseCsv(std::string_view text) {
  if (!vault::IsUtf8(text)) return vault::Invalid("the table is not UTF-8 text");
  Scanner scanner(text);
  CsvTable table;
  while (!scanner.AtEnd()) {
    TRY(CsvTable::Row row, scanner.Row());
    if (row.cells.size() == 1 && row.cells.front().empty()) continue;
    if (table.heading.empty()) {
      table.heading = std::move(row.cells);
      continue;
    }
    if (row.cells.size() != table.heading.size()) {
      return vault::Invalid("line " + std::to_string(row.line) + ": " +
                            std::to_string(row.cells.size()) + " cells, but the heading has " +
                            std::to_string(table.heading.size()));
    }
    table.rows.push_back(std::move(row));
  }
  if (table.heading.empty()) return vault::Invalid("the table is empty");
  return table;
}

std::string CsvCell(std::string_view value) {
  std::string text(value);
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    text.insert(text.begin(), '\'');
  }
  if (text.find_first_of(",;\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace tools
