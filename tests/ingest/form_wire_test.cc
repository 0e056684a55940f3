#include "ingest/form_wire.h"

#include <gtest/gtest.h>

#include "ingest/limits.h"
#include "tests/support/ingest_laws.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"

namespace ingest {
namespace {

// FullForm has another text in every field, so that no two can be confused.
Form FullForm() {
  Form form;
  for (int i = 0; i < 2; ++i) form.people.emplace_back();
  int n = 0;
  VisitAllTexts(
      form, [&](std::string& text) { text = "text " + std::to_string(n++) + " \u00e9\n\tend"; });
  form.independent = Answer::kYes;
  form.standards_read = Answer::kNo;
  form.immediate_concern = Answer::kYes;
  form.sensitive = Answer::kNotGiven;
  form.people[1].known = Answer::kNo;
  for (std::size_t i = 1; i < kSections; ++i) form.sections[i].grade = static_cast<Grade>(i % 6);
  form.findings = {{3, FindingKind::kGradeWithoutRationale},
                   {9, FindingKind::kImmediateConcern},
                   {kWholeForm, FindingKind::kHiddenText}};
  return form;
}

vault::Bytes Encoded(const Form& form) { return vault::ToBytes(EncodeForm(form).value().view()); }

TEST(FormWire, EveryFieldSurvivesTheWire) {
  Form form = FullForm();
  ASSERT_TRUE(Validate(form).ok());
  auto back = DecodeForm(Encoded(form));
  ASSERT_TRUE(back.ok()) << back.error().detail;
  EXPECT_TRUE(back.value() == form);
  EXPECT_EQ(back.value().sections[8].recommendation, form.sections[8].recommendation);
}

TEST(FormWire, AnEmptyFormIsTheseBytes) {
  vault::WireWriter expected;
  expected.Text("SRF1").Zeros(22 * 4).Zeros(4).U16(0);
  for (int section = 0; section < 9; ++section) expected.U8(0).Zeros(5 * 4);
  expected.U16(0);
  EXPECT_EQ(vault::EncodeHex(Encoded(Form())), vault::EncodeHex(expected.bytes()));
}

TEST(FormWire, EveryTruncationIsRefused) {
  vault::Bytes whole = Encoded(FullForm());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto cut = DecodeForm(vault::ByteView(whole).first(size));
    ASSERT_FALSE(cut.ok()) << size;
    ASSERT_EQ(cut.error().code, vault::Errc::kCorrupt);
  }
  whole.push_back(0);
  EXPECT_FALSE(DecodeForm(whole).ok());
}

TEST(FormWire, WhateverIsAcceptedEncodesToTheSameBytes) {
  const vault::Bytes whole = Encoded(FullForm());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (std::uint8_t value : {0x00, 0x01, 0x7f, 0xff}) {
      vault::Bytes changed = whole;
      changed[at] = value;
      CheckDecodeLaws(changed);
    }
  }
}

TEST(FormWire, HostileNumbersAreRefusedWithoutTakingMemory) {
  vault::WireWriter text;  // a text of 4 GiB
  text.Text("SRF1").U32(0xffffffff).Text("abc");
  EXPECT_FALSE(DecodeForm(text.bytes()).ok());
  vault::WireWriter people;
  people.Text("SRF1").Zeros(22 * 4).Zeros(4).U16(0xffff);
  EXPECT_FALSE(DecodeForm(people.bytes()).ok());
  vault::WireWriter grade;  // section 1 has grade 6
  grade.Text("SRF1").Zeros(22 * 4 + 4 + 2 + 21).U8(6).Zeros(5 * 4).Zeros(7 * 21).U16(0);
  EXPECT_FALSE(DecodeForm(grade.bytes()).ok());
  EXPECT_FALSE(DecodeForm(vault::Bytes(kMaxEncodedForm + 1, 0)).ok());
}

TEST(FormWire, AFormTooLargeToKeepIsNotEncoded) {
  Form form;
  for (int i = 0; i < 40; ++i) {
    form.people.emplace_back();
    form.people.back().information = std::string(kMaxText, 'a');
  }
  EXPECT_EQ(EncodeForm(form).error().code, vault::Errc::kInvalid);
  auto outcome = DecodeOutcome(EncodeOutcome(form).view());
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.value().reason(), Unreadable::kTooLarge);
}

TEST(FormWire, OutcomesSurviveTheWire) {
  auto form = DecodeOutcome(EncodeOutcome(FullForm()).view());
  ASSERT_TRUE(form.ok());
  EXPECT_TRUE(form.value().form() == FullForm());
  for (std::uint8_t reason = 1; reason <= kLastUnreadableFromReader; ++reason) {
    auto back = DecodeOutcome(EncodeOutcome(static_cast<Unreadable>(reason)).view());
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back.value().reason(), static_cast<Unreadable>(reason));
  }
}

TEST(FormWire, TheReaderMayNotSpeakForUs) {
  for (Unreadable ours :
       {Unreadable::kReaderStopped, Unreadable::kReaderTooSlow, Unreadable::kReaderUnavailable}) {
    EXPECT_FALSE(DecodeOutcome(EncodeOutcome(ours).view()).ok());
  }
  for (std::string_view wrong : {"", "SRO1", "SRO1\x01", "SRO1\x02\x01", "XRO1\x01"}) {
    EXPECT_FALSE(DecodeOutcome(vault::AsBytes(wrong)).ok());
  }
}

}  // namespace
}  // namespace ingest
