#include "tools/cli/print.h"

#include <algorithm>

#include "vault/base/day_words.h"

namespace tools {
namespace {

// Width counts characters, not bytes: every byte but UTF-8 continuations.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

std::string Padded(std::string text, std::size_t width) {
  const std::size_t has = Width(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

}  // namespace

std::string Spoken(const Json& value) {
  if (value.kind() == Json::Kind::kText) return vault::DateWords(OneLine(value.Text()));
  if (value.kind() != Json::Kind::kList) return OneLine(value.Text());
  std::string words;
  for (const Json& item : value.items()) {
    if (!words.empty()) words += ", ";
    words += item.kind() == Json::Kind::kText ? vault::DateWords(OneLine(item.Text()))
                                              : OneLine(item.Text());
  }
  return words;
}

std::string OwedWords(const Json& answer) {
  if (answer.Find("destruction").Text() != "owed") return "";
  return "The keys of before could not be destroyed just now, most likely because an erasure cell "
         "or the standby is not reached. That is in the deletion debt, and every sweep tries "
         "again. While the standby is away, the change itself may stand here alone.\n";
}

std::string RecordText(const Json& record, const Columns& columns) {
  std::size_t width = 0;
  for (const auto& column : columns) width = std::max(width, Width(column.title));
  std::string text;
  for (const auto& column : columns) {
    const bool there = std::any_of(record.members().begin(), record.members().end(),
                                   [&](const auto& m) { return m.first == column.member; });
    if (!there) continue;
    const Json& value = record.Find(column.member);
    const bool lines = value.kind() == Json::Kind::kList && value.items().size() > 1;
    if (!lines) {
      text += Padded(column.title, width) + "  " + Spoken(value) + "\n";
      continue;
    }
    const char* title = column.title;
    for (const auto& item : value.items()) {
      text += Padded(title, width) + "  " + Spoken(item) + "\n";
      title = "";
    }
  }
  return text;
}

std::string TableText(const Json& list, const Columns& columns) {
  if (list.items().empty()) return "None.\n";
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> heading;
  for (const auto& column : columns) heading.emplace_back(column.title);
  rows.push_back(heading);
  for (const auto& item : list.items()) {
    std::vector<std::string> row;
    for (const auto& column : columns) row.push_back(Spoken(item.Find(column.member)));
    rows.push_back(row);
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i + 1 == row.size() ? row[i] : Padded(row[i], widths[i]) + "  ";
    }
    text += "\n";
  }
  return text;
}

std::string PlainText(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) continue;
    // C1 controls stand as C2 80 … C2 9F.
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;
      continue;
    }
    plain += text[i];
  }
  return plain;
}

std::string OneLine(std::string_view text) {
  std::string line = PlainText(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\t', ' ');
  return line;
}

}  // namespace tools
