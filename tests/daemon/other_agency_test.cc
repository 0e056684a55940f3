// A form that says it is of another agency is filed all the same, and says so.
#include "daemon/api/other_agency.h"

#include <gtest/gtest.h>

#include "tests/support/test_daemon.h"
#include "tests/support/word_form.h"

namespace service {
namespace {

vault::AgencyId Id(std::string_view text) {
  auto id = vault::AgencyId::Parse(text);
  CHECK(id.ok());
  return id.value();
}

std::vector<vault::AgencyView> Registered() {
  std::vector<vault::AgencyView> all(4);
  all[0].id = Id("POL");
  all[0].name = "Marl Constabulary";
  all[1].id = Id("HSG");
  all[1].name = "Marl Housing";
  all[2].id = Id("OLD");
  all[2].name = "Vale Police";
  all[2].successor = Id("POL");
  all[3].id = Id("HSG2");
  all[3].name = "MARL HOUSING";
  return all;
}

TEST(OtherAgency, IsSaidByItsNameOrItsCodeHoweverTheyAreWritten) {
  for (const char* said : {"Marl Housing", " marl  HOUSING. ", "hsg"}) {
    EXPECT_TRUE(SaysOtherAgency(said, Id("POL"), Registered())) << said;
  }
  EXPECT_TRUE(SaysOtherAgency("Vale Police", Id("HSG"), Registered()));
}

TEST(OtherAgency, IsNotSaidByWordsThatMayBeTheOwnOnes) {
  for (const char* said : {"", " - ", "Marl Constabulary", "pol", "The Constabulary",
                           "Marl Constabulary with Marl Housing"}) {
    EXPECT_FALSE(SaysOtherAgency(said, Id("POL"), Registered())) << said;
  }
  // Whom it followed, and who followed it, is no other.
  EXPECT_FALSE(SaysOtherAgency("Vale Police", Id("POL"), Registered()));
  EXPECT_FALSE(SaysOtherAgency("Marl Constabulary", Id("OLD"), Registered()));
  // Two of one name: it may be this one.
  EXPECT_FALSE(SaysOtherAgency("Marl Housing", Id("HSG2"), Registered()));
}

TEST(OtherAgency, IsToldWhenAFormComesInAndRefusesNothing) {
  TestDaemon daemon;
  AppOptions options;
  options.reader_path = STRONGROOM_BIN_DIR "/strongroom-reader";
  ASSERT_NO_FATAL_FAILURE(daemon.StartWith(std::move(options)));
  ASSERT_NO_FATAL_FAILURE(daemon.Unseal());
  ASSERT_NO_FATAL_FAILURE(daemon.SignInOfficer());
  const Audit audit = Audit::In(daemon);
  const auto told = [&](const char* agency) {
    const vault::Bytes file = ingest::WordFormFile(
        ingest::GradedForm(agency, "Adult A", {"G", "RI", "G", "O", "G", "I", "NA", "G"}));
    const Reply filed =
        daemon.File(audit.Query("&name=form.docx"), audit.police, vault::AsText(file));
    EXPECT_EQ(filed.status, 200) << filed.body;
    EXPECT_EQ(filed.Text("form"), "macfa-single-agency/1");
    return filed.body.find("another agency than the one it is filed for") != std::string::npos;
  };
  EXPECT_TRUE(told("HSG"));
  EXPECT_FALSE(told("POL"));
  EXPECT_FALSE(told("Marl Constabulary"));  // nobody is registered by this name
}

}  // namespace
}  // namespace service
