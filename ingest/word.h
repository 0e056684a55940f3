// Word: the rows and paragraphs of a .docx, in the order in which a person reads them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ingest/outcome.h"
#include "ingest/zip.h"

namespace ingest {

// WordCell is one cell of a row; column counts the grid, so that merged cells keep their place.
struct WordCell {
  std::size_t column = 0;
  std::string text;
  bool continued = false;  // merged with the cell above, whose text it repeats if that is short
};

// WordLine is a row of a table, or a paragraph outside all tables (table 0, one cell).
struct WordLine {
  std::size_t table = 0;
  std::vector<WordCell> cells;
};

// WordText is what a document says, and what it holds besides.
struct WordText {
  std::vector<WordLine> lines;
  bool tracked_changes = false;
  bool hidden_text = false;
  bool comments = false;
  bool unread_parts = false;
};

// The marks that stand for check boxes, however the document draws them.
inline constexpr std::string_view kBoxTicked = "\u2612";
inline constexpr std::string_view kBoxEmpty = "\u2610";

// ReadWord reads the text of a Word document. Insertions count, deletions do not; hidden text and
// the prompts of unanswered controls are left out. A table in the first cell of a row is layout
// and gives lines of its own; a table in a later cell is part of that cell's text.
// Reasons: kOpenDocument, kOtherOffice, kArchive, kMacros, kDamaged, kArchiveBomb, kTooComplex.
Parsed<WordText> ReadWord(const ZipArchive& archive);

// ReadWordXml is the part of ReadWord that reads the document's own text.
Parsed<WordText> ReadWordXml(vault::ByteView xml);

// TidyText makes text fit for a form: one kind of space, no control characters, no blanks at the
// ends of lines, no blank lines at either end.
std::string TidyText(std::string_view text);

}  // namespace ingest
