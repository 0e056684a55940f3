#include "policies/area_table.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "tests/policies/shipped.h"

namespace policies {
namespace {

const AreaTableRule& Areas() { return Shipped("maag").Data().tables.front(); }

// A published committee report's table, with its header, its gaps and its typed percentages.
std::string Published() {
  std::ifstream file(std::string(STRONGROOM_SOURCE_DIR) +
                     "/tests/policies/data/allocation_table.txt");
  EXPECT_TRUE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

AreaTable Imported(const std::string& text) {
  auto table = ImportTable(Areas(), text);
  CHECK(table.ok());
  return std::move(table).value();
}

std::vector<std::string> Sentences(const std::vector<AreaFinding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) {
    out.push_back(std::string(AreaFaultName(finding.fault)) + ": " + finding.sentence);
  }
  return out;
}

using Lines = std::vector<std::string>;

TEST(AreaTable, ThePublishedTableMissesATotalMistypesAShareAndShowsSmallCells) {
  const AreaTable table = Imported(Published());
  ASSERT_EQ(table.rows.size(), 4u);
  ASSERT_TRUE(table.totals.has_value());
  EXPECT_EQ(table.rows[3].area, "North East");
  EXPECT_EQ(Sentences(CheckTable(Areas(), table)),
            (Lines{"missing: TOTAL, referred and known before is missing; the rows give 97",
                   "percent: TOTAL, referred and not known before: 15% is given, 18 of 115 is 16%",
                   "small: counts below 5 must be hidden before this leaves: Mid, referred and not "
                   "known before: 0; South, referred and not known before: 2"}));
}

TEST(AreaTable, SharesAreComputedOverTheBaseTheyAreAbout) {
  auto rates = Rates(Areas(), Imported(Published()));
  ASSERT_TRUE(rates.ok());
  std::map<std::string, std::string> found;
  for (const Rate& rate : rates.value()) {
    found[rate.id + " " + rate.area] = std::to_string(rate.numerator) + "/" +
                                       std::to_string(rate.denominator) + " " +
                                       std::to_string(rate.tenths.value_or(-1));
  }
  EXPECT_EQ(found["re-referral TOTAL"], "97/593 164");
  EXPECT_EQ(found["first-referral TOTAL"], "18/432 42");
  EXPECT_EQ(found["acceptance TOTAL"], "1025/1766 580");
  EXPECT_EQ(found["known TOTAL"], "593/1025 579");
  EXPECT_EQ(found["referral TOTAL"], "115/1025 112");
  EXPECT_EQ(found["acceptance Mid"], "317/498 637");
  EXPECT_EQ(found["re-referral Mid"], "31/223 139");
  EXPECT_EQ(found["re-referral South"], "25/108 231");
  EXPECT_EQ(found["re-referral West"], "33/138 239");
  EXPECT_EQ(found["re-referral North East"], "8/124 65");
  EXPECT_EQ(found["first-referral West"], "8/91 88");
  EXPECT_EQ(found["referral South"], "27/238 113");
}

TEST(AreaTable, OneRoundingRuleHalvesUp) {
  EXPECT_EQ(Percent(18, 115), 16);
  EXPECT_EQ(Percent(1, 2), 50);
  EXPECT_EQ(Percent(1, 200), 1);
  EXPECT_EQ(Percent(1, 201), 0);
  EXPECT_EQ(Percent(0, 7), 0);
  EXPECT_EQ(Percent(3, 0), std::nullopt);
  EXPECT_EQ(Tenths(97, 593), 164);
  EXPECT_EQ(Tenths(1, 2000), 1);
}

std::string Table(const std::string& a, const std::string& b, const std::string& total) {
  return "a\t" + a + "\nb\t" + b + "\nTOTAL\t" + total + "\n";
}

TEST(AreaTable, EveryRelationIsHeld) {
  const auto check = [](const std::string& text) {
    return Sentences(CheckTable(Areas(), Imported(text)));
  };
  const std::string good = "100\t60\t40\t20\t12\t8";
  EXPECT_EQ(check(Table(good, good, "200\t120\t80\t40\t24\t16")), Lines());
  EXPECT_EQ(check(Table(good, good, "201\t120\t80\t40\t24\t16")),
            Lines{"total: TOTAL, cases received: 201 is given, the rows give 200"});
  EXPECT_EQ(check(Table("100\t60\t40\t21\t12\t8", good, "200\t120\t80\t41\t24\t16")),
            (Lines{"sum: a, referred to social care: 21 is given, its parts give 20",
                   "sum: TOTAL, referred to social care: 41 is given, its parts give 40"}));
  EXPECT_EQ(check(Table("50\t60\t40\t20\t12\t8", good, "150\t120\t80\t40\t24\t16")),
            Lines{"order: a, cases accepted: 60 is more than the 50 it is part of"});
  EXPECT_EQ(check(Table("100\t60 (61%)\t40\t20\t12\t8", good, "200\t120\t80\t40\t24\t16")),
            Lines{"percent: a, cases accepted: 61% is given, 60 of 100 is 60%"});
  EXPECT_EQ(
      check(Table("100\t60\t\t20\t12\t8", good, "200\t120\t80\t40\t24\t16")),
      Lines{"missing: a, accepted and known to social care in the last five years is missing"});
}

TEST(AreaTable, WhatHoldsNoRowsIsRefused) {
  EXPECT_FALSE(ImportTable(Areas(), "nothing\tof\tit\n").ok());
  const std::string row = "a\t100\t60\t40\t20\t12\t8\n";
  EXPECT_FALSE(ImportTable(Areas(), row + row).ok());
  auto table = ImportTable(Areas(), "a\t100\t60\t\t20\t12\t8\n");
  ASSERT_TRUE(table.ok());
  EXPECT_FALSE(Rates(Areas(), table.value()).ok());
  EXPECT_FALSE(Suppress(Areas(), table.value()).ok());
}

// Counts every way to fill the hidden cells with whole numbers that keeps all totals and sums, by
// trying them all: hidden cells must have more than one value between them.
class Solver {
 public:
  Solver(const AreaTableRule& rule, const SafeTable& safe) : rule_(rule), cells_(safe.cells) {
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      for (std::size_t j = 0; j < cells_[i].size(); ++j) {
        if (!cells_[i][j]) hidden_.emplace_back(i, j);
      }
    }
    values_.resize(hidden_.size());
  }

  std::vector<std::set<std::int64_t>> Values(std::int64_t most) {
    most_ = most;
    Try(0);
    return values_;
  }
  const std::vector<std::pair<std::size_t, std::size_t>>& hidden() const { return hidden_; }

 private:
  bool Possible() const {
    for (std::size_t j = 0; j < rule_.columns.size(); ++j) {
      std::int64_t sum = 0;
      bool whole = true;
      for (std::size_t i = 0; i + 1 < cells_.size(); ++i) {
        whole = whole && cells_[i][j].has_value();
        sum += cells_[i][j].value_or(0);
      }
      const auto& total = cells_.back()[j];
      if (total && (whole ? sum != *total : sum > *total)) return false;
    }
    for (const auto& row : cells_) {
      for (const SumRule& sum : rule_.sums) {
        std::int64_t parts = 0;
        bool whole = row[sum.of].has_value();
        for (std::size_t part : sum.parts) {
          whole = whole && row[part].has_value();
          parts += row[part].value_or(0);
        }
        if (whole && parts != *row[sum.of]) return false;
      }
    }
    return true;
  }

  void Try(std::size_t at) {
    if (!Possible()) return;
    if (at == hidden_.size()) {
      for (std::size_t i = 0; i < hidden_.size(); ++i) {
        values_[i].insert(*cells_[hidden_[i].first][hidden_[i].second]);
      }
      return;
    }
    auto& cell = cells_[hidden_[at].first][hidden_[at].second];
    for (std::int64_t value = 0; value <= most_; ++value) {
      cell = value;
      Try(at + 1);
    }
    cell.reset();
  }

  const AreaTableRule& rule_;
  std::vector<std::vector<std::optional<std::int64_t>>> cells_;
  std::vector<std::pair<std::size_t, std::size_t>> hidden_;
  std::vector<std::set<std::int64_t>> values_;
  std::int64_t most_ = 0;
};

TEST(AreaTable, NoHiddenCountFollowsFromWhatIsShown) {
  for (const char* text :
       {"a\t20\t19\t18\t9\t8\t1\nb\t20\t19\t18\t10\t9\t1\nc\t20\t19\t18\t9\t8\t1\n",
        "a\t20\t19\t18\t9\t9\t0\nb\t20\t19\t18\t12\t6\t6\nc\t20\t19\t18\t14\t7\t7\n",
        "a\t9\t8\t7\t7\t3\t4\nb\t20\t19\t18\t12\t6\t6\n"}) {
    const AreaTable table = Imported(text);
    auto safe = Suppress(Areas(), table);
    ASSERT_TRUE(safe.ok());
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      for (std::size_t j = 0; j < Areas().columns.size(); ++j) {
        const auto count = *table.rows[i].cells[j].count;
        const auto& shown = safe.value().cells[i][j];
        if (count < 5) {
          EXPECT_FALSE(shown.has_value()) << text << i << j;
        }
        if (shown) {
          EXPECT_EQ(*shown, count);
        }
      }
    }
    Solver solver(Areas(), safe.value());
    ASSERT_LE(solver.hidden().size(), 8u) << text;
    const auto values = solver.Values(16);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_GT(values[i].size(), 1u)
          << text << solver.hidden()[i].first << "," << solver.hidden()[i].second;
    }
  }
}

TEST(AreaTable, ThePublishedTableLeavesWithItsSmallCellsAndTheirNeighboursHidden) {
  auto safe = Suppress(Areas(), Imported(Published()));
  ASSERT_TRUE(safe.ok());
  EXPECT_EQ(safe.value().areas, (Lines{"Mid", "South", "West", "North East", "TOTAL"}));
  const std::size_t not_known = 5;
  EXPECT_FALSE(safe.value().cells[0][not_known].has_value());
  EXPECT_FALSE(safe.value().cells[1][not_known].has_value());
  // Referred = known + not known: one of these two must be hidden beside each.
  for (std::size_t row : {0u, 1u}) {
    EXPECT_TRUE(!safe.value().cells[row][3] || !safe.value().cells[row][4]) << row;
  }
  // What is not near is shown.
  EXPECT_EQ(safe.value().cells[4][0], 1766);
  EXPECT_EQ(safe.value().cells[0][0], 498);
}

TEST(AreaTable, ATableWithoutSmallCountsLeavesWhole) {
  const std::string good = "100\t60\t40\t20\t12\t8";
  auto safe = Suppress(Areas(), Imported(Table(good, good, "200\t120\t80\t40\t24\t16")));
  ASSERT_TRUE(safe.ok());
  for (const auto& row : safe.value().cells) {
    for (const auto& cell : row) EXPECT_TRUE(cell.has_value());
  }
}

}  // namespace
}  // namespace policies
