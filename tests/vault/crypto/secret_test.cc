#include "vault/crypto/secret.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <type_traits>
#include <vector>

#include "tests/support/crypto_environment.h"
#include "tests/support/sanitizers.h"

namespace vault {
namespace {

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_constructible_v<FileKey>);
static_assert(!std::is_convertible_v<AccessShare, ErasureShare>);

TEST(SecretBytes, StartsAsZerosOfTheGivenSize) {
  SecretBytes secret(33);
  ASSERT_EQ(secret.size(), 33u);
  EXPECT_TRUE(
      std::all_of(secret.view().begin(), secret.view().end(), [](int b) { return b == 0; }));
  EXPECT_TRUE(SecretBytes().empty());
  EXPECT_TRUE(SecretBytes(0).empty());
}

TEST(SecretBytes, MovingHandsTheBytesOverAndLeavesNothing) {
  const Bytes bytes = {1, 2, 3};
  SecretBytes first = SecretBytes::CopyOf(bytes);
  SecretBytes second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_EQ(ToBytes(second.view()), bytes);
  SecretBytes third(5);
  third = std::move(second);
  EXPECT_EQ(ToBytes(third.view()), bytes);
}

TEST(SecretBytes, EqualToSeesEveryByteAndTheLength) {
  const SecretBytes secret = SecretBytes::CopyOf(Bytes{1, 2, 3});
  EXPECT_TRUE(secret.EqualTo(Bytes{1, 2, 3}));
  EXPECT_FALSE(secret.EqualTo(Bytes{1, 2, 4}));
  EXPECT_FALSE(secret.EqualTo(Bytes{0, 2, 3}));
  EXPECT_FALSE(secret.EqualTo(Bytes{1, 2}));
  EXPECT_FALSE(secret.EqualTo(Bytes{1, 2, 3, 0}));
  EXPECT_TRUE(SecretBytes().EqualTo({}));
}

TEST(SecretBytes, ReadingPastTheEndKillsTheProcess) {
  const SecretBytes secret(16);
  EXPECT_DEATH(
      {
        const volatile std::uint8_t* end = secret.view().data() + 16;
        [[maybe_unused]] const std::uint8_t past = *end;
      },
      "");
}

// The block of a key is kept for the next one, so it can be looked at after the key went.
TEST(SecretBytes, OfAKeysSizeIsWipedWhenItGoesAndStartsAsZerosAgain) {
  const volatile std::uint8_t* block = nullptr;
  {
    SecretBytes secret(32);
    std::fill_n(secret.mutable_view().begin(), 32, std::uint8_t{0xA5});
    block = secret.view().data();
  }
  for (int i = 0; i < 32; ++i) EXPECT_EQ(block[i], 0) << i;
  const SecretBytes next(32);
  EXPECT_EQ(next.view().data(), block);
  EXPECT_TRUE(next.EqualTo(Bytes(32)));
}

TEST(SecretBytes, OfAKeysSizeIsNeverHandedOutTwice) {
  std::vector<std::thread> threads;
  for (std::uint8_t mark = 1; mark <= 4; ++mark) {
    threads.emplace_back([mark] {
      for (int round = 0; round < 50; ++round) {
        std::vector<SecretBytes> some;
        for (int i = 0; i < 50; ++i) some.push_back(SecretBytes::CopyOf(Bytes(32, mark)));
        for (const SecretBytes& one : some) ASSERT_TRUE(one.EqualTo(Bytes(32, mark)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Key, TakesExactlyItsOwnLength) {
  const Bytes bytes(33, 7);
  const auto view = ByteView(bytes);
  EXPECT_TRUE(AccessShare::FromBytes(view.first(32)).ok());
  EXPECT_TRUE(FileKey::FromBytes(view.first(16)).ok());
  for (std::size_t wrong : {0, 16, 31, 33}) {
    const auto key = AccessShare::FromBytes(view.first(wrong));
    ASSERT_FALSE(key.ok()) << wrong;
    EXPECT_EQ(key.error().code, Errc::kCorrupt);
  }
}

TEST(Key, ACloneHoldsTheSameBytesElsewhere) {
  SystemRandom random;
  const AccessShare key = AccessShare::Random(random);
  const AccessShare clone = key.Clone();
  EXPECT_EQ(ToBytes(key.view()), ToBytes(clone.view()));
  EXPECT_NE(key.view().data(), clone.view().data());
}

TEST(SystemRandom, TwoFillsDiffer) {
  SystemRandom random;
  EXPECT_NE(ToBytes(AccessShare::Random(random).view()),
            ToBytes(AccessShare::Random(random).view()));
  random.Fill({});
}

// The address sanitizer turns mlock into a no-op, so there is nothing to refuse there.
#ifndef STRONGROOM_UNDER_ADDRESS_SANITIZER
// Root may lock memory past any limit, so a child gives up root before it asks.
TEST(InitCrypto, RefusesWhereMemoryCannotBeLocked) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0) _exit(10);
    if (geteuid() == 0 && setuid(65534) != 0) _exit(11);
    const Status started = InitCrypto();
    if (started.ok()) _exit(12);
    _exit(started.error().code == Errc::kUnavailable ? 0 : 13);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
#endif

}  // namespace
}  // namespace vault
