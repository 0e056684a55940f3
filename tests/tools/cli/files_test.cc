#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

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

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::string Letters(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 7 % 26 + i / 100000);
  return text;
}

// Limited lets no file of this process grow beyond some bytes, as a disk that fills up.
class Limited {
 public:
  explicit Limited(std::size_t bytes) : before_(::signal(SIGXFSZ, SIG_IGN)) {
    CHECK(::getrlimit(RLIMIT_FSIZE, &limit_) == 0);
    struct rlimit lower = limit_;
    lower.rlim_cur = bytes;
    CHECK(::setrlimit(RLIMIT_FSIZE, &lower) == 0);
  }
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;
  ~Limited() {
    CHECK(::setrlimit(RLIMIT_FSIZE, &limit_) == 0);
    ::signal(SIGXFSZ, before_);
  }

 private:
  struct rlimit limit_ {};
  void (*before_)(int);
};

TEST(OutputFile, ALongOneHoldsEveryByteInItsOrder) {
  ClientBench bench;
  const std::string text = Letters(10 * kMiB + 17);  // ten buffers, and past an early write-out
  const std::string path = bench.At("long");
  for (const std::size_t step : {std::size_t{30011}, 256 * std::size_t{1024}, 3 * kMiB}) {
    auto file = OutputFile::Create(path);
    ASSERT_TRUE(file.ok());
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, step);
      // What is handed over may change at once.
      std::string lent(part);
      ASSERT_TRUE(file.value().Write(vault::AsBytes(lent)).ok());
      lent.assign(lent.size(), '#');
      rest.remove_prefix(part.size());
    }
    ASSERT_TRUE(std::move(file).value().Finish().ok());
    EXPECT_TRUE(Slurp(path) == text) << step;
    EXPECT_EQ(Mode(path), 0600U);
    EXPECT_EQ(CountFiles(bench.folder()), 1U);
  }
}

TEST(OutputFile, ALongOneThatIsCutOffLeavesWhatWasThere) {
  ClientBench bench;
  const std::string path = bench.Write("long", "before");
  for (const std::size_t size : {kMiB - 1, kMiB, kMiB + 1, 9 * kMiB}) {
    auto file = OutputFile::Create(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file.value().Write(vault::AsBytes(Letters(size))).ok());
    EXPECT_EQ(CountFiles(bench.folder()), 2U);
    // Moved as it is into its sink; what was moved from holds no part of it.
    OutputFile moved = std::move(file).value();
    EXPECT_EQ(CountFiles(bench.folder()), 2U);
    EXPECT_EQ(Slurp(path), "before");
  }
  EXPECT_EQ(CountFiles(bench.folder()), 1U);
  EXPECT_EQ(Slurp(path), "before");
}

TEST(OutputFile, WhatCannotBeWrittenIsHeardAtTheLatestAtTheEndAndLeavesWhatWasThere) {
  ClientBench bench;
  const std::string path = bench.Write("long", "before");
  for (const std::size_t size : {kMiB / 2, 5 * kMiB}) {
    auto file = OutputFile::Create(path);
    ASSERT_TRUE(file.ok());
    const Limited limited(kMiB / 4);
    vault::Status written = vault::Ok();
    const std::string part = Letters(100000);
    for (std::size_t done = 0; done < size && written.ok(); done += part.size()) {
      written = file.value().Write(vault::AsBytes(part));
    }
    // A long one ends there; it does not go on to its last byte.
    EXPECT_EQ(written.ok(), size < kMiB);
    const vault::Status finished = std::move(file).value().Finish();
    ASSERT_FALSE(finished.ok());
    EXPECT_EQ(finished.error().code, vault::Errc::kUnavailable);
    EXPECT_TRUE(finished.error().detail.starts_with("the output: ")) << finished.error().detail;
    EXPECT_EQ(finished.error().detail.find(bench.folder()), std::string::npos);
    EXPECT_EQ(Slurp(path), "before");
  }
  EXPECT_EQ(CountFiles(bench.folder()), 1U);
}

TEST(OutputFile, WhatCannotBeMadeSaysWhy) {
  ClientBench bench;
  const auto file = OutputFile::Create(bench.At("absent/form.docx"));
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, vault::Errc::kUnavailable);
  EXPECT_EQ(file.error().detail, "the output: a file cannot be made: its folder does not exist");
}

TEST(OutputFile, APipeGetsItsBytesAtOnce) {
  ClientBench bench;
  const std::string path = bench.At("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  auto file = OutputFile::Create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file.value().Write(vault::AsBytes("now")).ok());
  char got[8];
  EXPECT_EQ(::read(reader, got, sizeof got), 3);
  EXPECT_EQ(std::string_view(got, 3), "now");
  ASSERT_TRUE(std::move(file).value().Finish().ok());
  ::close(reader);
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
