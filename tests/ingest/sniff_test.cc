#include "ingest/sniff.h"

#include <gtest/gtest.h>

#include <string>

#include "ingest/reading.h"

namespace ingest {
namespace {

FileKind Kind(std::string_view text) { return Sniff(vault::AsBytes(text)); }

std::string Compound(std::string_view stream) {
  std::string file("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  file.append(504, '\0');
  for (char c : stream) {
    file += c;
    file += '\0';
  }
  return file;
}

TEST(Sniff, KindsAreToldByStructure) {
  EXPECT_EQ(Kind(""), FileKind::kEmpty);
  EXPECT_EQ(Kind(std::string_view("PK\x03\x04rest", 8)), FileKind::kZip);
  EXPECT_EQ(Kind("%PDF-1.7\n"), FileKind::kPdf);
  EXPECT_EQ(Kind("\xef\xbb\xbf\n%PDF-1.4\n"), FileKind::kPdf);
  EXPECT_EQ(Kind("{\\rtf1\\ansi hello}"), FileKind::kRichText);
  EXPECT_EQ(Kind(Compound("WordDocument")), FileKind::kOldWord);
  EXPECT_EQ(Kind(Compound("EncryptedPackage")), FileKind::kEncryptedOffice);
  EXPECT_EQ(Kind(Compound("Workbook")), FileKind::kOtherCompound);
  EXPECT_EQ(Kind("Dear colleague,\r\n\tplease find attached \u2026\n"), FileKind::kText);
  EXPECT_EQ(Kind("\x7f"
                 "ELF\x02\x01\x01"),
            FileKind::kUnknown);
  EXPECT_EQ(Kind("\xff\xd8\xff\xe0"), FileKind::kUnknown);
}

TEST(Sniff, FilesThatHoldNoFormSaySoInPlainWords) {
  auto text = [](std::string_view file) {
    return UnreadableText(ReadFile(vault::AsBytes(file)).reason());
  };
  EXPECT_EQ(text(Compound("WordDocument")),
            "This is an old .doc file; save it as .docx and file it again.");
  EXPECT_EQ(text(Compound("EncryptedPackage")),
            "The file is protected with a password; remove the password and file it again.");
  EXPECT_EQ(text("%PDF-1.7\n"), "This is a PDF file; no form is read out of it.");
  EXPECT_EQ(text(""), "The file is empty.");
  EXPECT_EQ(text("hello"), "This is a plain text file; no form is read out of it.");
}

}  // namespace
}  // namespace ingest
