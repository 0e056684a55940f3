#include "tools/cli/console.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

#include "tests/support/client_bench.h"
#include "tests/support/memory_descriptor.h"

namespace tools {
namespace {

using vault::MemoryDescriptor;

std::string FromInput(const std::string& typed) {
  MemoryDescriptor in(typed);
  auto secret = ReadSecret({in.get(), -1, -1}, "Password", std::nullopt);
  return secret.ok() ? std::string(secret.value().text())
                     : std::string(vault::ErrcName(secret.error().code));
}

TEST(Secrets, OneTrailingNewlineIsNoPartOfTheSecret) {
  EXPECT_EQ(FromInput("correct horse\n"), "correct horse");
  EXPECT_EQ(FromInput("correct horse"), "correct horse");
  EXPECT_EQ(FromInput("correct horse\r\n"), "correct horse");
  EXPECT_EQ(FromInput("correct horse\n\n"), "correct horse\n");
  EXPECT_EQ(FromInput(" spaces stay \n"), " spaces stay ");
}

TEST(Secrets, AnEmptyOrEndlessSecretIsRefused) {
  EXPECT_EQ(FromInput(""), "invalid");
  EXPECT_EQ(FromInput("\n"), "invalid");
  EXPECT_EQ(FromInput(std::string(64 * 1024, 'a')), std::string(64 * 1024, 'a'));
  EXPECT_EQ(FromInput(std::string(80 * 1024, 'a')), "invalid");
}

TEST(Secrets, TwoOfThemComeFromTwoLinesOfTheInput) {
  MemoryDescriptor in("old one\nnew one\n");
  const Console console{in.get(), -1, -1};
  auto first = ReadSecretLine(console, "Old", std::nullopt);
  auto second = ReadSecretLine(console, "New", std::nullopt);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first.value().text(), "old one");
  EXPECT_EQ(second.value().text(), "new one");
}

TEST(Secrets, AFileIsTakenBeforeTheInput) {
  ClientBench bench;
  const std::string path = bench.Write("password", "from the file\n");
  MemoryDescriptor in("from the input");
  auto secret = ReadSecret({in.get(), -1, -1}, "Password", path);
  ASSERT_TRUE(secret.ok());
  EXPECT_EQ(secret.value().text(), "from the file");
  EXPECT_EQ(::lseek(in.get(), 0, SEEK_CUR), 0);
  auto absent = ReadSecretFile(bench.At("absent"));
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, vault::Errc::kNotFound);
}

// A person at a terminal: the keyboard side is ours.
class Terminal {
 public:
  Terminal() : keyboard_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    CHECK(keyboard_ >= 0 && ::grantpt(keyboard_) == 0 && ::unlockpt(keyboard_) == 0);
    screen_ = ::open(::ptsname(keyboard_), O_RDWR | O_NOCTTY);
    CHECK(screen_ >= 0);
  }
  ~Terminal() {
    ::close(screen_);
    ::close(keyboard_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  int screen() const { return screen_; }
  bool echoes() const {
    termios now{};
    CHECK(::tcgetattr(screen_, &now) == 0);
    return (now.c_lflag & ECHO) != 0;
  }

  // Answer waits for the prompt, types, and gives everything the screen showed.
  struct Shown {
    std::string screen;
    vault::Result<vault::Plaintext> secret;
  };
  Shown Answer(const std::string& typed) {
    std::string shown;
    std::thread person([&] {
      char c = 0;
      while (!shown.ends_with(": ") && ::read(keyboard_, &c, 1) == 1) shown += c;
      CHECK(::write(keyboard_, typed.data(), typed.size()) == static_cast<ssize_t>(typed.size()));
    });
    auto secret = ReadSecret({screen_, -1, screen_}, "PIN", std::nullopt);
    person.join();
    ::fcntl(keyboard_, F_SETFL, O_NONBLOCK);
    char rest[256];
    for (ssize_t n; (n = ::read(keyboard_, rest, sizeof rest)) > 0;) {
      shown.append(rest, static_cast<std::size_t>(n));
    }
    return {shown, std::move(secret)};
  }

 private:
  int keyboard_;
  int screen_ = -1;
};

TEST(Secrets, WhatIsTypedAtAPromptIsNotShown) {
  Terminal terminal;
  const auto shown = terminal.Answer("12345678\n");
  ASSERT_TRUE(shown.secret.ok());
  EXPECT_EQ(shown.secret.value().text(), "12345678");
  EXPECT_EQ(shown.screen, "PIN: \r\n");
  EXPECT_TRUE(terminal.echoes());
}

TEST(Secrets, AnInterruptedPromptGivesTheEchoBack) {
  Terminal terminal;
  const auto shown = terminal.Answer("1234\x03");
  ASSERT_FALSE(shown.secret.ok());
  EXPECT_EQ(shown.secret.error().detail, "interrupted");
  EXPECT_TRUE(terminal.echoes());
}

}  // namespace
}  // namespace tools
