// Adoption: every text of the rules stands in the log before anything is done under it.
#include "vault/adoption.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/disposal_world.h"

namespace vault {
namespace {

const std::string kFirst(64, '1');
const std::string kSecond(64, '2');

class AdoptionTest : public DisposalWorld {
 protected:
  // StartUnder opens the vault with these texts, and gives what the log says of rules.
  std::vector<std::string> StartUnder(std::vector<RuleText> texts) {
    world.Seal();
    VaultWorld under = world.world();
    under.rule_texts = std::move(texts);
    auto sealed = SealedVault::At(under, world.place());
    EXPECT_TRUE(sealed.ok());
    auto opened =
        sealed.value().UnsealWithPassphrase(AsBytes(TestVault::kPassphrase), std::nullopt);
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    const auto lock = opened.value()->Locked();
    std::vector<std::string> told;
    for (std::uint64_t i = 0; i < opened.value()->log().size(); ++i) {
      const std::string entry = opened.value()->log().EntryText(i).value();
      if (entry.find("type policy.") == std::string::npos) continue;
      // Without the first line and the time.
      std::string lines = entry.substr(entry.find("type "));
      const std::size_t time = lines.find("time ");
      lines.erase(time, lines.find('\n', time) + 1 - time);
      told.push_back(std::move(lines));
    }
    return told;
  }
};

std::string Adopted(std::string_view id, int version, const std::string& sha256) {
  return "type policy.adopted\ntemplate " + std::string(id) + "\nversion " +
         std::to_string(version) + "\nsha256 " + sha256 + "\n";
}

using Told = std::vector<std::string>;

TEST_F(AdoptionTest, EveryTextIsLoggedOnceWithItsDigest) {
  const std::vector<RuleText> texts = {{"macfa", 1, kFirst}, {"mash", 1, kSecond}};
  const Told both = {Adopted("macfa", 1, kFirst), Adopted("mash", 1, kSecond)};
  EXPECT_EQ(StartUnder(texts), both);
  EXPECT_EQ(StartUnder(texts), both);
}

TEST_F(AdoptionTest, ALocalChangeIsAVersionOfItsOwn) {
  StartUnder({{"macfa", 1, kFirst}});
  EXPECT_EQ(StartUnder({{"macfa", 1, kFirst}, {"macfa", 101, kSecond}}),
            (Told{Adopted("macfa", 1, kFirst), Adopted("macfa", 101, kSecond)}));
}

TEST_F(AdoptionTest, ATextThatWasChangedInPlaceIsToldWithTheDigestItHad) {
  StartUnder({{"macfa", 1, kFirst}});
  const Told told = StartUnder({{"macfa", 1, kSecond}});
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1], Adopted("macfa", 1, kSecond) + "before-sha256 " + kFirst + "\n");
}

TEST_F(AdoptionTest, ATextThatIsGoneIsTold) {
  StartUnder({{"macfa", 1, kFirst}, {"macfa", 101, kSecond}});
  const Told told = StartUnder({{"macfa", 1, kFirst}});
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[2], "type policy.dropped\ntemplate macfa\nversion 101\nsha256 " + kSecond + "\n");
  // And it is new when it comes back.
  EXPECT_EQ(StartUnder({{"macfa", 1, kFirst}, {"macfa", 101, kSecond}}).size(), 4u);
}

TEST_F(AdoptionTest, ALogOfAnotherNameTellsEverythingAnew) {
  StartUnder({{"macfa", 1, kFirst}});
  Inside([](KeyKeeper&, Database& database) {
    const std::string other = "other.example/log\nmacfa 1 " + kFirst + "\n";
    ASSERT_TRUE(database.Prepare("UPDATE meta SET value = ? WHERE key = 'rules'")
                    .Bind(AsBytes(other))
                    .Run()
                    .ok());
  });
  EXPECT_EQ(StartUnder({{"macfa", 1, kFirst}}).size(), 2u);
  EXPECT_EQ(StartUnder({{"macfa", 1, kFirst}}).size(), 2u);
}

TEST_F(AdoptionTest, WhoSaysNothingOfRulesChangesNothing) {
  StartUnder({{"macfa", 1, kFirst}});
  EXPECT_EQ(StartUnder({}).size(), 1u);
  EXPECT_EQ(StartUnder({{"macfa", 1, kFirst}}).size(), 1u);
}

}  // namespace
}  // namespace vault
