// Measures by area: counted where they belong, and no small one to be worked out.
#include "policies/measure_table.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/policies/asked.h"

namespace policies {
namespace {

constexpr int kSmall = 5;

using Matter = std::vector<DatedRecord>;

DatedRecord Dated(vault::RecordFacts facts) {
  return {std::move(facts), vault::Day::Parse("2012-05-14").value()};
}

DatedRecord Asked(const std::string& district, const std::string& quadrant,
                  const std::string& received) {
  return Dated(
      Record("request", {{"district", district}, {"quadrant", quadrant}, {"received", received}}));
}

std::vector<SafeCount> SafeOf(const std::vector<Matter>& matters, int small) {
  const TemplateData& data = Shipped("maag").Data();
  MeasureTable table(data.measures, data.dimensions, small);
  for (const Matter& matter : matters) table.Take(matter);
  return table.Safe();
}

// "count/whole" of a row; "-" for what is hidden, nothing where there is no such row.
std::string Row(const std::vector<SafeCount>& all, const std::string& measure,
                const std::string& area, unsigned quarter) {
  const auto text = [](const std::optional<std::int64_t>& count) {
    return count ? std::to_string(*count) : std::string("-");
  };
  std::string found;
  for (const SafeCount& one : all) {
    if (one.measure != measure || one.area != area || one.quarter != quarter) continue;
    EXPECT_EQ(found, "") << "twice: " << measure << " " << area;
    found = text(one.count) + (one.part ? "/" + text(one.whole) : std::string());
    if (one.unplaced) found += " unplaced";
  }
  return found;
}

void Add(std::vector<Matter>& matters, int count, const Matter& matter) {
  for (int i = 0; i < count; ++i) matters.push_back(matter);
}

TEST(MeasureTable, CountsByDistrictAndByQuadrantAsTheRequestOfTheCaseSays) {
  const DatedRecord accepted =
      Dated(Record("triage", {{"outcome", "panel"}, {"decided", "2012-07-20"}}));
  std::vector<Matter> matters;
  Add(matters, 12, {Asked("Basildon", "", "2012-04-02"), accepted});
  Add(matters, 9, {Asked("Rochford", "South", "2012-04-02")});
  Add(matters, 7, {Asked("Harlow", "", "2012-08-01"), accepted});
  // Nothing is hidden, so that the counts themselves can be looked at.
  const auto all = SafeOf(matters, 0);
  EXPECT_EQ(Row(all, "received", "", 1), "21");
  EXPECT_EQ(Row(all, "received", "Basildon", 1), "12");
  EXPECT_EQ(Row(all, "received", "South", 1), "21");
  EXPECT_EQ(Row(all, "received", "South", 0), "21");
  EXPECT_EQ(Row(all, "received", "West", 1), "0");
  EXPECT_EQ(Row(all, "received", "West", 2), "7");
  // Of what is decided in the second quarter, in the year beside what was received.
  EXPECT_EQ(Row(all, "accepted", "Basildon", 0), "12/12");
  EXPECT_EQ(Row(all, "accepted", "South", 0), "12/21");
  EXPECT_EQ(Row(all, "accepted", "Rochford", 0), "0/9");
  // Areas that the template lists stand where nothing was counted.
  EXPECT_EQ(Row(all, "received", "Tendring", 0), "0");
}

TEST(MeasureTable, WhatNamesNoAreaHasARowOfItsOwnInEachDimension) {
  std::vector<Matter> matters;
  Add(matters, 20, {Asked("Basildon", "", "2012-04-02")});
  Add(matters, 6, {Asked("Elsewhere", "South", "2012-04-02")});
  Add(matters, 8, {Asked("Elsewhere", "Nowhere", "2012-04-02")});
  // Two children of a case in two districts of one quadrant.
  Add(matters, 5,
      {Asked("Basildon", "", "2012-04-02"), Asked("Brentwood", "", "2012-04-02"),
       Dated(Record("triage", {{"outcome", "panel"}, {"decided", "2012-04-20"}}))});
  const auto all = SafeOf(matters, 0);
  const auto unknown = [&all](const std::string& measure, const std::string& by) {
    for (const SafeCount& one : all) {
      if (one.measure != measure || one.by != by || one.quarter != 1) continue;
      if (one.area == kUnknownArea) return *one.count * (one.unplaced ? 1 : -1);
    }
    return std::int64_t{-1};
  };
  EXPECT_EQ(unknown("received", "district"), 14);
  EXPECT_EQ(unknown("received", "quadrant"), 8);
  EXPECT_EQ(unknown("accepted", "district"), 5);
  EXPECT_EQ(unknown("accepted", "quadrant"), 0);
  EXPECT_EQ(Row(all, "accepted", "South", 1), "5/36");
}

TEST(MeasureTable, AnAgencyIsToldWhenItOccursInAnyMeasureOfTheYear) {
  const auto lead = [](const std::string& agency, const std::string& answer) {
    return Dated(Record("lead-professional",
                        {{"agency", agency}, {"answer", answer}, {"date", "2012-06-01"}}));
  };
  std::vector<Matter> matters;
  Add(matters, 30, {lead("SCH", "accepted")});
  Add(matters, 11, {lead("HLT", "accepted")});
  Add(matters, 6, {lead("POL", "refused"), lead("HLT", "asked")});
  const auto all = SafeOf(matters, 0);
  EXPECT_EQ(Row(all, "lead-accepted", "SCH", 1), "30");
  EXPECT_EQ(Row(all, "lead-accepted", "HLT", 0), "11");
  EXPECT_EQ(Row(all, "lead-accepted", "POL", 0), "0");
  EXPECT_EQ(Row(all, "lead-refused", "POL", 0), "6");
  EXPECT_EQ(Row(all, "lead-refused", "YOT", 0), "");
}

TEST(MeasureTable, ASmallAreaTakesAnotherOfTheSameQuadrantWithIt) {
  std::vector<Matter> matters;
  const auto received = [&matters](const char* district, int count) {
    Add(matters, count, {Asked(district, "", "2012-04-02")});
  };
  for (const char* district : {"Braintree", "Chelmsford", "Maldon", "Brentwood", "Rochford",
                               "Epping Forest", "Harlow", "Uttlesford", "Colchester"}) {
    received(district, 30);
  }
  received("Castle Point", 25);
  received("Tendring", 26);
  received("Basildon", 3);
  const auto all = SafeOf(matters, kSmall);
  for (const unsigned period : {0u, 1u}) {
    EXPECT_EQ(Row(all, "received", "Basildon", period), "-");
    // 88 of South less 30 and 30 and 25 would tell the three.
    EXPECT_EQ(Row(all, "received", "Castle Point", period), "-");
    EXPECT_EQ(Row(all, "received", "South", period), "88");
    EXPECT_EQ(Row(all, "received", "Rochford", period), "30");
    EXPECT_EQ(Row(all, "received", "Tendring", period), "26");
    EXPECT_EQ(Row(all, "received", "", period), "324");
  }
}

// What is shown is compared with other counts that could stand behind it: each that is not nought
// one more, one less or the same. The reader knows every nought.
class Guesses {
 public:
  struct Place {
    std::string district;
    std::string quadrant;
    unsigned quarter = 0;
    std::int64_t count = 0;
    std::int64_t guess = 0;
  };

  Guesses(std::vector<Place> places, std::vector<SafeCount> all) : places_(std::move(places)) {
    for (SafeCount& one : all) rows_.push_back({std::move(one), {}, false});
    for (std::size_t i = 0; i < places_.size(); ++i) {
      for (RowOf& row : rows_) {
        if (In(row.safe, places_[i])) row.places.push_back(i);
      }
    }
  }

  // Try gives the small counts for which no other value is possible.
  std::vector<std::string> Certain() {
    Try(0);
    std::vector<std::string> certain;
    for (const RowOf& row : rows_) {
      const std::int64_t count = Sum(row, true);
      if (row.safe.count) {
        EXPECT_EQ(*row.safe.count, count);
        EXPECT_TRUE(count >= kSmall || row.safe.area == kUnknownArea) << count;
      } else if (count > 0 && count < kSmall && !row.other) {
        certain.push_back(row.safe.area + " Q" + std::to_string(row.safe.quarter));
      }
    }
    return certain;
  }

 private:
  struct RowOf {
    SafeCount safe;
    std::vector<std::size_t> places;
    bool other = false;  // it can have another value
  };

  static bool In(const SafeCount& row, const Place& place) {
    if (row.quarter != 0 && row.quarter != place.quarter) return false;
    if (row.by.empty()) return true;
    const std::string& area = row.by == "district" ? place.district : place.quadrant;
    return row.area == (area.empty() ? std::string(kUnknownArea) : area);
  }

  std::int64_t Sum(const RowOf& row, bool counted) const {
    std::int64_t sum = 0;
    for (const std::size_t at : row.places) sum += counted ? places_[at].count : places_[at].guess;
    return sum;
  }

  // Shown counts whose last place was just guessed must be met.
  bool Fits(std::size_t done) const {
    for (const RowOf& row : rows_) {
      if (!row.safe.count || row.places.empty() || row.places.back() + 1 != done) continue;
      if (Sum(row, false) != *row.safe.count) return false;
    }
    return true;
  }

  void Try(std::size_t at) {
    if (at != 0 && !Fits(at)) return;
    if (at == places_.size()) {
      for (RowOf& row : rows_) row.other = row.other || Sum(row, false) != Sum(row, true);
      return;
    }
    for (const std::int64_t change : {0, 1, -1}) {
      if (places_[at].count == 0 && change != 0) continue;
      places_[at].guess = places_[at].count + change;
      Try(at + 1);
    }
  }

  std::vector<Place> places_;
  std::vector<RowOf> rows_;
};

TEST(MeasureTable, NoSmallCountFollowsFromAnythingThatIsShown) {
  std::mt19937 random(20121004);
  const auto upto = [&random](unsigned most) {
    return static_cast<std::int64_t>(random() % (most + 1));
  };
  const std::vector<std::pair<std::string, std::string>> areas = {{"Braintree", "Mid"},
                                                                  {"Maldon", "Mid"},
                                                                  {"Harlow", "West"},
                                                                  {"Uttlesford", "West"},
                                                                  {"", ""}};
  const std::vector<MeasureRule> received = {Shipped("maag").Data().measures.front()};
  ASSERT_EQ(received[0].id, "received");
  std::size_t hidden = 0;
  std::size_t shown = 0;
  for (int run = 0; run < 60; ++run) {
    std::vector<Guesses::Place> places;
    std::vector<Matter> matters;
    for (const auto& [district, quadrant] : areas) {
      for (const unsigned quarter : {1u, 2u}) {
        std::int64_t count = upto(2) == 0 ? upto(6) : 5 + upto(30);
        // Few are unknown, and some areas have nothing.
        if ((district.empty() && upto(3) != 0) || upto(5) == 0) count = 0;
        places.push_back({district, quadrant, quarter, count, 0});
        Add(matters, static_cast<int>(count),
            {Asked(district, quadrant, quarter == 1 ? "2012-05-01" : "2012-08-01")});
      }
    }
    MeasureTable table(received, Shipped("maag").Data().dimensions, kSmall);
    for (const Matter& matter : matters) table.Take(matter);
    const auto all = table.Safe();
    for (const SafeCount& one : all) {
      ++(one.count.value_or(0) != 0 ? shown : hidden);
    }
    EXPECT_EQ(Guesses(std::move(places), all).Certain(), std::vector<std::string>()) << run;
  }
  // It hides, and it does not hide all.
  EXPECT_GT(hidden, 0u);
  EXPECT_GT(shown, 60u);
}

}  // namespace
}  // namespace policies
