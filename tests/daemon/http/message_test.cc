#include "daemon/http/message.h"

#include <gtest/gtest.h>

#include "daemon/http/problem.h"
#include "daemon/http/range.h"

namespace service {
namespace {

TEST(Response, RefusesHeadersThatWouldWriteAnother) {
  const HeadFacts facts{"Thu, 01 Jan 1970 00:00:00 GMT", false, false};
  for (const std::string value : {"a\r\nSet-Cookie: b=c", "a\n", "a\r", "\x7F", "\xC3\xA9"}) {
    Response response = Response::OfJson(200, "{}");
    response.Add("X-Note", value);
    EXPECT_DEATH(ResponseHead(response, facts), "check failed");
  }
  for (const std::string name :
       {"", "a b", "a:", "a\r\nb", "Content-Length", "connection", "DATE"}) {
    Response response = Response::OfJson(200, "{}");
    response.Add(name, "a");
    EXPECT_DEATH(ResponseHead(response, facts), "check failed");
  }
}

TEST(Response, WritesAHeadByteForByte) {
  Response response = Response::Of(206, "text/plain", "abc");
  response.Add("Content-Range", "bytes 0-2/9");
  EXPECT_EQ(ResponseHead(response, {"Thu, 01 Jan 1970 00:00:00 GMT", true, false}),
            "HTTP/1.1 206 Partial content\r\n"
            "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Strict-Transport-Security: max-age=31536000\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Cache-Control: no-store\r\n"
            "Referrer-Policy: no-referrer\r\n"
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
            "Content-Type: text/plain\r\n"
            "Content-Range: bytes 0-2/9\r\n"
            "Content-Length: 3\r\n"
            "Connection: close\r\n\r\n");
}

TEST(AttachmentDisposition, CarriesEveryNameAndNoHeaderWithIt) {
  EXPECT_EQ(AttachmentDisposition("Form 7.docx"), "attachment; filename*=UTF-8''Form%207.docx");
  EXPECT_EQ(AttachmentDisposition("Łódź"), "attachment; filename*=UTF-8''%C5%81%C3%B3d%C5%BA");
  EXPECT_EQ(AttachmentDisposition("a\"\r\nX: b"),
            "attachment; filename*=UTF-8''a%22%0D%0AX%3A%20b");
}

TEST(HttpDate, WritesMoments) {
  EXPECT_EQ(HttpDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 §5.6.7
  EXPECT_EQ(HttpDate(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(Cookie, IsFoundOnceOrNotAtAll) {
  Request request;
  request.headers.Add("Cookie", "a=1; b=2;c=3; d; e=x=y");
  EXPECT_EQ(request.Cookie("a"), "1");
  EXPECT_EQ(request.Cookie("c"), "3");
  EXPECT_EQ(request.Cookie("e"), "x=y");
  EXPECT_FALSE(request.Cookie("d").has_value());
  EXPECT_FALSE(request.Cookie("A").has_value());
  Request planted;
  planted.headers.Add("Cookie", "__Host-strongroom=1; __Host-strongroom=2");
  EXPECT_FALSE(planted.Cookie("__Host-strongroom").has_value());
}

TEST(Problem, HasTheStatusAndWordOfItsKind) {
  const std::vector<std::pair<vault::Error, int>> cases = {
      {vault::Invalid("x"), 400},  {vault::Denied("x"), 403},     {vault::NotFound("x"), 404},
      {vault::Conflict("x"), 409}, {vault::Held("x"), 409},       {vault::Expired("x"), 410},
      {vault::Corrupt("x"), 500},  {vault::Unavailable("x"), 503}};
  for (const auto& [error, status] : cases) {
    const Response response = Problem(error);
    EXPECT_EQ(response.status(), status);
    EXPECT_NE(response.whole()->text().find("\"kind\":\"" +
                                            std::string(vault::ErrcName(error.code)) + "\""),
              std::string_view::npos);
  }
  EXPECT_NE(ProblemWithStatus(401, vault::Errc::kDenied, "tabs\tand \xFF bytes")
                .whole()
                ->text()
                .find("\"detail\":\"tabs?and ? bytes\""),
            std::string_view::npos);
}

struct RangeCase {
  std::string header;
  std::uint64_t length;
  std::string outcome;
};

TEST(Range, ReadsOneRangeAndIgnoresWhatItDoesNotUnderstand) {
  const std::vector<RangeCase> cases = {
      {"bytes=0-0", 10, "0+1"},
      {"bytes=0-9", 10, "0+10"},
      {"bytes=2-5", 10, "2+4"},
      {"bytes=2-99", 10, "2+8"},
      {"bytes=2-", 10, "2+8"},
      {"bytes=9-", 10, "9+1"},
      {"bytes=-1", 10, "9+1"},
      {"bytes=-99", 10, "0+10"},
      {"bytes=5-18446744073709551615", 10, "5+5"},
      {"bytes=5-99999999999999999999999", 10, "5+5"},
      {"bytes=10-", 10, "416"},
      {"bytes=10-20", 10, "416"},
      {"bytes=99999999999999999999-", 10, "416"},
      {"bytes=-0", 10, "416"},
      {"bytes=0-", 0, "416"},
      {"bytes=-5", 0, "416"},
      {"bytes=5-2", 10, "whole"},
      {"bytes=0-1,3-4", 10, "whole"},
      {"bytes=", 10, "whole"},
      {"bytes=-", 10, "whole"},
      {"bytes=a-b", 10, "whole"},
      {"bytes=1 -2", 10, "whole"},
      {"bytes=+1-2", 10, "whole"},
      {"lines=1-2", 10, "whole"},
      {"1-2", 10, "whole"},
      {"", 10, "whole"},
  };
  for (const auto& [header, length, expected] : cases) {
    const auto outcome = ParseRange(header, length);
    std::string text = "whole";
    if (std::holds_alternative<Unsatisfiable>(outcome)) text = "416";
    if (const auto* range = std::get_if<ByteRange>(&outcome)) {
      text = std::to_string(range->first) + "+" + std::to_string(range->size());
    }
    EXPECT_EQ(text, expected) << header;
  }
  EXPECT_TRUE(std::holds_alternative<WholeContent>(ParseRange(std::nullopt, 10)));
  EXPECT_EQ((ByteRange{2, 6}).ContentRange(10), "bytes 2-5/10");
  EXPECT_EQ(UnsatisfiedContentRange(10), "bytes */10");
}

}  // namespace
}  // namespace service
