// Samples: the same seed draws the same, and every draw is in the log before it is made.
#include "vault/samples.h"

#include <algorithm>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

using Lines = std::vector<std::string>;

const Lines& Enquiries() {
  static const Lines kAll = {"MASH-2026-01", "MASH-2026-02", "MASH-2026-03", "MASH-2026-04",
                             "MASH-2026-05", "MASH-2026-06", "MASH-2026-07", "MASH-2026-08"};
  return kAll;
}

// The expected draws were made with sha256sum and sort.
TEST(DrawOf, IsWhatAnybodyDrawsWithSha256AndTheSeed) {
  EXPECT_EQ(DrawOf("spring", 3, Enquiries()),
            (Lines{"MASH-2026-08", "MASH-2026-06", "MASH-2026-07"}));
  EXPECT_EQ(DrawOf("autumn", 3, Enquiries()),
            (Lines{"MASH-2026-01", "MASH-2026-08", "MASH-2026-07"}));
}

TEST(DrawOf, AsksNeitherForTheOrderNorForWhatStandsThereTwice) {
  Lines turned = Enquiries();
  std::reverse(turned.begin(), turned.end());
  turned.insert(turned.end(), Enquiries().begin(), Enquiries().end());
  EXPECT_EQ(DrawOf("spring", 5, turned), DrawOf("spring", 5, Enquiries()));
  EXPECT_EQ(DrawOf("spring", 5, turned).size(), 5u);
  // A larger sample begins with the smaller one, and none is larger than there are.
  const Lines all = DrawOf("spring", 100, Enquiries());
  ASSERT_EQ(all.size(), 8u);
  EXPECT_EQ(Lines(all.begin(), all.begin() + 5), DrawOf("spring", 5, Enquiries()));
  EXPECT_TRUE(DrawOf("spring", 3, {}).empty());
}

class SamplesTest : public DisposalWorld {
 protected:
  SampleWish Wish(std::uint64_t size, const std::string& seed) {
    return {"mash", "disagreements", Day::Parse("2026-01-01").value(), std::nullopt, size, seed};
  }
  std::string LastLine() {
    const auto lock = world->Locked();
    return world->log().EntryText(world->log().size() - 1).value();
  }
};

TEST_F(SamplesTest, EveryDrawIsLoggedWithItsSeedAndWithoutAReference) {
  Actor officer = Officer();
  const auto sample = world->samples().Draw(officer, Wish(3, "spring"), Enquiries());
  ASSERT_TRUE(sample.ok()) << sample.error().detail;
  EXPECT_EQ(sample.value().candidates, 8u);
  EXPECT_EQ(sample.value().drawn, DrawOf("spring", 3, Enquiries()));
  const LogFields line = ParseLogEntry(LastLine()).value();
  EXPECT_EQ(line.type, "sample.drawn");
  EXPECT_EQ(line.Only("seed"), "spring");
  EXPECT_EQ(line.Only("measure"), "disagreements");
  EXPECT_EQ(line.Only("from"), "2026-01-01");
  EXPECT_EQ(line.Only("until"), std::nullopt);
  EXPECT_EQ(line.Only("candidates"), "8");
  EXPECT_EQ(line.Only("size"), "3");
  EXPECT_EQ(LastLine().find("MASH-2026"), std::string::npos);
}

TEST_F(SamplesTest, ASeedThatIsMadeUpIsNewEveryTimeAndDrawsAgain) {
  Actor officer = Officer();
  const Sample first = world->samples().Draw(officer, Wish(4, ""), Enquiries()).value();
  const Sample second = world->samples().Draw(officer, Wish(4, ""), Enquiries()).value();
  EXPECT_EQ(first.seed.size(), 32u);
  EXPECT_NE(first.seed, second.seed);
  const Sample again = world->samples().Draw(officer, Wish(4, first.seed), Enquiries()).value();
  EXPECT_EQ(again.drawn, first.drawn);
}

TEST_F(SamplesTest, WhatIsNoSeedOrNoSizeDrawsAndLogsNothing) {
  Actor officer = Officer();
  const std::string before = LastLine();
  for (const std::string& seed : {std::string("two words"), std::string("a\nb"),
                                  std::string(65, 'a'), std::string("caf\xC3\xA9")}) {
    const auto drawn = world->samples().Draw(officer, Wish(3, seed), Enquiries());
    ASSERT_FALSE(drawn.ok()) << seed;
    EXPECT_EQ(drawn.error().code, Errc::kInvalid);
  }
  EXPECT_EQ(world->samples().Draw(officer, Wish(0, "spring"), Enquiries()).error().code,
            Errc::kInvalid);
  EXPECT_EQ(LastLine(), before);
}

}  // namespace
}  // namespace vault
