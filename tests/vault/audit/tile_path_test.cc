#include "vault/audit/tile_path.h"

#include <gtest/gtest.h>

namespace vault {
namespace {

TEST(TilePath, SpellsNumbersInGroupsOfThree) {
  EXPECT_EQ(FormatTilePath({0U, 0, 256}), "tile/0/000");
  EXPECT_EQ(FormatTilePath({0U, 999, 256}), "tile/0/999");
  EXPECT_EQ(FormatTilePath({0U, 1234, 256}), "tile/0/x001/234");
  EXPECT_EQ(FormatTilePath({1U, 1234067, 256}), "tile/1/x001/x234/067");
  EXPECT_EQ(FormatTilePath({2U, 1000000, 7}), "tile/2/x001/x000/000.p/7");
  EXPECT_EQ(FormatTilePath({std::nullopt, 1234, 255}), "tile/entries/x001/234.p/255");
}

TEST(TilePath, ReadsBackEveryNumber) {
  for (std::uint64_t number = 1; number < std::uint64_t{1} << 55; number = number * 7 + 1) {
    for (const unsigned width : {1U, 255U, 256U}) {
      for (const std::optional<unsigned> level :
           {std::optional<unsigned>(0), std::optional<unsigned>(6), std::optional<unsigned>()}) {
        const TilePath path{level, number, width};
        auto parsed = ParseTilePath(FormatTilePath(path));
        ASSERT_TRUE(parsed.ok()) << FormatTilePath(path);
        EXPECT_EQ(parsed.value(), path);
      }
    }
  }
}

TEST(TilePath, RefusesEveryOtherSpelling) {
  for (const char* text : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/7/000",
                           "tile/00/000",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/0/x000/001",
                           "tile/0/x001",
                           "tile/0/x001/",
                           "tile/0/x001234",
                           "tile/0/001/234",
                           "tile/0/x01/234",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.p/",
                           "tile/0/000.p",
                           "tile/0/000/",
                           "tile/entries",
                           "tile/entries/00a",
                           "tile/0/-01",
                           "tile/0/..",
                           "tile/../checkpoint",
                           "/tile/0/000",
                           "tile/0/x001/x002/x003/x004/x005/x006/007",
                           "tile/0/000.p/1.p/1",
                           "tile/entries/0/000"}) {
    auto parsed = ParseTilePath(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, Errc::kNotFound);
  }
}

TEST(TilePath, CountsTheTilesOfALog) {
  EXPECT_EQ(TileCount(0, 0), 0U);
  EXPECT_EQ(TileCount(1, 0), 1U);
  EXPECT_EQ(TileCount(256, 0), 1U);
  EXPECT_EQ(TileCount(257, 0), 2U);
  EXPECT_EQ(TileCount(255, 1), 0U);
  EXPECT_EQ(TileCount(256, 1), 1U);
  EXPECT_EQ(TileCount(65536, 1), 1U);
  EXPECT_EQ(TileCount(65536, 2), 1U);
  EXPECT_EQ(TileSpan(257, 0, 0), 256U);
  EXPECT_EQ(TileSpan(257, 0, 1), 1U);
  EXPECT_EQ(TileSpan(257, 0, 2), 0U);
  EXPECT_EQ(TileSpan(257, 1, 0), 1U);
  EXPECT_EQ(TileSpan(256, 0, 1), 0U);
  EXPECT_EQ(TileSpan(256, 0, ~std::uint64_t{0}), 0U);
}

}  // namespace
}  // namespace vault
