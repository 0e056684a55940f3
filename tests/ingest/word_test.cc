#include "ingest/word.h"

#include <gtest/gtest.h>

#include "ingest/limits.h"
#include "ingest/reading.h"
#include "tests/support/word_form.h"

namespace ingest {
namespace {

WordText Read(std::string_view body) {
  auto text = ReadWordXml(vault::AsBytes(WordDocumentXml(body)));
  EXPECT_TRUE(text.ok());
  return text.ok() ? std::move(text).value() : WordText{};
}

// Cells shows a document as lines of cells between strokes.
std::string Cells(const WordText& text) {
  std::string out;
  for (const auto& line : text.lines) {
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      out += (i == 0 ? "" : "|") + line.cells[i].text;
    }
    out += "\n";
  }
  return out;
}

std::string Words(std::string_view text) {
  return "<w:r><w:t xml:space=\"preserve\">" + std::string(text) + "</w:t></w:r>";
}
std::string Paragraph(std::string_view inside) { return "<w:p>" + std::string(inside) + "</w:p>"; }
std::string Cell(std::string_view properties, std::string_view content) {
  return "<w:tc><w:tcPr>" + std::string(properties) + "</w:tcPr>" + std::string(content) +
         "</w:tc>";
}
std::string Row(std::string_view cells) { return "<w:tr>" + std::string(cells) + "</w:tr>"; }
std::string Table(std::string_view rows) {
  return "<w:tbl><w:tblPr/><w:tblGrid/>" + std::string(rows) + "</w:tbl>";
}
std::string Text(std::string_view text) { return Paragraph(Words(text)); }

TEST(Word, ParagraphsAndRowsComeInReadingOrder) {
  EXPECT_EQ(Cells(Read(Text("Title") +
                       Table(Row(Cell("", Text("a")) + Cell("", Text("b"))) +
                             Row(Cell("", Text("c")) + Cell("", Text("d")))) +
                       Text("End"))),
            "Title\na|b\nc|d\nEnd\n");
}

TEST(Word, RunsTabsBreaksAndHyphensMakeOneText) {
  EXPECT_EQ(Cells(Read(Paragraph(Words("one ") + Words("two") +
                                 "<w:r><w:tab/><w:t>three</w:t><w:br/><w:t>four</w:t>"
                                 "<w:noBreakHyphen/><w:t>five</w:t></w:r>"))),
            "one two\tthree\nfour-five\n");
}

TEST(Word, ParagraphsOfACellAreItsLines) {
  EXPECT_EQ(Cells(Read(Table(Row(Cell("", Text("a") + Text("b")) + Cell("", "<w:p/>"))))),
            "a\nb|\n");
}

TEST(Word, TabStopsAndPropertiesAreNotText) {
  EXPECT_EQ(Cells(Read(Paragraph("<w:pPr><w:tabs><w:tab w:val=\"left\" w:pos=\"9\"/></w:tabs>"
                                 "<w:rPr><w:vanish/></w:rPr></w:pPr>" +
                                 Words("text")))),
            "text\n");
}

TEST(Word, InsertionsCountAndDeletionsDoNot) {
  WordText text =
      Read(Paragraph(Words("kept ") + "<w:ins w:id=\"1\">" + Words("inserted") +
                     "</w:ins><w:del w:id=\"2\"><w:r>" +
                     "<w:delText>deleted</w:delText></w:r></w:del><w:moveFrom>" + Words("old") +
                     "</w:moveFrom><w:moveTo>" + Words(" moved") + "</w:moveTo>"));
  EXPECT_EQ(Cells(text), "kept inserted moved\n");
  EXPECT_TRUE(text.tracked_changes);
  EXPECT_FALSE(Read(Text("plain")).tracked_changes);
}

TEST(Word, DeletedRowsAreLeftOut) {
  WordText text = Read(Table("<w:tr><w:trPr><w:del w:id=\"1\"/></w:trPr>" + Cell("", Text("x")) +
                             "</w:tr>" + Row(Cell("", Text("y")))));
  EXPECT_EQ(Cells(text), "y\n");
  EXPECT_TRUE(text.tracked_changes);
}

TEST(Word, HiddenTextIsLeftOutAndTold) {
  WordText text =
      Read(Paragraph(Words("seen") + "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t>" +
                     "</w:r><w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t> too</w:t>"
                     "</w:r>"));
  EXPECT_EQ(Cells(text), "seen too\n");
  EXPECT_TRUE(text.hidden_text);
  EXPECT_FALSE(Read(Text("seen")).hidden_text);
}

TEST(Word, MergedCellsKeepTheirPlaceAndRepeatShortTexts) {
  WordText text =
      Read(Table(Row(Cell("<w:vMerge w:val=\"restart\"/>", Text("left")) +
                     Cell("<w:gridSpan w:val=\"2\"/>", Text("wide")) + Cell("", Text("last"))) +
                 Row(Cell("<w:vMerge/>", "<w:p/>") + Cell("", Text("b")) + Cell("", Text("c")) +
                     Cell("", Text("d")))));
  EXPECT_EQ(Cells(text), "left|wide|last\nleft|b|c|d\n");
  EXPECT_EQ(text.lines[0].cells[2].column, 3u);
  EXPECT_EQ(text.lines[1].cells[3].column, 3u);
  EXPECT_TRUE(text.lines[1].cells[0].continued);
  EXPECT_FALSE(text.lines[0].cells[0].continued);
}

TEST(Word, ATableInTheFirstCellIsLayout) {
  EXPECT_EQ(Cells(Read(Table(
                Row(Cell("", Text("above") + Table(Row(Cell("", Text("a")) + Cell("", Text("b")))) +
                                 Text("below")))))),
            "above\na|b\nbelow\n");
}

TEST(Word, ATableInALaterCellIsPartOfItsText) {
  EXPECT_EQ(Cells(Read(Table(Row(
                Cell("", Text("label")) +
                Cell("", Text("answer:") + Table(Row(Cell("", Text("a")) + Cell("", Text("b"))) +
                                                 Row(Cell("", Text("c"))))))))),
            "label|answer:\na\tb\nc\n");
}

TEST(Word, TablesNestedTooDeepAreRefused) {
  std::string body = Text("deep");
  for (std::size_t i = 0; i <= kMaxTableDepth; ++i) body = Table(Row(Cell("", body)));
  auto text = ReadWordXml(vault::AsBytes(WordDocumentXml(body)));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.reason(), Unreadable::kTooComplex);
}

TEST(Word, TooManyRowsOrCellsAreRefused) {
  std::string rows;
  for (std::size_t i = 0; i <= kMaxRows; ++i) rows += "<w:tr><w:tc/></w:tr>";
  EXPECT_EQ(ReadWordXml(vault::AsBytes(WordDocumentXml(Table(rows)))).reason(),
            Unreadable::kTooComplex);
  std::string cells;
  for (std::size_t i = 0; i <= kMaxCellsInRow; ++i) cells += "<w:tc/>";
  EXPECT_EQ(ReadWordXml(vault::AsBytes(WordDocumentXml(Table(Row(cells))))).reason(),
            Unreadable::kTooComplex);
}

TEST(Word, ControlsGiveTheirAnswerAndNotTheirPrompt) {
  auto control = [](std::string_view properties, std::string_view content) {
    return "<w:sdt><w:sdtPr>" + std::string(properties) + "</w:sdtPr><w:sdtContent>" +
           std::string(content) + "</w:sdtContent></w:sdt>";
  };
  EXPECT_EQ(Cells(Read(Paragraph(control(
                "<w:dropDownList><w:listItem w:value=\"G\"/></w:dropDownList>", Words("Good"))))),
            "Good\n");
  EXPECT_EQ(Cells(Read(Table(Row(Cell("", Text("Grade")) +
                                 Cell("", Paragraph(control("<w:showingPlcHdr/><w:dropDownList/>",
                                                            Words("Choose an item.")))))))),
            "Grade|\n");
  EXPECT_EQ(Cells(Read(Paragraph(
                control("<w14:checkbox><w14:checked w14:val=\"1\"/></w14:checkbox>", Words("X")) +
                Words(" Yes ") +
                control("<w14:checkbox><w14:checked w14:val=\"0\"/></w14:checkbox>", Words("X")) +
                Words(" No")))),
            "\u2612 Yes \u2610 No\n");
  // A control around a whole cell keeps the row's shape.
  EXPECT_EQ(Cells(Read(Table(Row(control("<w:showingPlcHdr/>", Cell("", Text("prompt"))) +
                                 Cell("", Text("b")))))),
            "|b\n");
}

TEST(Word, OldFormFieldsGiveTheirAnswer) {
  auto field = [](std::string_view definition) {
    return "<w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData>" + std::string(definition) +
           "</w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMFIELD </w:instrText></w:r>";
  };
  EXPECT_EQ(
      Cells(Read(Paragraph(
          field("<w:checkBox><w:default w:val=\"0\"/><w:checked/></w:checkBox>") + Words(" Yes ") +
          field("<w:checkBox><w:default w:val=\"0\"/></w:checkBox>") + Words(" No")))),
      "\u2612 Yes \u2610 No\n");
  EXPECT_EQ(Cells(Read(Paragraph(field("<w:ddList><w:result w:val=\"1\"/>"
                                       "<w:listEntry w:val=\"Outstanding\"/>"
                                       "<w:listEntry w:val=\"Good\"/></w:ddList>")))),
            "Good\n");
}

TEST(Word, SymbolsOfTickedBoxesAreRead) {
  EXPECT_EQ(Cells(Read(Paragraph("<w:r><w:sym w:font=\"Wingdings\" w:char=\"F0FE\"/></w:r>" +
                                 Words(" Yes")))),
            "\u2612 Yes\n");
}

TEST(Word, WhatIsNotReadIsTold) {
  WordText box = Read(Text("a") +
                      "<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent>"
                      "<w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice>"
                      "<mc:Fallback><w:pict/></mc:Fallback></mc:AlternateContent></w:r></w:p>");
  EXPECT_EQ(Cells(box), "a\n");
  EXPECT_TRUE(box.unread_parts);
  EXPECT_FALSE(Read("<w:p><w:r><w:drawing/></w:r></w:p>").unread_parts);
  EXPECT_TRUE(Read("<w:p><w:r><w:object/></w:r></w:p>").unread_parts);
  EXPECT_TRUE(Read("<w:p><w:r><w:commentReference w:id=\"0\"/></w:r></w:p>").comments);
}

TEST(Word, OtherPrefixesMeanTheSame) {
  auto text = ReadWordXml(vault::AsBytes(
      "<d xmlns=\"urn:w\"><body><tbl><tr><tc><p><r><t>a</t></r></p></tc></tr></tbl></body></d>"));
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(Cells(text.value()), "a\n");
}

TEST(Word, TextIsTidied) {
  EXPECT_EQ(TidyText("  a \n\n b\u00a0c\u2002d \t\n"), "a\n\n b c d");
  EXPECT_EQ(TidyText("x\u00ad\u200b\x01y"), "xy");
  EXPECT_EQ(TidyText(" \n\t "), "");
  EXPECT_EQ(TidyText("\u201cquoted\u201d \u2013 \u2026"), "\u201cquoted\u201d \u2013 \u2026");
}

std::string FileReason(const vault::Bytes& file) {
  ReadOutcome outcome = ReadFile(file);
  return outcome.readable() ? "readable" : std::string(UnreadableCode(outcome.reason()));
}

TEST(Word, XmlBombsAreRefused) {
  EXPECT_EQ(
      FileReason(WordFile("<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
                          "\"&a;&a;&a;&a;\">]><w:document><w:body>&b;</w:body></w:document>")),
      "damaged");
  std::string deep;
  for (std::size_t i = 0; i <= kMaxXmlDepth; ++i) deep += "<a>";
  EXPECT_EQ(FileReason(WordFile(deep)), "damaged");
  std::string closed = deep;
  for (std::size_t i = 0; i <= kMaxXmlDepth; ++i) closed += "</a>";
  EXPECT_EQ(FileReason(WordFile(closed)), "damaged");
  std::string wide = "<w:document><w:body>";
  for (std::size_t i = 0; i <= kMaxXmlNodes; ++i) wide += "<a/>";
  EXPECT_EQ(FileReason(WordFile(wide + "</w:body></w:document>")), "damaged");
}

TEST(Word, OtherKindsOfFilesInArchivesAreNamed) {
  std::string types(kWordContentTypes);
  std::string document = WordDocumentXml("");
  EXPECT_EQ(FileReason(ZipMaker().Add("a.txt", "x").Make()), "archive");
  EXPECT_EQ(FileReason(ZipMaker()
                           .Add("mimetype", "application/vnd.oasis.opendocument.text")
                           .Add("content.xml", "<a/>")
                           .Make()),
            "open-document");
  EXPECT_EQ(
      FileReason(
          ZipMaker().Add("[Content_Types].xml", "<Types/>").Add("xl/workbook.xml", "<a/>").Make()),
      "other-office");
  EXPECT_EQ(FileReason(ZipMaker()
                           .Add("[Content_Types].xml", types)
                           .Add("word/document.xml", document)
                           .Add("word/vbaProject.bin", "x")
                           .Make()),
            "macros");
  std::string macro_types = types;
  macro_types.replace(macro_types.find("application/vnd.openxmlformats-officedocument.wordproc"),
                      66, "application/vnd.ms-word.document.macroEnabled");
  EXPECT_EQ(FileReason(ZipMaker()
                           .Add("[Content_Types].xml", macro_types)
                           .Add("word/document.xml", document)
                           .Make()),
            "macros");
  EXPECT_EQ(FileReason(WordFile(WordDocumentXml(Text("Dear all, the meeting is on Thursday.")))),
            "not-a-form");
}

TEST(Word, TheMainPartIsFoundByItsType) {
  std::string types(kWordContentTypes);
  types.replace(types.find("/word/document.xml"), 18, "/word/document2.xml");
  vault::Bytes file = ZipMaker()
                          .Add("[Content_Types].xml", types)
                          .Add("word/document2.xml", WordDocumentXml(WordFormBody(AdultElmForm())))
                          .Make();
  EXPECT_EQ(FileReason(file), "readable");
}

}  // namespace
}  // namespace ingest
