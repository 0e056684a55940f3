#include "daemon/api/table.h"

#include <algorithm>
#include <utility>

namespace service {

using vault::Result;

namespace {

// Enough rows that the source is asked in strides, few enough that memory stays flat.
constexpr std::size_t kStride = 16 * 1024;

// TableBody writes rows as they are read.
class TableBody final : public BodyReader {
 public:
  TableBody(Table table, TableFormat format) : table_(std::move(table)), format_(format) {
    if (format_ == TableFormat::kJson) {
      text_ = "[";
      return;
    }
    for (const std::string& column : table_.columns) {
      text_ += (text_.empty() ? "" : ",") + CsvCell(column);
    }
    text_ += "\r\n";
  }

  Result<std::size_t> Read(vault::MutableByteView out) override {
    if (offset_ == text_.size() && !ended_) TRY_VOID(Fill());
    const std::size_t size = std::min(out.size(), text_.size() - offset_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(offset_), size, out.begin());
    offset_ += size;
    return size;
  }

 private:
  vault::Status Fill() {
    text_.erase(0, offset_);
    offset_ = 0;
    while (text_.size() < kStride && !ended_) {
      auto row = table_.next();
      if (!row.ok()) {
        // The answer breaks off: a report that ends early must not look whole.
        ended_ = true;
        return row.error();
      }
      if (!row.value()) {
        ended_ = true;
        if (format_ == TableFormat::kJson) text_ += "]";
        break;
      }
      Write(*row.value());
    }
    return vault::Ok();
  }

  void Write(const TableRow& row) {
    CHECK(row.size() == table_.columns.size());
    if (format_ == TableFormat::kCsv) {
      for (std::size_t i = 0; i < row.size(); ++i) text_ += (i == 0 ? "" : ",") + CsvCell(row[i]);
      text_ += "\r\n";
      return;
    }
    Json object = Json::Object();
    for (std::size_t i = 0; i < row.size(); ++i) object.Set(table_.columns[i], row[i]);
    text_ += (first_ ? "" : ",") + object.ToText();
    first_ = false;
  }

  Table table_;
  TableFormat format_;
  std::string text_;
  std::size_t offset_ = 0;
  bool first_ = true;
  bool ended_ = false;
};

}  // namespace

Table TableOf(std::vector<std::string> columns, std::vector<TableRow> rows) {
  auto kept = std::make_shared<std::vector<TableRow>>(std::move(rows));
  auto at = std::make_shared<std::size_t>(0);
  return {std::move(columns), [kept, at]() -> Result<std::optional<TableRow>> {
            if (*at == kept->size()) return std::optional<TableRow>();
            return std::optional<TableRow>(std::move((*kept)[(*at)++]));
          }};
}

Response TableAnswer(Table table, TableFormat format, std::string_view name) {
  const bool csv = format == TableFormat::kCsv;
  Response response =
      Response::Streaming(200, csv ? "text/csv; charset=utf-8" : "application/json",
                          {std::make_unique<TableBody>(std::move(table), format), std::nullopt});
  if (csv) {
    response.Add("Content-Disposition", AttachmentDisposition(std::string(name) + ".csv"));
  }
  return response;
}

std::string CsvCell(const Json& value) {
  if (value.is_null()) return "";
  const auto text = value.AsText();
  if (!text.ok()) return value.ToText();
  std::string cell = text.value();
  // What begins like this is run by a spreadsheet that opens the file; blanks before it are no
  // protection.
  const std::size_t first = cell.find_first_not_of(" \t\r\n");
  if (first != std::string::npos &&
      std::string_view("=+-@").find(cell[first]) != std::string_view::npos) {
    cell.insert(cell.begin(), '\'');
  } else if (!cell.empty() && (cell[0] == '\t' || cell[0] == '\r' || cell[0] == '\n')) {
    cell.insert(cell.begin(), '\'');
  }
  if (cell.find_first_of(",\"\r\n") == std::string::npos && cell.find_first_of(" '") != 0) {
    return cell;
  }
  std::string quoted = "\"";
  for (const char c : cell) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace service
