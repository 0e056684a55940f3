// What the operator is told about a configuration that cannot be used.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/config.h"

namespace service {
namespace {

const std::string kNeeded =
    "data = /srv/vault\n"
    "tls.certificate = /etc/strongroom/tls.pem\n"
    "tls.key = /etc/strongroom/tls.key\n";

std::string ErrorOf(const std::string& text) {
  const auto config = Config::Parse(text);
  if (config.ok()) return "";
  EXPECT_EQ(config.error().code, vault::Errc::kInvalid);
  return config.error().detail;
}

struct BadLine {
  std::string line;
  std::string detail;
};

TEST(ConfigFaults, AreNamedWithTheirLineAndTheirReason) {
  const std::string address = "an address to listen on is HOST:PORT";
  const std::string port = "a port is a number from 0 to 65535";
  const std::string metrics = "metrics are for this machine alone: 127.0.0.1:PORT or [::1]:PORT";
  const std::string url = "a public address begins with https://";
  const std::string limit = "a limit is a number of bytes, or one with K, M or G";
  const std::vector<BadLine> cases = {
      {"dat = x", "there is no such key"},
      {"Listen = 127.0.0.1:1", "there is no such key"},
      {"= x", "there is no such key"},
      {"data = /other", "this key was set before"},
      {"listen", "a line is key = value"},
      {"[tls", "a section is written [name]"},
      {"unseal.credential =", "a value is missing"},
      {"cells =", "a cell is KIND:PATH"},
      {"cells = file:/a,,file:/b", "a cell is KIND:PATH"},
      {"listen = localhost", address},
      {"listen = localhost:", port},
      {"listen = localhost:+1", port},
      {"listen = localhost:08", port},
      {"listen = ::1:8443", "an IPv6 address stands in brackets"},
      {"metrics.listen = 0.0.0.0:9464", metrics},
      {"metrics.listen = localhost:9464", metrics},
      {"metrics.listen = 9464", address},
      {"metrics.path = /m", "there is no such key"},
      {"public.url = https://", url},
      {"public.url = https://a.example/?b", url},
      {"public.url = https://a.example/#b", url},
      {"clock.trust = yes", "clock.trust is operator or system"},
      {"limits.document = -1", limit},
      {"limits.document = 1.5G", limit},
      {"limits.document = 10T", limit},
      {"limits.document = 1025G", limit},
      {"limits.document = 99999999999999999999", limit},
  };
  for (const auto& [line, detail] : cases) {
    EXPECT_EQ(ErrorOf(kNeeded + "\n# a comment\n" + line + "\n"), "line 6: " + detail) << line;
  }
}

TEST(ConfigFaults, AKeyOfAPartThatDoesNotExistIsNotPassedOver) {
  for (const std::string key :
       {"intake.folder", "intake.maildir", "scan.clamd", "portal.name", "limits.something"}) {
    EXPECT_EQ(ErrorOf(kNeeded + key + " = x\n"),
              "line 4: not built yet: this part of the service does not exist")
        << key;
  }
  EXPECT_EQ(ErrorOf(kNeeded + "[scan]\nclamd = x\n"),
            "line 5: not built yet: this part of the service does not exist");
}

TEST(ConfigFaults, MailIsAllThereAndNeverInClearToAnotherMachine) {
  EXPECT_EQ(ErrorOf(kNeeded + "smtp.from = a@unit.example\n"), "mail needs the key smtp.host");
  const std::string host = kNeeded + "smtp.host = mail.example\n";
  EXPECT_EQ(ErrorOf(host), "mail needs the key smtp.from");
  const std::string mail = host + "smtp.from = a@unit.example\n";
  EXPECT_EQ(ErrorOf(mail), "");
  EXPECT_EQ(ErrorOf(mail + "smtp.user = us\n"), "smtp.user and smtp.password.file belong together");
  EXPECT_EQ(ErrorOf(mail + "smtp.security = none\n"),
            "smtp.security = none is for a mail server on this machine, without an account");
  EXPECT_EQ(ErrorOf(mail + "smtp.security = maybe\n"),
            "line 6: smtp.security is starttls, tls or none");
  EXPECT_EQ(ErrorOf(mail + "smtp.port = 0\n"), "line 6: a port is a number from 1 to 65535");
  EXPECT_EQ(ErrorOf(host + "smtp.from = nobody\n"), "line 5: smtp.from is an e-mail address");
}

TEST(ConfigFaults, NeverRepeatAValue) {
  const std::string secret = "Zx81secretZx81";
  for (const std::string& line : {secret + " = x", "clock.trust = " + secret, "listen = " + secret,
                                  "limits.document = " + secret, "public.url = " + secret,
                                  "cells = " + secret, secret, "[" + secret}) {
    const std::string detail = ErrorOf(kNeeded + line + "\n");
    EXPECT_NE(detail, "");
    EXPECT_EQ(detail.find(secret), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace service
