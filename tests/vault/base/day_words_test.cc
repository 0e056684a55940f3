#include "vault/base/day_words.h"

#include <gtest/gtest.h>

namespace vault {
namespace {

TEST(DayWords, SaysADayAsPeopleInTheUnitedKingdomWriteIt) {
  EXPECT_EQ(DayWords(Day::Parse("2026-04-09").value()), "9 April 2026");
  EXPECT_EQ(DayWords(Day::Parse("2028-02-29").value()), "29 February 2028");
  EXPECT_EQ(DayWords(Day::Parse("2027-12-31").value()), "31 December 2027");
}

TEST(TimeWords, IsLondonsTimeInSummerAndInWinter) {
  EXPECT_EQ(TimeWords(ParseWhen("2026-07-09T11:30:59Z").value()), "9 July 2026, 12:30");
  EXPECT_EQ(TimeWords(ParseWhen("2026-01-09T11:30Z").value()), "9 January 2026, 11:30");
  EXPECT_EQ(TimeWords(ParseWhen("2026-07-09T23:05Z").value()), "10 July 2026, 00:05");
}

TEST(DayWritten, IsLondonsDayWhateverTheMomentWasWrittenIn) {
  EXPECT_EQ(DayWritten("2026-06-30").value().ToText(), "2026-06-30");
  EXPECT_EQ(DayWritten("1931-07-04").value().ToText(), "1931-07-04");
  EXPECT_EQ(DayWritten("2026-06-30T23:30").value().ToText(), "2026-06-30");
  EXPECT_EQ(DayWritten("2026-06-30T23:30Z").value().ToText(), "2026-07-01");
  EXPECT_EQ(DayWritten("2026-07-01T00:30+01:00").value().ToText(), "2026-07-01");
  EXPECT_EQ(DayWritten("2026-07-01T00:30+02:00").value().ToText(), "2026-06-30");
  EXPECT_EQ(DayWritten("2026-12-31T23:30Z").value().ToText(), "2026-12-31");
  EXPECT_FALSE(DayWritten("").ok());
  EXPECT_FALSE(DayWritten("soon").ok());
  EXPECT_FALSE(DayWritten("2026-06-30 at noon").ok());
}

TEST(TimeWords, TellsTheHourThatOccursTwiceApartAndNoOther) {
  EXPECT_EQ(TimeWords(ParseWhen("2026-10-24T23:59Z").value()), "25 October 2026, 00:59");
  EXPECT_EQ(TimeWords(ParseWhen("2026-10-25T00:30Z").value()), "25 October 2026, 01:30 BST");
  EXPECT_EQ(TimeWords(ParseWhen("2026-10-25T01:30Z").value()), "25 October 2026, 01:30 GMT");
  EXPECT_EQ(TimeWords(ParseWhen("2026-10-25T02:00Z").value()), "25 October 2026, 02:00");
  EXPECT_EQ(TimeWords(ParseWhen("2026-03-29T00:59Z").value()), "29 March 2026, 00:59");
  EXPECT_EQ(TimeWords(ParseWhen("2026-03-29T01:00Z").value()), "29 March 2026, 02:00");
}

TEST(DateWords, LeavesEveryTextAloneThatIsNoDayAndNoTime) {
  EXPECT_EQ(DateWords("2026-04-09"), "9 April 2026");
  EXPECT_EQ(DateWords("2026-04-09T12:30:00+01:00"), "9 April 2026, 12:30");
  EXPECT_EQ(DateWords("2026-04-09T12:30"), "9 April 2026, 12:30");
  for (const char* text : {"", "2026-04-31", "2026-04", "MACFA-2026-01", "the note of 2026-04-09",
                           "2026-04-09.docx", "2026-04-09 to 2026-04-12"}) {
    EXPECT_EQ(DateWords(text), text);
  }
}

}  // namespace
}  // namespace vault
