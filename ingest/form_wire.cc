// Grammar, numbers big-endian:
//   outcome  = "SRO1" ( 0x00 reason:U8 | 0x01 form )
//   form     = "SRF1" text{22} answer{4} U16 person* section{9} U16 finding*
//   text     = length:U32 bytes                  (order: VisitTexts in form.h)
//   answer   = U8                                (independent, standards, concern, sensitive)
//   person   = text{3} answer                    (pseudonym, relationship, information, known)
//   section  = grade:U8 text{5}                  (order: VisitSectionTexts in form.h)
//   finding  = section:U8 kind:U8
#include "ingest/form_wire.h"

#include <array>

#include "ingest/limits.h"
#include "vault/base/wire.h"

namespace ingest {
namespace {

constexpr std::string_view kFormMagic = "SRF1";
constexpr std::string_view kOutcomeMagic = "SRO1";
constexpr std::uint8_t kOutcomeUnreadable = 0;
constexpr std::uint8_t kOutcomeForm = 1;

// Writer appends to wiped memory, which WireWriter does not.
class Writer {
 public:
  void U8(std::uint8_t v) { out_.Append({&v, 1}); }
  void U16(std::size_t v) {
    std::array<std::uint8_t, 2> b = {static_cast<std::uint8_t>(v >> 8),
                                     static_cast<std::uint8_t>(v)};
    out_.Append(b);
  }
  void Text(std::string_view v) {
    auto n = static_cast<std::uint32_t>(v.size());
    std::array<std::uint8_t, 4> b = {
        static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16),
        static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
    out_.Append(b);
    out_.Append(vault::AsBytes(v));
  }
  void Raw(vault::ByteView v) { out_.Append(v); }
  std::size_t size() const { return out_.size(); }
  vault::Plaintext Take() && { return std::move(out_); }

 private:
  vault::Plaintext out_;
};

void ReadText(vault::WireReader& reader, std::string& text) {
  std::uint32_t size = reader.U32();
  text = vault::ToString(reader.Raw(size));
}

Answer ReadAnswer(vault::WireReader& reader) { return static_cast<Answer>(reader.U8()); }

}  // namespace

vault::Result<vault::Plaintext> EncodeForm(const Form& form) {
  TRY_VOID(Validate(form));
  Writer out;
  out.Raw(vault::AsBytes(kFormMagic));
  auto text = [&](const std::string& value) { out.Text(value); };
  auto answer = [&](Answer value) { out.U8(static_cast<std::uint8_t>(value)); };
  VisitTexts(form, text);
  answer(form.independent);
  answer(form.standards_read);
  answer(form.immediate_concern);
  answer(form.sensitive);
  out.U16(form.people.size());
  for (const auto& person : form.people) {
    VisitPersonTexts(person, text);
    answer(person.known);
  }
  for (const auto& section : form.sections) {
    out.U8(static_cast<std::uint8_t>(section.grade));
    VisitSectionTexts(section, text);
  }
  out.U16(form.findings.size());
  for (const auto& finding : form.findings) {
    out.U8(finding.section);
    out.U8(static_cast<std::uint8_t>(finding.kind));
  }
  if (out.size() > kMaxEncodedForm) return vault::Invalid("a form is too large to keep as one");
  return std::move(out).Take();
}

vault::Result<Form> DecodeForm(vault::ByteView bytes) {
  if (bytes.size() > kMaxEncodedForm) return vault::Corrupt("an encoded form is too large");
  vault::WireReader reader(bytes);
  if (vault::AsText(reader.Raw(kFormMagic.size())) != kFormMagic) {
    return vault::Corrupt("an encoded form does not begin like one");
  }
  Form form;
  auto text = [&](std::string& value) { ReadText(reader, value); };
  VisitTexts(form, text);
  form.independent = ReadAnswer(reader);
  form.standards_read = ReadAnswer(reader);
  form.immediate_concern = ReadAnswer(reader);
  form.sensitive = ReadAnswer(reader);
  std::size_t people = reader.U16();
  if (people > kMaxPeople) return vault::Corrupt("an encoded form names too many people");
  form.people.resize(people);
  for (auto& person : form.people) {
    VisitPersonTexts(person, text);
    person.known = ReadAnswer(reader);
  }
  for (auto& section : form.sections) {
    section.grade = static_cast<Grade>(reader.U8());
    VisitSectionTexts(section, text);
  }
  std::size_t findings = reader.U16();
  if (findings > kMaxFindings) return vault::Corrupt("an encoded form has too many findings");
  form.findings.resize(findings);
  for (auto& finding : form.findings) {
    finding.section = reader.U8();
    finding.kind = static_cast<FindingKind>(reader.U8());
  }
  TRY_VOID(reader.Finish());
  auto valid = Validate(form);
  if (!valid.ok()) return vault::Corrupt(valid.error().detail);
  return form;
}

vault::Plaintext EncodeOutcome(const ReadOutcome& outcome) {
  Unreadable reason = Unreadable::kTooLarge;
  Writer out;
  out.Raw(vault::AsBytes(kOutcomeMagic));
  if (outcome.readable()) {
    auto form = EncodeForm(outcome.form());
    if (form.ok()) {
      out.U8(kOutcomeForm);
      out.Raw(form.value().view());
      return std::move(out).Take();
    }
  } else {
    reason = outcome.reason();
  }
  out.U8(kOutcomeUnreadable);
  out.U8(static_cast<std::uint8_t>(reason));
  return std::move(out).Take();
}

vault::Result<ReadOutcome> DecodeOutcome(vault::ByteView bytes) {
  vault::WireReader reader(bytes);
  if (vault::AsText(reader.Raw(kOutcomeMagic.size())) != kOutcomeMagic) {
    return vault::Corrupt("the reader's answer does not begin like one");
  }
  std::uint8_t kind = reader.U8();
  if (kind == kOutcomeForm && !reader.failed()) {
    TRY(Form form, DecodeForm(reader.Raw(reader.remaining())));
    return ReadOutcome(std::move(form));
  }
  std::uint8_t reason = reader.U8();
  TRY_VOID(reader.Finish());
  if (kind != kOutcomeUnreadable || reason < 1 || reason > kLastUnreadableFromReader) {
    return vault::Corrupt("the reader's answer is of no known kind");
  }
  return ReadOutcome(static_cast<Unreadable>(reason));
}

}  // namespace ingest
