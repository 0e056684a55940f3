// Mapping: finds a form's fields in the lines of a document, by the words beside them.
#pragma once

#include "ingest/outcome.h"
#include "ingest/word.h"

namespace ingest {

// MapForm reads a form, with its findings. It knows four layouts, also mixed: a label beside its
// answer (two or more columns); one section a row ("1 Recognition: RI | text", or columns under
// headings); a label above its answer; "label: answer" in a paragraph. Words it does not know are
// passed over.
// Reasons: kNotAForm nothing graded was found, kTooLarge.
Parsed<Form> MapForm(const WordText& text);

}  // namespace ingest
