#include "vault/audit/checkpoint.h"

#include <gtest/gtest.h>

#include "tests/support/audit_log_fixture.h"
#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::string_view kOrigin = "docs.example.org/vault/log/1";
constexpr std::string_view kKnownKey =
    "docs.example.org/vault/log/1+8b8ac499+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
constexpr std::string_view kKnownNote =
    "docs.example.org/vault/log/1\n"
    "5\n"
    "5y1edTnqzPG/nzmqhZdbFPAM5tNXr37tMtaGJOeNNA8=\n"
    "\n"
    "\xE2\x80\x94 docs.example.org/vault/log/1 "
    "i4rEmdcsWQvCd0VPDTkQfR/vlONAIlvhC2+PPhDPVDstU67G2UFa8tCcQkgmDvqYJva08vc26fOd1Qha6yl21mlmnAA="
    "\n";

LogHash KnownRoot() {
  LogHash root{};
  const Bytes bytes = DecodeBase64("5y1edTnqzPG/nzmqhZdbFPAM5tNXr37tMtaGJOeNNA8=").value();
  std::copy(bytes.begin(), bytes.end(), root.begin());
  return root;
}

NoteKey KnownKey() { return NoteKey::Parse(kKnownKey).value(); }

TEST(NoteKey, IsTheKnownAnswer) {
  const SeedSigner signer;
  auto key = NoteKey::Of(std::string(kOrigin), signer.public_key());
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key.value().ToText(), kKnownKey);
  EXPECT_EQ(EncodeHex(key.value().id()), "8b8ac499");
  EXPECT_EQ(KnownKey().ToText(), kKnownKey);
  EXPECT_EQ(KnownKey().name(), kOrigin);
}

TEST(NoteKey, RefusesEveryChangedCharacter) {
  for (std::size_t i = 0; i < kKnownKey.size(); ++i) {
    std::string changed(kKnownKey);
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(NoteKey::Parse(changed).ok()) << changed;
    EXPECT_FALSE(NoteKey::Parse(kKnownKey.substr(0, i)).ok());
  }
  EXPECT_FALSE(NoteKey::Parse(std::string(kKnownKey) + "\n").ok());
}

TEST(NoteKey, RefusesNamesThatANoteCannotCarry) {
  const SigningPublicKey key = KnownKey().key();
  for (const std::string& name :
       {std::string(), std::string("two words"), std::string("a+b"), std::string("a\nb"),
        std::string("tab\t"), std::string("caf\xC3\xA9"), std::string(201, 'a')}) {
    auto refused = NoteKey::Of(name, key);
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_EQ(refused.error().code, Errc::kInvalid);
  }
}

TEST(Checkpoint, IsTheKnownAnswerByteForByte) {
  const SeedSigner signer;
  const std::string text = TreeHeadText({std::string(kOrigin), 5, KnownRoot()});
  EXPECT_EQ(SignedNote(text, KnownKey(), signer.Sign(AsBytes(text))), kKnownNote);
}

TEST(Checkpoint, OpensToWhatWasSigned) {
  auto head = OpenCheckpoint(kKnownNote, KnownKey());
  ASSERT_TRUE(head.ok()) << head.error().detail;
  EXPECT_EQ(head.value().origin, kOrigin);
  EXPECT_EQ(head.value().size, 5U);
  EXPECT_EQ(head.value().root, KnownRoot());
}

TEST(Checkpoint, RefusesEveryChangedAddedOrMissingByte) {
  const std::string note(kKnownNote);
  for (std::size_t i = 0; i < note.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = note;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_FALSE(OpenCheckpoint(changed, KnownKey()).ok()) << i << " " << bit;
    }
    EXPECT_FALSE(OpenCheckpoint(note.substr(0, i), KnownKey()).ok()) << i;
    for (const char added : {'\n', ' ', '0', 'A', '='}) {
      std::string longer = note;
      longer.insert(i, 1, added);
      EXPECT_FALSE(OpenCheckpoint(longer, KnownKey()).ok()) << i << " " << added;
    }
  }
  EXPECT_FALSE(OpenCheckpoint(note + "\n", KnownKey()).ok());
  EXPECT_FALSE(
      OpenCheckpoint(note + note.substr(note.rfind('\n', note.size() - 2) + 1), KnownKey()).ok());
}

TEST(Checkpoint, RefusesTheSignatureOfAnotherLogWithTheSameKey) {
  const SeedSigner signer;
  const NoteKey other = NoteKey::Of("docs.example.org/vault/log/2", signer.public_key()).value();
  EXPECT_FALSE(OpenCheckpoint(kKnownNote, other).ok());
}

}  // namespace
}  // namespace vault
