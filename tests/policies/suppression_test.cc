#include "policies/suppression.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace policies {
namespace {

using Places = std::vector<std::size_t>;

std::vector<CountCell> Counts(const std::vector<std::int64_t>& counts) {
  std::vector<CountCell> cells;
  for (const std::int64_t count : counts) cells.push_back({count, CellKind::kCount});
  return cells;
}

Places HiddenOf(const std::vector<CountCell>& cells, const std::vector<CountSum>& sums) {
  Places places;
  const std::vector<bool> hidden = Hide(cells, sums, 5);
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    if (hidden[i]) places.push_back(i);
  }
  return places;
}

TEST(Suppression, WhatIsLargeIsShown) {
  EXPECT_EQ(HiddenOf(Counts({5, 6, 7, 18}), {{3, {0, 1, 2}}}), Places());
}

TEST(Suppression, OneSmallPartTakesTheSmallestOtherWithIt) {
  EXPECT_EQ(HiddenOf(Counts({20, 3, 9, 32}), {{3, {0, 1, 2}}}), (Places{1, 2}));
  // Two cover each other.
  EXPECT_EQ(HiddenOf(Counts({20, 3, 4, 27}), {{3, {0, 1, 2}}}), (Places{1, 2}));
}

TEST(Suppression, ANoughtCoversNothing) {
  // Who knows that the third area had no case would work out the second.
  EXPECT_EQ(HiddenOf(Counts({20, 3, 0, 23}), {{3, {0, 1, 2}}}), (Places{0, 1, 2}));
  // But a nought is not shown either, nor does it follow.
  EXPECT_EQ(HiddenOf(Counts({20, 8, 0, 28}), {{3, {0, 1, 2}}}), (Places{1, 2}));
}

TEST(Suppression, ANoughtThatSaysNothingIsShownAndTakesNothingWithIt) {
  std::vector<CountCell> cells = Counts({20, 8, 0, 28});
  cells[2].kind = CellKind::kNothing;
  EXPECT_EQ(HiddenOf(cells, {{3, {0, 1, 2}}}), Places());
  cells = Counts({20, 3, 0, 23});
  cells[2].kind = CellKind::kNothing;
  EXPECT_EQ(HiddenOf(cells, {{3, {0, 1, 2}}}), (Places{0, 1}));
}

TEST(Suppression, ASmallRestIsASecretThoughNobodyIsShownIt) {
  std::vector<CountCell> cells = Counts({18, 2, 20});
  cells[1].kind = CellKind::kRest;
  EXPECT_EQ(HiddenOf(cells, {{2, {0, 1}}}), (Places{0, 1}));
  cells[1].kind = CellKind::kOpen;
  EXPECT_EQ(HiddenOf(cells, {{2, {0, 1}}}), Places{1});
}

TEST(Suppression, WhatFollowsFromSeveralSumsTogetherIsCovered) {
  // Two blocks of small counts and one between them: every row and column hides two or more, and
  // yet the rows of the first block less its columns leave the one between alone.
  const std::vector<std::vector<std::int64_t>> grid = {
      {2, 3, 50, 51}, {4, 1, 2, 52}, {53, 54, 3, 4}, {55, 56, 1, 2}};
  std::vector<std::int64_t> counts;
  for (const auto& row : grid) counts.insert(counts.end(), row.begin(), row.end());
  std::vector<CountSum> sums;
  for (std::size_t i = 0; i < 4; ++i) {
    CountSum row{16 + i, {}};
    CountSum column{20 + i, {}};
    for (std::size_t j = 0; j < 4; ++j) {
      row.parts.push_back(4 * i + j);
      column.parts.push_back(4 * j + i);
    }
    sums.push_back(row);
    sums.push_back(column);
  }
  for (const std::size_t direction : {std::size_t{0}, std::size_t{1}}) {
    for (std::size_t i = 0; i < 4; ++i) {
      std::int64_t sum = 0;
      for (const std::size_t part : sums[2 * i + direction].parts) sum += counts[part];
      counts.push_back(sum);
    }
  }
  const Places hidden = HiddenOf(Counts(counts), sums);
  // More is hidden than the nine small ones, and what is hidden can differ at the place between:
  // it lies on a way round that changes row and column by turns.
  EXPECT_GT(hidden.size(), 9u);
  const auto is = [&hidden](std::size_t place) {
    return std::find(hidden.begin(), hidden.end(), place) != hidden.end();
  };
  EXPECT_TRUE(is(6));
  bool totals = false;
  for (std::size_t place = 16; place < 24; ++place) totals = totals || is(place);
  bool back = false;  // a second bridge between the blocks
  for (const std::size_t place : {2, 3, 7, 8, 9, 12, 13}) back = back || is(place);
  EXPECT_TRUE(totals || back);
}

TEST(Suppression, WhereAllIsSmallNothingIsShown) {
  EXPECT_EQ(HiddenOf(Counts({1, 0, 2, 3}), {{3, {0, 1, 2}}}), (Places{0, 1, 2, 3}));
  EXPECT_EQ(HiddenOf(Counts({0, 0, 0}), {{2, {0, 1}}}), (Places{0, 1, 2}));
}

}  // namespace
}  // namespace policies
