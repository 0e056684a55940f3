#include "daemon/http/parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/request_law.h"

namespace service {
namespace {

const std::vector<std::string>& Seeds() {
  static const std::vector<std::string> seeds = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /api/v1/documents?matter=MACFA%2F7&class=FRM HTTP/1.1\r\nHost: a:8443\r\n"
      "Authorization: Bearer x\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\nhello, world",
      "PUT /a/b HTTP/1.1\r\nHost: [::1]\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5\r\nhello\r\n0\r\n\r\n",
      "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: y\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17000, 'a') + "\r\n\r\n",
      "ffffffffffffffff\r\nabc",
  };
  return seeds;
}

TEST(RequestParser, NeverDependsOnHowTheInputWasCut) {
  std::mt19937 random(7);
  for (const std::string& seed : Seeds()) {
    for (int round = 0; round < 150; ++round) {
      std::string data(1, static_cast<char>(random() % 256));
      data += seed;
      for (int changes = round % 4; changes > 0; --changes) {
        const std::size_t at = 1 + random() % (data.size() - 1);
        switch (random() % 3) {
          case 0:
            data[at] = static_cast<char>(random() % 256);
            break;
          case 1:
            data.erase(at, 1 + random() % 3);
            break;
          default:
            data.insert(at, 1, "\r\n :\t%;,0"[random() % 9]);
        }
        if (data.size() < 2) break;
      }
      CheckRequestLaw(data);
    }
  }
}

TEST(RequestParser, StopsBehindTheHeader) {
  const std::string header = "GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser parser;
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.Feed(vault::AsBytes(header + "GET /next")), header.size());
  ASSERT_TRUE(parser.head().has_value());
  EXPECT_EQ(parser.Feed(vault::AsBytes("more")), 0U);
  const RequestHead head = parser.TakeHead();
  EXPECT_EQ(head.segments, std::vector<std::string>{"a"});
  EXPECT_EQ(head.path, "/a");
  ASSERT_EQ(head.query.size(), 1U);
  EXPECT_EQ(head.query[0].value, "c");
  parser.Reset();
  EXPECT_FALSE(parser.started());
  EXPECT_EQ(parser.Feed(vault::AsBytes(header)), header.size());
  EXPECT_TRUE(parser.head().has_value());
}

TEST(RequestParser, RefusesAsSoonAsARuleIsBroken) {
  RequestParser parser;
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\nX: y";
  EXPECT_EQ(parser.Feed(vault::AsBytes(bytes)), bytes.find("\nX") + 1);
  ASSERT_TRUE(parser.refusal().has_value());
  EXPECT_EQ(parser.refusal()->status, 400);
  EXPECT_EQ(parser.Feed(vault::AsBytes("more")), 0U);
}

TEST(RequestParser, HoldsItsCapsToTheByte) {
  const auto outcome = [](const std::string& input) {
    RequestParser parser;
    parser.Feed(vault::AsBytes(input));
    return parser.refusal().has_value() ? parser.refusal()->status
                                        : (parser.head().has_value() ? 200 : 0);
  };
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::size_t room = kMaxHeader - start.size() - 4;
  EXPECT_EQ(outcome(start + std::string(room, 'a') + "\r\n\r\n"), 200);
  EXPECT_EQ(outcome(start + std::string(room + 1, 'a') + "\r\n\r\n"), 431);
  EXPECT_EQ(
      outcome("GET /" + std::string(kMaxRequestLine - 14, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"),
      200);
  EXPECT_EQ(outcome("GET /" + std::string(kMaxRequestLine, 'a')), 414);
}

TEST(Target, IsCutBeforeItIsDecoded) {
  const auto target = ParseTarget("/a%2Fb/c?x=1%262&y&z=a+b");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target.value().segments, (std::vector<std::string>{"a/b", "c"}));
  ASSERT_EQ(target.value().query.size(), 3U);
  EXPECT_EQ(target.value().query[0].value, "1&2");
  EXPECT_EQ(target.value().query[1].value, "");
  EXPECT_EQ(target.value().query[2].value, "a b");
  // A plus is a blank in a query, and itself in a path.
  EXPECT_EQ(ParseTarget("/a+b").value().segments[0], "a+b");
  EXPECT_EQ(ParseTarget("/").value().segments, std::vector<std::string>{""});
  EXPECT_EQ(ParseTarget("/a/").value().segments, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(ParseTarget("/%C5%81%C3%B3d%C5%BA").value().segments[0], "Łódź");
}

TEST(Target, RefusesWhatTwoReadersCouldReadDifferently) {
  for (const std::string text :
       {"",      "a",           "*",        "https://a/", "/.",         "/..",
        "/%2e",  "/a/%2E%2e/b", "/%",       "/%4",        "/%g0",       "/%00",
        "/%1f",  "/%7F",        "/%ff",     "/%ed%a0%80", "/a b",       "/a\\b",
        "/a\"b", "/<a>",        "/a#b",     "/a?b#c",     "/a?b=c&b=d", "/a?b=%",
        "/a?=c", "/a?b=c&",     "/a?%00=1", "/a?b=%00",   "/a?b=%ff",   "/a?b=\xC3\xA9",
        "/a^b",  "/{a}"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
  std::string many = "/?";
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "a" : "&a") + std::to_string(i) + "=1";
  EXPECT_FALSE(ParseTarget(many).ok());
}

TEST(Form, KeepsRepeatedNamesInOrder) {
  const auto form = ParseForm("a=1&b=two+words&a=%C3%A9");
  ASSERT_TRUE(form.ok());
  ASSERT_EQ(form.value().size(), 3U);
  EXPECT_EQ(form.value()[1].value, "two words");
  EXPECT_EQ(form.value()[2].name, "a");
  EXPECT_EQ(form.value()[2].value, "é");
  EXPECT_TRUE(ParseForm("").value().empty());
  EXPECT_FALSE(ParseForm("a=%ff").ok());
}

TEST(ChunkDecoder, GivesContentAcrossEveryCut) {
  const std::string body = "5\r\nhello\r\n1;a=b\r\n,\r\n6\r\n world\r\n000\r\nX: y\r\n\r\n";
  for (std::size_t in = 1; in < 12; ++in) {
    for (std::size_t out = 1; out < 12; ++out) {
      EXPECT_EQ(ChunksOutcome(body + "GET", {in, out}),
                "done " + std::to_string(body.size()) + " hello, world");
    }
  }
}

}  // namespace
}  // namespace service
