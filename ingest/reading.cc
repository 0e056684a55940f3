#include "ingest/reading.h"

#include "ingest/limits.h"
#include "ingest/mapping.h"
#include "ingest/sniff.h"
#include "ingest/word.h"
#include "ingest/zip.h"

namespace ingest {
namespace {

ReadOutcome ReadArchive(vault::ByteView file) {
  auto archive = ZipArchive::Open(file);
  if (!archive.ok()) return archive.reason();
  auto text = ReadWord(archive.value());
  if (!text.ok()) return text.reason();
  auto form = MapForm(text.value());
  if (!form.ok()) return form.reason();
  return std::move(form).value();
}

}  // namespace

ReadOutcome ReadFile(vault::ByteView file) {
  if (file.size() > kMaxFile) return Unreadable::kTooLarge;
  switch (Sniff(file)) {
    case FileKind::kZip:
      return ReadArchive(file);
    case FileKind::kEmpty:
      return Unreadable::kEmpty;
    case FileKind::kPdf:
      return Unreadable::kPdf;
    case FileKind::kOldWord:
      return Unreadable::kOldWord;
    case FileKind::kEncryptedOffice:
      return Unreadable::kPasswordProtected;
    case FileKind::kOtherCompound:
      return Unreadable::kOtherOffice;
    case FileKind::kRichText:
      return Unreadable::kRichText;
    case FileKind::kText:
      return Unreadable::kPlainText;
    case FileKind::kUnknown:
      break;
  }
  return Unreadable::kUnknownFormat;
}

}  // namespace ingest
