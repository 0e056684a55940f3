#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/cli/document_name.h"
#include "tools/cli/json.h"
#include "tools/cli/log_tiles.h"
#include "tools/cli/print.h"
#include "tools/cli/progress.h"

namespace tools {
namespace {

TEST(Json, KeepsOrderAndReadsEveryKind) {
  auto json = Json::Parse(R"({"z":"tëxt\n","a":[1,2],"f":true,"n":null,"o":{"k":12345678901}})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json.value().members().front().first, "z");
  EXPECT_EQ(json.value().Find("z").Text(), "tëxt\n");
  EXPECT_EQ(json.value().Find("a").Text(), "1, 2");
  EXPECT_EQ(json.value().Find("f").Text(), "yes");
  EXPECT_EQ(json.value().Find("n").Text(), "–");
  EXPECT_EQ(json.value().Find("o").Find("k").Number().value(), 12345678901);
  EXPECT_EQ(json.value().Find("absent").kind(), Json::Kind::kNull);
}

TEST(Json, RefusesWhatIsNone) {
  for (const std::string& text :
       {std::string("{"), std::string("nonsense"), std::string(100, '[') + std::string(100, ']')}) {
    EXPECT_FALSE(Json::Parse(text).ok()) << text;
  }
}

TEST(JsonObject, WritesWhatReadsBackTheSame) {
  const std::string hard = "quote \" slash \\ newline \n nul-ish \x01 é";
  JsonObject object;
  object.Set("text", hard).Set("absent", std::optional<std::string>()).SetNumber("n", 7);
  object.SetFlag("f", false).Set("list", std::vector<std::string>{"a", "b"});
  const vault::Plaintext text = std::move(object).Take();
  EXPECT_EQ(text.text(),
            "{\"text\":\"quote \\\" slash \\\\ newline \\u000a nul-ish \\u0001 é\",\"n\":7,"
            "\"f\":false,\"list\":[\"a\",\"b\"]}");
  auto json = Json::Parse(text.text());
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json.value().Find("text").Text(), hard);
  EXPECT_EQ(JsonObject().Take().text(), "{}");
}

TEST(Print, ATableLinesUpByCharacters) {
  auto list = Json::Parse(R"([{"a":"Zoë","b":"1"},{"a":"x","b":null}])");
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(TableText(list.value(), {{"a", "Who"}, {"b", "Count"}}),
            "Who  Count\nZoë  1\nx    –\n");
  EXPECT_EQ(TableText(Json::Parse("[]").value(), {{"a", "Who"}}), "None.\n");
}

TEST(Print, ARecordLeavesOutWhatTheAnswerLacks) {
  auto record = Json::Parse(R"({"id":"12","list":["a","b"]})");
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(RecordText(record.value(), {{"id", "Id"}, {"x", "Missing"}, {"list", "List"}}),
            "Id       12\nList     a\n         b\n");
}

TEST(Print, NoAnswerCanSteerTheTerminal) {
  EXPECT_EQ(PlainText("a\x1b[2Jb\x7f\x07\nc\xC2\x9b"
                      "d"),
            "a[2Jb\ncd");
  EXPECT_EQ(OneLine("a\nb\tc"), "a b c");
}

TEST(DocumentName, ReadsAnIdAndAVersion) {
  auto plain = DocumentName::Parse("abc");
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain.value().version.has_value());
  auto two = DocumentName::Parse("abc@2");
  ASSERT_TRUE(two.ok());
  EXPECT_EQ(two.value().id, "abc");
  EXPECT_EQ(two.value().version, 2U);
  for (const char* wrong : {"abc@", "abc@0", "abc@-1", "abc@1x", "abc@4294967296"}) {
    EXPECT_FALSE(DocumentName::Parse(wrong).ok()) << wrong;
  }
}

TEST(ByteRange, TakesTheThreeForms) {
  EXPECT_EQ(ByteRange("0-1023").value(), "bytes=0-1023");
  EXPECT_EQ(ByteRange("5-").value(), "bytes=5-");
  EXPECT_EQ(ByteRange("-5").value(), "bytes=-5");
  for (const char* wrong : {"", "-", "5", "9-3", "a-b", "0-1,3-4", "0--1"}) {
    EXPECT_FALSE(ByteRange(wrong).ok()) << wrong;
  }
}

TEST(ShareLink, ReadsServerLinkAndSecret) {
  const std::string id = "AAAAAAAAAAAAAAAAAAAAAA";
  const std::string secret = "BBBBBBBBBBBBBBBBBBBBBA";
  auto link = ShareLink::Parse("https://vault.example:8443/s/" + id + "#" + secret);
  ASSERT_TRUE(link.ok());
  EXPECT_EQ(link.value().server, "https://vault.example:8443");
  EXPECT_EQ(link.value().link, id);
  EXPECT_EQ(link.value().secret, secret);
  for (const std::string& wrong :
       {"https://vault.example/s/" + id, "https://vault.example/#" + id,
        "https://vault.example/s/" + id + "#" + id + "A", "https://vault.example/s/#" + secret}) {
    EXPECT_FALSE(ShareLink::Parse(wrong).ok()) << wrong;
  }
}

TEST(SafeFileName, StaysInItsFolder) {
  EXPECT_EQ(SafeFileName("form.docx"), "form.docx");
  EXPECT_EQ(SafeFileName("../../etc/passwd"), "passwd");
  EXPECT_EQ(SafeFileName("a\\b\\c.pdf"), "c.pdf");
  EXPECT_EQ(SafeFileName(".."), "document");
  EXPECT_EQ(SafeFileName(""), "document");
  EXPECT_EQ(SafeFileName(".profile"), "profile");
  EXPECT_EQ(SafeFileName("a\nb\x1b.txt"), "a b.txt");
  EXPECT_EQ(SafeFileName(std::string(300, 'a') + ".docx"), std::string(195, 'a') + ".docx");
}

std::vector<std::string> Paths(std::uint64_t size) {
  std::vector<std::string> paths;
  for (const auto& tile : TilesOf(size)) paths.push_back(tile.path);
  return paths;
}

TEST(LogTiles, AreNamedAsTheStandardSays) {
  using List = std::vector<std::string>;
  EXPECT_EQ(Paths(0), List{});
  EXPECT_EQ(Paths(1), (List{"tile/0/000.p/1", "tile/entries/000.p/1"}));
  EXPECT_EQ(Paths(256), (List{"tile/0/000", "tile/1/000.p/1", "tile/entries/000"}));
  EXPECT_EQ(Paths(257), (List{"tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000",
                              "tile/entries/001.p/1"}));
  // 70,000 is 273 × 256 + 112, and 273 is 256 + 17.
  const auto many = Paths(70000);
  EXPECT_EQ(many.size(), 274U + 2U + 1U + 274U);
  EXPECT_EQ(many[273], "tile/0/273.p/112");
  EXPECT_EQ(many[274], "tile/1/000");
  EXPECT_EQ(many[275], "tile/1/001.p/17");
  EXPECT_EQ(many[276], "tile/2/000.p/1");
  EXPECT_EQ(many.back(), "tile/entries/273.p/112");
  EXPECT_EQ(Paths(1068ULL * 256).back(), "tile/entries/x001/067");
}

TEST(LogTiles, AFullTileIsCutToWhatAPartialOneHolds) {
  LogTile hashes{"tile/0/000.p/2", "tile/0/000", 2};
  EXPECT_EQ(Truncated(std::string(96, 'h'), hashes).value(), std::string(64, 'h'));
  EXPECT_FALSE(Truncated(std::string(63, 'h'), hashes).ok());
  LogTile entries{"tile/entries/000.p/2", "tile/entries/000", 2};
  const std::string text("\0\1a\0\2bc\0\1d", 10);
  EXPECT_EQ(Truncated(text, entries).value(), text.substr(0, 7));
  EXPECT_FALSE(Truncated(text.substr(0, 6), entries).ok());
}

TEST(LogTiles, TheSizeStandsOnTheCheckpointsSecondLine) {
  EXPECT_EQ(CheckpointSize("vault.example/log\n41\nroot=\n\n— vault.example/log sig\n").value(),
            41U);
  EXPECT_FALSE(CheckpointSize("").ok());
  EXPECT_FALSE(CheckpointSize("a\nx\nb\n\nc\n").ok());
}

TEST(Progress, TellsShareAndAmount) {
  EXPECT_EQ(ProgressLine(1'500'000, 6'000'000), "[#####               ]  25 %  1.5 MB of 6.0 MB");
  EXPECT_EQ(ProgressLine(10, 10), "[####################] 100 %  10 bytes of 10 bytes");
  EXPECT_EQ(ProgressLine(2048, std::nullopt), "2.0 kB");
  EXPECT_EQ(ProgressLine(0, 0), "0 bytes");
}

}  // namespace
}  // namespace tools
