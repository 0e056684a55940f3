// MACFA: who files and lends which class, and when a loan opens and ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/policies/macfa_audit.h"

namespace policies::macfa {
namespace {

using vault::LoanKind;
using vault::MatterFacts;

TEST(Macfa, EventsOpenAndEndLoans) {
  auto opens = [](const char* name) { return Macfa().Event(name).value().opens_loans; };
  auto ends = [](const char* name) { return Macfa().Event(name).value().ends_loans; };
  using Kinds = std::vector<LoanKind>;
  EXPECT_EQ(opens("CONTACT_CHECK_SENT"), Kinds{LoanKind::kBrief});
  EXPECT_EQ(opens("FORMS_ISSUED"), Kinds{LoanKind::kBrief});
  EXPECT_EQ(opens("PACK_RELEASED"), Kinds{LoanKind::kPack});
  EXPECT_EQ(opens("REPORT_APPROVED"), Kinds{LoanKind::kReport});
  EXPECT_EQ(ends("MEETING_CLOSED"), (Kinds{LoanKind::kBrief, LoanKind::kPack}));
  EXPECT_TRUE(Macfa().Event("PACK_RELEASED").value().automatic);
  EXPECT_FALSE(Macfa().Event("FORMS_ISSUED").value().automatic);
  EXPECT_EQ(Macfa().Event("PACK_RELEASED").value().opens_phase, "P4");
  auto unknown = Macfa().Event("PACK_RELEASE");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, vault::Errc::kInvalid);
}

TEST(Macfa, ClassesSayWhoFilesWhoLendsAndWhatIsRead) {
  auto form = Macfa().Class("FRM").value();
  EXPECT_TRUE(form.per_subject && form.one_per_agency_and_subject && form.parsed);
  EXPECT_FALSE(form.named_readers);
  EXPECT_EQ(form.sensitivity, 3);
  EXPECT_EQ(form.retention, "RC-02");
  EXPECT_EQ(form.filed_by, (std::vector<std::string>{"AUD", "AAC", "BUO"}));
  EXPECT_EQ(form.lent_by, (std::vector<LoanKind>{LoanKind::kPack, LoanKind::kControl}));
  auto report = Macfa().Class("REP").value();
  EXPECT_EQ(report.filed_by, std::vector<std::string>{"BUO"});
  EXPECT_EQ(report.lent_by.front(), LoanKind::kReport);
  EXPECT_TRUE(Macfa().Class("KEY").value().named_readers);
  EXPECT_TRUE(Macfa().Class("KEY").value().lent_by.empty());
  EXPECT_TRUE(Macfa().Class("PAK").value().filed_by.empty());
  EXPECT_FALSE(Macfa().Class("NO-SUCH-CLASS").ok());
  EXPECT_EQ(Macfa().Classes().size(), 19u);
  EXPECT_EQ(Macfa().SubjectLimit(), 3u);
  EXPECT_EQ(Macfa().Limit("minutes-per-subject"), 45);
}

TEST(Macfa, AControlTaskCanReachEverythingButTheKey) {
  for (const auto& rule : Macfa().Classes()) {
    const bool lent = std::find(rule.lent_by.begin(), rule.lent_by.end(), LoanKind::kControl) !=
                      rule.lent_by.end();
    EXPECT_EQ(lent, rule.code != "KEY") << rule.code;
  }
}

TEST(Macfa, LoansHaveAFailSafeEnd) {
  EXPECT_EQ(Macfa().LoanDeadline(Audit("2026-03-01"), 0), At("2026-05-09T09:30"));
  EXPECT_EQ(Macfa().LoanDeadline(MatterFacts(), 1000), 1000 + 365 * 86400);
}

}  // namespace
}  // namespace policies::macfa
