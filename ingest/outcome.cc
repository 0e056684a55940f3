#include "ingest/outcome.h"

#include <iterator>

namespace ingest {
namespace {

struct Row {
  Unreadable reason;
  std::string_view code;
  std::string_view text;
};
constexpr Row kRows[] = {
    {Unreadable::kEmpty, "empty", "The file is empty."},
    {Unreadable::kTooLarge, "too-large", "The file is too large to be read as a form."},
    {Unreadable::kDamaged, "damaged",
     "The file is damaged or incomplete, or was not written by a word processor."},
    {Unreadable::kNotAForm, "not-a-form",
     "This is a Word document, but not one of the forms we know."},
    {Unreadable::kOldWord, "old-word",
     "This is an old .doc file; save it as .docx and file it again."},
    {Unreadable::kPasswordProtected, "password-protected",
     "The file is protected with a password; remove the password and file it again."},
    {Unreadable::kMacros, "macros",
     "The file holds macros, which a form never needs; save it as .docx without macros and file it "
     "again."},
    {Unreadable::kOpenDocument, "open-document",
     "This is an OpenDocument file; save it as .docx and file it again."},
    {Unreadable::kOtherOffice, "other-office",
     "This is an office file of another kind than a Word document."},
    {Unreadable::kPdf, "pdf", "This is a PDF file; no form is read out of it."},
    {Unreadable::kRichText, "rich-text",
     "This is a rich text file; save it as .docx and file it again."},
    {Unreadable::kPlainText, "plain-text", "This is a plain text file; no form is read out of it."},
    {Unreadable::kArchive, "archive", "This is an archive, not a Word document."},
    {Unreadable::kArchiveBomb, "archive-bomb",
     "The file unpacks to far more than a form can hold."},
    {Unreadable::kEncryptedArchive, "encrypted-archive",
     "The file's parts are encrypted; remove the encryption and file it again."},
    {Unreadable::kUnsafeNames, "unsafe-names",
     "The file has parts with unsafe, repeated or overlapping names or places."},
    {Unreadable::kTooManyParts, "too-many-parts", "The file has far more parts than a form."},
    {Unreadable::kTooComplex, "too-complex",
     "The file's text is built in a more complicated way than any form."},
    {Unreadable::kUnknownFormat, "unknown-format", "The file is of a kind we do not know."},
    {Unreadable::kReaderStopped, "reader-stopped", "The reader stopped while reading the file."},
    {Unreadable::kReaderTooSlow, "reader-too-slow", "Reading the file took too long."},
    {Unreadable::kReaderUnavailable, "reader-unavailable",
     "No form could be read because this server cannot run its reader safely."},
};
static_assert(std::size(kRows) == kLastUnreadable);

}  // namespace

std::string_view UnreadableCode(Unreadable reason) {
  for (const auto& row : kRows) {
    if (row.reason == reason) return row.code;
  }
  return "";
}

std::string_view UnreadableText(Unreadable reason) {
  for (const auto& row : kRows) {
    if (row.reason == reason) return row.text;
  }
  return "";
}

}  // namespace ingest
