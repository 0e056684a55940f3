#include "vault/audit/event.h"

#include <gtest/gtest.h>

namespace vault {
namespace {

constexpr UnixSeconds kNoonInJuly = 1783594845;  // 2026-07-09T12:00:45+01:00

LogEntry SmallEntry() { return LogEntry("document.open", kNoonInJuly); }

TEST(LogEntry, IsTheLinesOfItsGrammarInOrder) {
  LogEntry entry("document.open", kNoonInJuly);
  entry.Person("by", "AAECAwQFBgcICQoLDA0ODw").Object("document", "8PHy8_T19vf4-fr7_P3-_w");
  entry.Add("version", std::uint64_t{3}).Add("rule", "macfa/1");
  EXPECT_EQ(entry.text(),
            "strongroom-log/v1\n"
            "type document.open\n"
            "time 2026-07-09T12:00+01:00\n"
            "by p:AAECAwQFBgcICQoLDA0ODw\n"
            "document o:8PHy8_T19vf4-fr7_P3-_w\n"
            "version 3\n"
            "rule macfa/1\n");
}

TEST(LogEntry, TellsTheTimeToTheMinuteOnly) {
  EXPECT_EQ(LogEntry("x", kNoonInJuly).text(), LogEntry("x", kNoonInJuly + 14).text());
  EXPECT_NE(LogEntry("x", kNoonInJuly).text(), LogEntry("x", kNoonInJuly + 15).text());
}

TEST(LogEntryDeathTest, NeverHoldsAnAddressAWordOfTextOrALineBreak) {
  EXPECT_DEATH(SmallEntry().Add("to", "sam.lee@unit.example"), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("title", "Sam Lee"), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("title", "a\nb"), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("title", "caf\xC3\xA9"), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("title", ""), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("title", std::string(201, 'a')), "CHECK|check");
}

TEST(LogEntryDeathTest, RefusesNamesThatCouldBeMistaken) {
  EXPECT_DEATH(SmallEntry().Add("type", "other"), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("time", "other"), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("Rule", "other"), "CHECK|check");
  EXPECT_DEATH(SmallEntry().Add("a b", "other"), "CHECK|check");
  EXPECT_DEATH(LogEntry("two words", kNoonInJuly), "CHECK|check");
}

TEST(LogEntryDeathTest, StaysWithin1024Bytes) {
  const auto overfill = [] {
    LogEntry entry = SmallEntry();
    for (int i = 0; i < 6; ++i) entry.Add("field", std::string(200, 'a'));
  };
  EXPECT_DEATH(overfill(), "CHECK|check");
}

TEST(ParseLogEntry, ReadsBackWhatWasWritten) {
  LogEntry entry("disposal.certificate", kNoonInJuly);
  entry.Add("rule", "RC-01").Object("document", "AA").Object("document", "BB");
  auto fields = ParseLogEntry(entry.text());
  ASSERT_TRUE(fields.ok()) << fields.error().detail;
  EXPECT_EQ(fields.value().type, "disposal.certificate");
  EXPECT_EQ(fields.value().time, "2026-07-09T12:00+01:00");
  ASSERT_EQ(fields.value().fields.size(), 3U);
  EXPECT_EQ(fields.value().Only("rule"), "RC-01");
  EXPECT_EQ(fields.value().Only("document"), std::nullopt) << "it stands there twice";
  EXPECT_EQ(fields.value().Only("absent"), std::nullopt);
}

TEST(ParseLogEntry, RefusesWhatNoEntryCanBe) {
  const std::string good = "strongroom-log/v1\ntype a\ntime 2026-07-09T12:00+01:00\nrule RC-01\n";
  ASSERT_TRUE(ParseLogEntry(good).ok());
  const std::vector<std::string> bad = {
      "",
      "\n",
      "strongroom-log/v2\ntype a\ntime 2026-07-09T12:00+01:00\n",
      "strongroom-log/v1\ntype a\n",
      "strongroom-log/v1\ntime 2026-07-09T12:00+01:00\ntype a\n",
      "strongroom-log/v1\ntype a\ntime 2026-07-09T12:00:00+01:00\n",
      "strongroom-log/v1\ntype a\ntime 2026-07-09T11:00Z\n",
      "strongroom-log/v1\ntype a\ntime today\n",
      good.substr(0, good.size() - 1),
      good + "\n",
      good + "type b\n",
      good + "name two words\n",
      good + "to sam@unit.example\n",
      good + "word\n",
      good + "long " + std::string(201, 'a') + "\n",
      std::string("strongroom-log/v1\ntype a\ntime 2026-07-09T12:00+01:00\n") +
          std::string(1000, 'a'),
  };
  for (const std::string& text : bad) {
    auto fields = ParseLogEntry(text);
    ASSERT_FALSE(fields.ok()) << text;
    EXPECT_EQ(fields.error().code, Errc::kCorrupt);
  }
}

}  // namespace
}  // namespace vault
