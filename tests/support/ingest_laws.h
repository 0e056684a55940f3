// IngestLaws: what must hold for any bytes at all, for the tests and the fuzz targets alike.
#pragma once

#include <algorithm>

#include "ingest/form_wire.h"
#include "ingest/limits.h"
#include "ingest/mapping.h"
#include "ingest/reading.h"
#include "ingest/word.h"
#include "vault/base/result.h"

namespace ingest {

inline bool SameBytes(vault::ByteView a, vault::ByteView b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// CheckFormLaws: a form is valid and survives the wire unchanged.
inline void CheckFormLaws(const Form& form) {
  CHECK(Validate(form).ok());
  auto encoded = EncodeForm(form);
  CHECK(encoded.ok());
  CHECK(encoded.value().size() <= kMaxEncodedForm);
  auto decoded = DecodeForm(encoded.value().view());
  CHECK(decoded.ok());
  CHECK(decoded.value() == form);
}

// CheckDecodeLaws: whatever is accepted is valid and encodes to the same bytes.
inline void CheckDecodeLaws(vault::ByteView bytes) {
  if (auto form = DecodeForm(bytes); form.ok()) {
    CheckFormLaws(form.value());
    CHECK(SameBytes(EncodeForm(form.value()).value().view(), bytes));
  }
  if (auto outcome = DecodeOutcome(bytes); outcome.ok()) {
    CHECK(SameBytes(EncodeOutcome(outcome.value()).view(), bytes));
    if (outcome.value().readable()) CheckFormLaws(outcome.value().form());
  }
}

// CheckReadingLaws: reading is a function, and its forms are valid.
inline void CheckReadingLaws(vault::ByteView file) {
  ReadOutcome first = ReadFile(file);
  CHECK(first == ReadFile(file));
  if (first.readable()) {
    CheckFormLaws(first.form());
  } else {
    CHECK(!UnreadableText(first.reason()).empty());
    CHECK(static_cast<std::uint8_t>(first.reason()) <= kLastUnreadableFromReader);
  }
}

// CheckWordXmlLaws: the same for a document's own text, without the archive around it.
inline void CheckWordXmlLaws(vault::ByteView xml) {
  auto text = ReadWordXml(xml);
  if (!text.ok()) return;
  CHECK(text.value().lines.size() <= kMaxRows + 1);
  auto form = MapForm(text.value());
  if (form.ok()) CheckFormLaws(form.value());
}

}  // namespace ingest
