#include "daemon/http/json.h"

#include <gtest/gtest.h>

namespace service {
namespace {

TEST(Json, ReadsWhatIsWellFormed) {
  for (const std::string text :
       {"null", "true", "false", "0", "-7", "123456789012345", "1.5", "\"\"", "\"Łódź 😀\"", "[]",
        "{}", "[1,[2,{\"a\":null}]]", "{\"a\":1,\"b\":\"x\\\"y\\\\z\"}"}) {
    const auto json = Json::Parse(text);
    ASSERT_TRUE(json.ok()) << text;
    EXPECT_EQ(json.value().ToText(), text);
  }
  EXPECT_EQ(Json::Parse(" { \"a\" : [ 1 , 2 ] } \r\n\t").value().ToText(), "{\"a\":[1,2]}");
  EXPECT_EQ(Json::Parse("\"\\u0141\\ud83d\\ude00\\u000a\"").value().AsText().value(), "Ł😀\n");
  EXPECT_EQ(Json::Parse("1e2").value().ToText(), "100");
}

TEST(Json, RefusesEverythingElse) {
  for (const std::string text : {"",
                                 " ",
                                 "nul",
                                 "TRUE",
                                 "[1,]",
                                 "[,1]",
                                 "[1 2]",
                                 "[1,,2]",
                                 "{\"a\":1,}",
                                 "{a:1}",
                                 "{'a':1}",
                                 "{\"a\" 1}",
                                 "{\"a\":}",
                                 "{1:2}",
                                 "{\"a\":1 \"b\":2}",
                                 "[",
                                 "]",
                                 "{",
                                 "}",
                                 "[}",
                                 "{\"a\":[}",
                                 "[1]]",
                                 "{}{}",
                                 "{}x",
                                 "01",
                                 "-",
                                 "+1",
                                 ".5",
                                 "1.",
                                 "1e",
                                 "0x10",
                                 "- 1",
                                 "NaN",
                                 "Infinity",
                                 "1e999",
                                 "\"",
                                 "\"a",
                                 "\"\t\"",
                                 "\"\n\"",
                                 "\"\\x41\"",
                                 "\"\\u12\"",
                                 "\"\\ud800\"",
                                 "\"\\udc00\"",
                                 "\"\\ud800x\"",
                                 "\"\xFF\"",
                                 "\"\xC0\xAF\"",
                                 "\"\xED\xA0\x80\"",
                                 "/*c*/1",
                                 "1//c",
                                 "\xEF\xBB\xBF"
                                 "1",
                                 "\"\\u0000\"",
                                 "{\"a\\u0000\":1}"}) {
    const auto json = Json::Parse(text);
    ASSERT_FALSE(json.ok()) << text;
    EXPECT_EQ(json.error().code, vault::Errc::kInvalid);
  }
  EXPECT_FALSE(Json::Parse(std::string("\"a\0b\"", 5)).ok());
  EXPECT_FALSE(Json::Parse(std::string("1\0", 2)).ok());
}

TEST(Json, RefusesAMemberTwice) {
  EXPECT_FALSE(Json::Parse("{\"a\":1,\"a\":1}").ok());
  EXPECT_FALSE(Json::Parse("{\"a\":1,\"\\u0061\":2}").ok());
  EXPECT_FALSE(Json::Parse("[{\"b\":{\"a\":1,\"b\":2,\"a\":3}}]").ok());
  EXPECT_TRUE(Json::Parse("{\"a\":{\"a\":1},\"A\":{\"a\":1}}").ok());
}

TEST(Json, RefusesNumbersThatCannotBeHeldExactly) {
  EXPECT_EQ(Json::Parse("-999999999999999").value().AsInteger().value(), -999999999999999);
  EXPECT_EQ(Json::Parse("999999999999999").value().AsInteger().value(), 999999999999999);
  for (const std::string text : {"1000000000000000", "-999999999999999999", "9223372036854775808",
                                 "18446744073709551616", "-9223372036854775809"}) {
    EXPECT_FALSE(Json::Parse("[" + text + "]").ok()) << text;
  }
  // Digits in a text are no number.
  EXPECT_TRUE(Json::Parse("[\"18446744073709551616 \\\" 18446744073709551616\"]").ok());
}

TEST(Json, IsBoundedInDepthSizeAndCount) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(Json::Parse(nested(kMaxJsonDepth)).ok());
  EXPECT_FALSE(Json::Parse(nested(kMaxJsonDepth + 1)).ok());
  EXPECT_FALSE(Json::Parse(nested(100'000)).ok());
  EXPECT_FALSE(Json::Parse(std::string(100'000, '[')).ok());
  EXPECT_TRUE(Json::Parse("\"" + std::string(kMaxJsonSize - 2, 'a') + "\"").ok());
  EXPECT_FALSE(Json::Parse("\"" + std::string(kMaxJsonSize - 1, 'a') + "\"").ok());
  std::string many = "[0";
  for (int i = 0; i < 70'000; ++i) many += ",0";
  EXPECT_FALSE(Json::Parse(many + "]").ok());
}

TEST(Json, GivesMembersByTheirType) {
  const Json json =
      Json::Parse(R"({"t":"x","n":7,"f":true,"l":["a","b"],"z":null,"r":1.5,"m":["a",1]})").value();
  EXPECT_EQ(json.Text("t").value(), "x");
  EXPECT_EQ(json.Integer("n").value(), 7);
  EXPECT_TRUE(json.Flag("f").value());
  EXPECT_EQ(json.TextList("l").value(), (std::vector<std::string>{"a", "b"}));
  // Null counts as absent.
  EXPECT_FALSE(json.Text("z").ok());
  EXPECT_EQ(json.FindText("z").value(), std::nullopt);
  EXPECT_EQ(json.FindText("none").value(), std::nullopt);
  EXPECT_EQ(json.FindInteger("n").value(), 7);
  EXPECT_EQ(json.FindFlag("f").value(), true);
  // The wrong type is never absent.
  EXPECT_EQ(json.FindText("n").error().detail, "member n is not a text");
  EXPECT_EQ(json.Text("none").error().detail, "member none is missing");
  EXPECT_FALSE(json.Integer("r").ok());
  EXPECT_FALSE(json.Integer("f").ok());
  EXPECT_FALSE(json.FindFlag("n").ok());
  EXPECT_FALSE(json.TextList("m").ok());
  EXPECT_FALSE(json.FindTextList("t").ok());
}

TEST(Json, RefusesMembersNobodyAskedFor) {
  const Json json = Json::Parse(R"({"a":1,"b":null})").value();
  EXPECT_TRUE(json.OnlyMembers({"b", "a", "c"}).ok());
  EXPECT_FALSE(json.OnlyMembers({"a"}).ok());
  EXPECT_FALSE(Json::Parse("[]").value().OnlyMembers({"a"}).ok());
}

TEST(Json, WritesWhatHandlersBuild) {
  const Json json = Json::Object({{"id", "a\"b"},
                                  {"count", std::uint64_t{7}},
                                  {"flag", false},
                                  {"until", std::optional<std::string>()},
                                  {"due", std::optional<std::string>("2026-04-09")},
                                  {"list", Json::Texts({"x", "y"})},
                                  {"empty", Json::Array()}});
  EXPECT_EQ(json.ToText(), R"({"id":"a\"b","count":7,"flag":false,"until":null,"due":"2026-04-09",)"
                           R"("list":["x","y"],"empty":[]})");
}

TEST(Json, EscapesSoThatNoTextEndsWhereItStands) {
  EXPECT_EQ(Json("\n\t\x01\x7F</script>&").ToText(),
            R"("\n\u0009\u0001\u007f\u003c/script\u003e\u0026")");
  EXPECT_EQ(Json("a\xFF"
                 "b")
                .ToText(),
            "\"a?b\"");
}

TEST(JsonDeathTest, MembersAreSetOnce) {
  Json json = Json::Object();
  json.Set("a", 1);
  EXPECT_DEATH(json.Set("a", 2), "check failed");
  EXPECT_DEATH(json.Add(2), "check failed");
}

}  // namespace
}  // namespace service
