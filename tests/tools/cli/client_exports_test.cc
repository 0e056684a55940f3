// The client's exports: the log, an inspector's pack, a report.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/support/client_server.h"
#include "vault/world.h"

namespace tools {
namespace {

using service::Request;
using service::Response;

TEST_F(TheClient, ExportsTheLogAndDropsWhatIsNoPartOfItAnyMore) {
  AnswerBytes(service::Verb::kGet, "/log/checkpoint", "vault.example/log\n257\nroot=\n\n— x y\n");
  AnswerBytes(service::Verb::kGet, "/log/vkey", "vault.example/log+00000000+AAAA\n");
  Answer(service::Verb::kGet, "/log/tile/{path...}",
         [](Request& request) -> vault::Result<Response> {
           // The partial tile has grown past one meanwhile: only the full name answers.
           if (request.Capture("path") == "1/000.p/1") return vault::NotFound("no such tile");
           const std::string bytes =
               request.Capture("path") == "1/000" ? std::string(64, 'h') : request.Capture("path");
           return Response::Of(200, "application/octet-stream", bytes);
         });
  Start();
  std::filesystem::create_directories(bench.At("log/tile/0/000.p"));
  bench.Write("log/tile/0/000.p/7", "old");
  bench.Write("log/checkpoint", "old");
  const auto outcome = bench.Run({"log", "export", bench.At("log"), "--json"});
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("log/checkpoint")), "vault.example/log\n257\nroot=\n\n— x y\n");
  EXPECT_EQ(Slurp(bench.At("log/vkey")), "vault.example/log+00000000+AAAA\n");
  EXPECT_EQ(Slurp(bench.At("log/tile/0/000")), "0/000");
  EXPECT_EQ(Slurp(bench.At("log/tile/0/001.p/1")), "0/001.p/1");
  EXPECT_EQ(Slurp(bench.At("log/tile/1/000.p/1")), std::string(32, 'h'));
  EXPECT_EQ(Slurp(bench.At("log/tile/entries/000")), "entries/000");
  EXPECT_EQ(Slurp(bench.At("log/tile/entries/001.p/1")), "entries/001.p/1");
  EXPECT_FALSE(std::filesystem::exists(bench.At("log/tile/0/000.p")));

  bench.Write("log/mine.txt", "x");
  EXPECT_EQ(bench.Run({"log", "export", bench.At("log")}).exit, 1);
  EXPECT_EQ(Slurp(bench.At("log/mine.txt")), "x");
}

TEST_F(TheClient, PutsEverythingAnInspectorAsksForIntoOneFolder) {
  AnswerJson(service::Verb::kGet, "/api/v1/reports", R"([{"id":"holds"},{"id":"overdue"}])");
  Answer(service::Verb::kGet, "/api/v1/reports/{name}",
         [](Request& request) -> vault::Result<Response> {
           return Response::Of(200, "text/csv", "report\r\n" + request.Capture("name") + "\r\n");
         });
  AnswerJson(service::Verb::kGet, "/api/v1/disposals",
             R"([{"id":")" + kId + R"(","certificate":true},{"id":"b","certificate":false}])");
  AnswerBytes(service::Verb::kGet, "/api/v1/disposals/{id}/certificate", "a certificate");
  AnswerBytes(service::Verb::kGet, "/log/checkpoint", "vault.example/log\n1\nroot=\n\n— x y\n");
  AnswerBytes(service::Verb::kGet, "/log/vkey", "vault.example/log+00000000+AAAA\n");
  Answer(service::Verb::kGet, "/log/tile/{path...}",
         [](Request& request) -> vault::Result<Response> {
           return Response::Of(200, "application/octet-stream", request.Capture("path"));
         });
  Start();
  const auto outcome =
      bench.Run({"evidence", "-o", bench.At("pack"), "--from", "2026-01-01", "--json"});
  ASSERT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(Slurp(bench.At("pack/reports/holds.csv")), "report\r\nholds\r\n");
  EXPECT_EQ(Slurp(bench.At("pack/certificates/" + kId + ".txt")), "a certificate");
  EXPECT_FALSE(std::filesystem::exists(bench.At("pack/certificates/b.txt")));
  EXPECT_EQ(Slurp(bench.At("pack/log/tile/0/000.p/1")), "0/000.p/1");
  EXPECT_EQ(asked().at(1).query.at("from"), "2026-01-01");
  EXPECT_EQ(asked().at(1).query.at("format"), "csv");
  // The manifest names every other file, with the digest of what is in it.
  const std::string manifest = Slurp(bench.At("pack/manifest.txt"));
  EXPECT_NE(manifest.find("  README.txt\n"), std::string::npos);
  EXPECT_NE(manifest.find(vault::Sha256Hex(vault::AsBytes("a certificate")) + "  certificates/" +
                          kId + ".txt\n"),
            std::string::npos)
      << manifest;
  EXPECT_EQ(std::count(manifest.begin(), manifest.end(), '\n'), 8);
  // Nothing is mixed into what is there.
  EXPECT_EQ(bench.Run({"evidence", "-o", bench.At("pack")}).exit, 1);
}

TEST_F(TheClient, PrintsAReportAsItComesOrPutsItIntoAFile) {
  AnswerBytes(service::Verb::kGet, "/api/v1/reports/{name}", "a,b\r\n1,2\r\n");
  Start();
  EXPECT_EQ(bench.Run({"report", "holds"}).out, "a,b\r\n1,2\r\n");
  EXPECT_EQ(bench.Run({"report", "holds", "-o", bench.At("holds.csv")}).exit, 0);
  EXPECT_EQ(Slurp(bench.At("holds.csv")), "a,b\r\n1,2\r\n");
}

}  // namespace
}  // namespace tools
