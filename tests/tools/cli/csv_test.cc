#include "tools/cli/csv.h"

#include <gtest/gtest.h>

namespace tools {
namespace {

TEST(Csv, ReadsWhatSpreadsheetsSave) {
  const auto table = ParseCsv(
      "\xEF\xBB\xBF"
      "email;agency;roles\r\n"
      "a@pol.example;POL;\"AAC AUD\"\r\n"
      "\r\n"
      "b@pol.example;\"a \"\"quoted\"\" name;\nover lines\";AUD");
  ASSERT_TRUE(table.ok()) << table.error().detail;
  EXPECT_EQ(table.value().heading, (std::vector<std::string>{"email", "agency", "roles"}));
  ASSERT_EQ(table.value().rows.size(), 2u);
  EXPECT_EQ(table.value().rows[0].line, 2u);
  EXPECT_EQ(table.value().rows[0].cells,
            (std::vector<std::string>{"a@pol.example", "POL", "AAC AUD"}));
  EXPECT_EQ(table.value().rows[1].line, 4u);
  EXPECT_EQ(table.value().rows[1].cells[1], "a \"quoted\" name;\nover lines");
}

TEST(Csv, SaysWhichLineIsWrong) {
  const auto detail = [](std::string_view text) {
    const auto table = ParseCsv(text);
    return table.ok() ? std::string() : table.error().detail;
  };
  EXPECT_EQ(detail("a,b\n1,2\n3\n"), "line 3: 1 cells, but the heading has 2");
  EXPECT_EQ(detail("a,b\n1,\"2\n"), "line 3: a quoted cell has no end");
  EXPECT_EQ(detail("a,b\n1,\"2\"x\n"), "line 2: a quoted cell goes on after its end");
  EXPECT_EQ(detail("a,b\n\xff,2\n"), "the table is not UTF-8 text");
  EXPECT_EQ(detail(""), "the table is empty");
}

TEST(Csv, NeverWritesAFormula) {
  EXPECT_EQ(CsvCell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
  EXPECT_EQ(CsvCell("@cmd"), "'@cmd");
  EXPECT_EQ(CsvCell("plain"), "plain");
  EXPECT_EQ(CsvCell("a,\"b\""), "\"a,\"\"b\"\"\"");
}

}  // namespace
}  // namespace tools
