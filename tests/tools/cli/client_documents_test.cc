// The client with documents: what is filed and opened is the same, byte for byte, or not there.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "daemon/http/range.h"
#include "tests/support/client_server.h"

namespace tools {
namespace {

using service::Request;
using service::Response;

std::string Pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 131 >> 3);
  return text;
}

TEST_F(TheClient, FilesSeveralDocumentsByteForByte) {
  std::atomic<int> count{0};
  Answer(service::Verb::kPost, "/api/v1/documents", [&](Request&) {
    return Response::OfJson(200, R"({"id":")" + std::to_string(++count) + R"(","version":1})");
  });
  Start();
  const std::string large = Pattern(3'000'000);
  const auto outcome =
      bench.Run({"file", bench.Write("a b.docx", large), bench.Write("empty.txt", ""), "--matter",
                 "MACFA-2026-1", "--class", "FRM", "--subject", "S01", "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "[{\"id\":\"1\",\"version\":1},{\"id\":\"2\",\"version\":1}]\n");
  ASSERT_EQ(asked().size(), 2U);
  EXPECT_EQ(asked()[0].query.at("name"), "a b.docx");
  EXPECT_EQ(asked()[0].query.at("subject"), "S01");
  EXPECT_EQ(asked()[0].query.count("agency"), 0U);
  EXPECT_TRUE(asked()[0].body == large);
  EXPECT_EQ(asked()[0].length, "3000000");
  EXPECT_EQ(asked()[1].length, "0");
}

TEST_F(TheClient, FilesStandardInputWithoutKnowingItsSize) {
  AnswerJson(service::Verb::kPost, "/api/v1/documents", R"({"id":"1"})");
  Start();
  bench.input = Pattern(700'000);
  const auto outcome =
      bench.Run({"file", "-", "--name", "scan.pdf", "--matter", "M", "--class", "REP"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(asked().at(0).length, "");
  EXPECT_TRUE(asked().at(0).body == bench.input);
}

TEST_F(TheClient, TellsWhatWasFiledBeforeAFileFailed) {
  AnswerJson(service::Verb::kPost, "/api/v1/documents", R"({"id":"1"})");
  Start();
  const auto outcome = bench.Run({"file", bench.Write("a", "x"), bench.At("absent"), "--matter",
                                  "M", "--class", "FRM", "--json"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(outcome.out, "[{\"id\":\"1\"}]\n");
  EXPECT_EQ(outcome.err, "strongroom: not-found: no such file (file 2 of 2)\n");
}

TEST_F(TheClient, OpensADocumentIntoAFile) {
  const std::string bytes = Pattern(1'000'000);
  Answer(service::Verb::kGetOnly, "/api/v1/documents/{d}/content", [&](Request&) {
    Response response = Response::Of(200, "application/octet-stream", bytes);
    response.Add("Strongroom-Version", "2");
    return response;
  });
  Start();
  const auto outcome =
      bench.Run({"get", kId + "@2", "-o", bench.At("out"), "--reason", "access request", "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_TRUE(Slurp(bench.At("out")) == bytes);
  EXPECT_EQ(outcome.out, R"({"id":")" + kId + R"(","file":")" + bench.At("out") +
                             R"(","bytes":1000000,"version":2})" + "\n");
  EXPECT_EQ(asked().at(0).query.at("version"), "2");
  EXPECT_EQ(asked().at(0).query.at("reason"), "access request");
  EXPECT_EQ(bench.Run({"get", kId}).out, bytes);
}

TEST_F(TheClient, ARangeThatIsNotGivenIsNoSuccess) {
  AnswerBytes(service::Verb::kGetOnly, "/api/v1/documents/{d}/content", "whole");
  Start();
  const auto outcome = bench.Run({"get", kId, "--range", "0-1", "-o", bench.At("out")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(asked().at(0).range, "bytes=0-1");
  EXPECT_FALSE(std::filesystem::exists(bench.At("out")));
}

TEST_F(TheClient, ADownloadThatBreaksLeavesNoFile) {
  // Promises ten bytes and breaks after four.
  class Breaking : public service::BodyReader {
   public:
    vault::Result<std::size_t> Read(vault::MutableByteView out) override {
      if (done_) return vault::Corrupt("a chunk fails");
      done_ = true;
      std::fill_n(out.begin(), 4, std::uint8_t{'x'});
      return std::size_t{4};
    }

   private:
    bool done_ = false;
  };
  Answer(service::Verb::kGetOnly, "/api/v1/documents/{d}/content", [](Request&) {
    return Response::Streaming(200, "application/octet-stream", {std::make_unique<Breaking>(), 10});
  });
  Start();
  const auto outcome = bench.Run({"get", kId, "-o", bench.At("out")});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_TRUE(outcome.err.starts_with("strongroom: unavailable: ")) << outcome.err;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(bench.folder())) {
    EXPECT_EQ(entry.path().filename(), "token");
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(TheClient, OpensALinkAtTheServerThatItNames) {
  AnswerJson(service::Verb::kPost, "/api/v1/links/{l}/open",
             R"({"reservation":"R","documents":[{"n":1,"name":"form.docx","size":5}],)"
             R"("until":"2026-04-09T12:00:00+01:00"})");
  AnswerBytes(service::Verb::kPost, "/api/v1/links/{l}/documents/{n}", "bytes");
  Start();
  const std::string link = url() + "/s/" + kLink + "#" + kSecret;
  bench.environment["STRONGROOM_SERVER"] = "https://localhost:1";
  const auto outcome = bench.Run({"share", "open", link, "--pin-file",
                                  bench.Write("pin", "12345678\n"), "-o", bench.At("out")});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("out")), "bytes");
  EXPECT_EQ(asked().at(0).path, "/api/v1/links/" + kLink + "/open");
  EXPECT_EQ(asked().at(0).body, R"({"secret":")" + kSecret + R"(","pin":"12345678"})");
  EXPECT_EQ(asked().at(0).authorization, "");
  EXPECT_EQ(asked().at(1).body, R"({"secret":")" + kSecret + R"(","reservation":"R"})");
}

TEST_F(TheClient, PutsSeveralDocumentsOfALinkIntoAFolder) {
  AnswerJson(service::Verb::kPost, "/api/v1/links/{l}/open",
             R"({"reservation":"R","documents":[{"n":1,"name":"../form.docx","size":1},)"
             R"({"n":2,"name":"form.docx","size":1}],"until":"2026-04-09T12:00:00+01:00"})");
  Answer(service::Verb::kPost, "/api/v1/links/{l}/documents/{n}", [](Request& request) {
    return Response::Of(200, "application/octet-stream", request.Capture("n"));
  });
  Start();
  const auto outcome =
      bench.Run({"share", "open", url() + "/s/" + kLink + "#" + kSecret, "--pin-file",
                 bench.Write("pin", "12345678"), "-o", bench.Write("out", "in the way"), "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("out")), "in the way");
  EXPECT_EQ(Slurp(bench.At("out.documents/form.docx")), "1");
  EXPECT_EQ(Slurp(bench.At("out.documents/2-form.docx")), "2");
}

}  // namespace
}  // namespace tools
