#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "tests/support/client_bench.h"
#include "tools/cli/output_file.h"
#include "tools/cli/token_file.h"

namespace tools {
namespace {

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned Mode(const std::string& path) {
  struct stat there {};
  CHECK(::stat(path.c_str(), &there) == 0);
  return there.st_mode & 0777;
}

std::size_t CountFiles(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

const std::string kToken(43, 'A');

TEST(TokenFile, OnlyItsOwnerMayReadIt) {
  ClientBench bench;
  const std::string path = bench.At("state/strongroom/token");
  const mode_t before = ::umask(0);
  auto written = WriteTokenFile(path, vault::Plaintext::CopyOf(vault::AsBytes(kToken)));
  ::umask(before);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(Mode(path), 0600U);
  EXPECT_EQ(Mode(bench.At("state")), 0700U);
  EXPECT_EQ(Mode(bench.At("state/strongroom")), 0700U);
  auto token = ReadTokenFile(path);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token.value().text(), kToken);
}

TEST(TokenFile, AnOpenFileOfThatNameBecomesPrivate) {
  ClientBench bench;
  const std::string path = bench.Write("token", "old");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  ASSERT_TRUE(WriteTokenFile(path, vault::Plaintext::CopyOf(vault::AsBytes(kToken))).ok());
  EXPECT_EQ(Mode(path), 0600U);
  EXPECT_EQ(CountFiles(bench.folder()), 1U);
}

TEST(TokenFile, WhatIsNoTokenIsNeverSent) {
  ClientBench bench;
  for (const std::string& text : {std::string("short"), kToken + "A", std::string(42, 'A') + " ",
                                  std::string(20, 'A') + "\r\n" + std::string(21, 'A')}) {
    auto token = ReadTokenFile(bench.Write("token", text));
    ASSERT_FALSE(token.ok());
    EXPECT_EQ(token.error().code, vault::Errc::kInvalid);
  }
  EXPECT_EQ(ReadTokenFile(bench.At("absent")).error().code, vault::Errc::kDenied);
  EXPECT_TRUE(RemoveTokenFile(bench.At("absent")).ok());
}

TEST(TokenFile, ItsPlaceFollowsTheEnvironment) {
  std::optional<std::string> state = "/state";
  std::optional<std::string> home = "/home/officer";
  const Variables variables = [&](std::string_view name) {
    return name == "XDG_STATE_HOME" ? state : name == "HOME" ? home : std::nullopt;
  };
  EXPECT_EQ(DefaultTokenFile(variables).value(), "/state/strongroom/token");
  state = "relative";
  EXPECT_EQ(DefaultTokenFile(variables).value(), "/home/officer/.local/state/strongroom/token");
  home.reset();
  EXPECT_FALSE(DefaultTokenFile(variables).ok());
}

TEST(OutputFile, AppearsOnlyWhenItIsWhole) {
  ClientBench bench;
  const std::string path = bench.Write("form.docx", "before");
  {
    auto file = OutputFile::Create(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file.value().Write(vault::AsBytes("half")).ok());
    EXPECT_EQ(Slurp(path), "before");
  }
  EXPECT_EQ(Slurp(path), "before");
  EXPECT_EQ(CountFiles(bench.folder()), 1U);

  auto file = OutputFile::Create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file.value().Write(vault::AsBytes("whole")).ok());
  ASSERT_TRUE(std::move(file).value().Finish().ok());
  EXPECT_EQ(Slurp(path), "whole");
  EXPECT_EQ(Mode(path), 0600U);
  EXPECT_EQ(CountFiles(bench.folder()), 1U);
}

TEST(OutputFile, ADeviceIsWrittenToAndNeverReplaced) {
  auto file = OutputFile::Create("/dev/null");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file.value().Write(vault::AsBytes("gone")).ok());
  ASSERT_TRUE(std::move(file).value().Finish().ok());
  struct stat there {};
  ASSERT_EQ(::stat("/dev/null", &there), 0);
  EXPECT_TRUE(S_ISCHR(there.st_mode));
  EXPECT_EQ(OutputFile::Create("/").error().code, vault::Errc::kConflict);
}

}  // namespace
}  // namespace tools
