// Whom the client trusts: the certificate it was given, for the names it is for.
#include <gtest/gtest.h>

#include "tests/support/client_server.h"

namespace tools {
namespace {

using service::Request;
using service::Response;

TEST_F(TheClient, TrustsOnlyTheCertificateItWasGiven) {
  AnswerJson(service::Verb::kGet, "/api/v1/status", R"({"sealed":true})");
  Start();
  EXPECT_EQ(bench.Run({"status"}).exit, 0);
  const Authority other({});
  const auto outcome = bench.Run({"status", "--ca", other.certificate()});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("certificate"), std::string::npos) << outcome.err;
  EXPECT_EQ(asked().size(), 1U);
}

TEST_F(TheClient, TrustsACertificateOnlyForItsOwnNames) {
  AnswerJson(service::Verb::kGet, "/api/v1/status", R"({"sealed":true})");
  host = "127.0.0.2";
  Start();
  const auto outcome = bench.Run({"status"});
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_NE(outcome.err.find("certificate"), std::string::npos) << outcome.err;
  EXPECT_TRUE(asked().empty());
}

TEST_F(TheClient, TrustsACertificateForEachOfItsNames) {
  const Authority named({"127.0.0.2"});
  AnswerJson(service::Verb::kGet, "/api/v1/status", R"({"sealed":true})");
  host = "127.0.0.2";
  StartWith(named);
  EXPECT_EQ(bench.Run({"status"}).exit, 0);
}

}  // namespace
}  // namespace tools
