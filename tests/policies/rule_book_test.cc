#include "policies/rule_book.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/policies/texts.h"

namespace policies {
namespace {

std::string SizeAsHash(vault::ByteView bytes) { return std::to_string(bytes.size()); }

std::string Versioned(const std::string& version) {
  std::string text = ShippedText("templates/macfa.xml");
  const std::string from = "id=\"macfa\" version=\"1\"";
  return text.replace(text.find(from), from.size(), "id=\"macfa\" version=\"" + version + "\"");
}

TEST(TemplateBook, LoadsTheShippedFolder) {
  auto book =
      TemplateBook::LoadFolder(std::string(STRONGROOM_SOURCE_DIR) + "/policies", SizeAsHash);
  if (!book.ok()) {
    for (const auto& text : Texts(book.faults())) ADD_FAILURE() << text;
    return;
  }
  auto macfa = book.value()->Find("macfa", 1);
  ASSERT_TRUE(macfa.ok());
  EXPECT_EQ(macfa.value()->text_hash(), std::to_string(ShippedText("templates/macfa.xml").size()));
  EXPECT_NE(book.value()->calendars().Find("united-kingdom"), nullptr);
  EXPECT_EQ(book.value()->calendars().Find("mars"), nullptr);
}

TEST(TemplateBook, RunningMattersKeepTheirVersion) {
  auto book = TemplateBook::FromTexts(
      ShippedCalendarTexts(), {{"b.xml", Versioned("10")}, {"a.xml", Versioned("2")}}, SizeAsHash);
  ASSERT_TRUE(book.ok());
  EXPECT_EQ(book.value()->Find("macfa", 2).value()->template_version(), 2u);
  EXPECT_EQ(book.value()->Latest("macfa").value()->template_version(), 10u);
  EXPECT_EQ(book.value()->Templates().size(), 2u);
  EXPECT_EQ(book.value()->Find("macfa", 1).error().code, vault::Errc::kNotFound);
  EXPECT_EQ(book.value()->Find("mash", 1).error().code, vault::Errc::kNotFound);
  EXPECT_EQ(book.value()->Latest("mash").error().code, vault::Errc::kNotFound);
}

TEST(TemplateBook, FaultsNameTheirFile) {
  auto book = TemplateBook::FromTexts(
      ShippedCalendarTexts(),
      {{"a.xml", Versioned("1")}, {"b.xml", Versioned("1")}, {"c.xml", Versioned("x")}},
      SizeAsHash);
  ASSERT_FALSE(book.ok());
  EXPECT_EQ(Texts(book.faults()),
            (std::vector<std::string>{
                "b.xml: line 1, column 1: the template's id and version are given twice",
                "c.xml: line 5, column 21: <process> version must be a whole number from 1 to "
                "1000000"}));
  auto broken = TemplateBook::FromTexts({{"x.xml", "<calendar/>"}}, {}, SizeAsHash);
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.faults().front().file, "x.xml");
}

TEST(TemplateBook, AFolderThatIsNotThereOrEmptyIsAFault) {
  auto missing = TemplateBook::LoadFolder("/nonexistent/policies", SizeAsHash);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.faults().front().sentence, "the folder cannot be read");

  const auto folder = std::filesystem::temp_directory_path() /
                      ("strongroom-rule-book-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder / "calendars");
  std::filesystem::create_directories(folder / "templates");
  auto empty = TemplateBook::LoadFolder(folder.string(), SizeAsHash);
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.faults().front().ToText(),
            "templates: line 1, column 1: the folder holds no template");
  std::ofstream(folder / "templates" / "bad.xml") << "<process>";
  auto bad = TemplateBook::LoadFolder(folder.string(), SizeAsHash);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.faults().front().file, "templates/bad.xml");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace policies
