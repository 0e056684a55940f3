#include "daemon/config.h"

#include <gtest/gtest.h>

namespace service {
namespace {

constexpr std::string_view kNeeded =
    "data = /srv/vault\ntls.certificate = c.pem\ntls.key = k.pem\n";

TEST(Config, HasADefaultForEverythingElse) {
  const auto config = Config::Parse(kNeeded);
  ASSERT_TRUE(config.ok()) << config.error().detail;
  EXPECT_EQ(config.value().data, "/srv/vault");
  EXPECT_EQ(config.value().host, "127.0.0.1");
  EXPECT_EQ(config.value().port, 8443);
  EXPECT_TRUE(config.value().cells.empty());
  EXPECT_EQ(config.value().clock_trust, ClockTrust::kOperator);
  EXPECT_EQ(config.value().document_limit, std::uint64_t{10} << 30);
  EXPECT_TRUE(config.value().metrics_host.empty());
  EXPECT_EQ(config.value().backup_warn_after, 24 * 3600);
}

TEST(Config, ReadsEveryKeyInSectionsAndWithout) {
  const auto config = Config::Parse(
      "# the vault of Marlshire\r\n"
      "data=/srv/vault\n"
      "cells = file:/a.cell , file:/b.cell\n"
      "listen = [::1]:9000\n"
      "public.url = https://vault.example/\n"
      "; certificates\n"
      "[tls]\n"
      "certificate = /etc/c.pem\n"
      "key = /etc/a = b.pem\n"
      "[unseal]\n"
      "credential = /run/credential\n"
      "[clock]\n"
      "trust = system\n"
      "[backup]\n"
      "warn_after = 72\n"
      "[limits]\n"
      "document = 512M\n"
      "[metrics]\n"
      "listen = [::1]:9464");
  ASSERT_TRUE(config.ok()) << config.error().detail;
  EXPECT_EQ(config.value().cells, (std::vector<std::string>{"file:/a.cell", "file:/b.cell"}));
  EXPECT_EQ(config.value().host, "::1");
  EXPECT_EQ(config.value().port, 9000);
  EXPECT_EQ(config.value().public_url, "https://vault.example");
  EXPECT_EQ(config.value().tls_key, "/etc/a = b.pem");
  EXPECT_EQ(config.value().unseal_credential, "/run/credential");
  EXPECT_EQ(config.value().clock_trust, ClockTrust::kSystem);
  EXPECT_EQ(config.value().backup_warn_after, 72 * 3600);
  EXPECT_EQ(config.value().document_limit, std::uint64_t{512} << 20);
  EXPECT_EQ(config.value().metrics_host, "::1");
  EXPECT_EQ(config.value().metrics_port, 9464);
}

TEST(Config, NamesTheLineOfWhatIsWrong) {
  const auto fault = [](std::string_view line) {
    const auto config = Config::Parse(std::string(kNeeded) + std::string(line) + "\n");
    return config.ok() ? std::string() : config.error().detail;
  };
  for (const std::string_view line :
       {"liste = :1", "listen = 8443", "listen = :65536", "listen = ::1:80", "clock.trust = ntp",
        "cells = /no/kind", "public.url = http://vault.example", "limits.document = 0",
        "limits.document = 9999G", "just words", "[open", "data = /twice", "unseal.credential ="}) {
    EXPECT_EQ(fault(line).rfind("line 4: ", 0), 0u) << line << ": " << fault(line);
  }
  EXPECT_FALSE(Config::Parse("data = /srv/vault\n").ok());
}

TEST(Config, TheAgeOfABackupIsAWholeNumberOfHours) {
  for (const std::string_view value : {"0", "8785", "-1", "1d", "", "1.5"}) {
    const auto config =
        Config::Parse(std::string(kNeeded) + "\nbackup.warn_after = " + std::string(value) + "\n");
    ASSERT_FALSE(config.ok()) << value;
    EXPECT_EQ(config.error().code, vault::Errc::kInvalid) << value;
  }
}

}  // namespace
}  // namespace service
