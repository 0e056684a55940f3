#include "vault/audit/proof.h"

#include <gtest/gtest.h>

#include "tests/support/audit_log_fixture.h"
#include "vault/base/text.h"

namespace vault {
namespace {

class ProofTest : public AuditLogFixture {
 protected:
  NoteKey Key() const { return NoteKey::Parse(log_->VerifierKey()).value(); }
};

TEST_F(ProofTest, HasTheLinesOfTheSpecification) {
  Grow(3);
  const LogHash leaf2 = HashLeaf(AsBytes(NumberedEntry(2).text()));
  const LogHash leaf0 = HashLeaf(AsBytes(NumberedEntry(0).text()));
  EXPECT_EQ(log_->Proof(1).value(), "c2sp.org/tlog-proof@v1\nindex 1\n" + EncodeBase64(leaf0) +
                                        "\n" + EncodeBase64(leaf2) + "\n\n" +
                                        log_->Checkpoint().value());
}

TEST_F(ProofTest, VerifiesEveryEntryOfEveryLogUpTo40AndNoOther) {
  for (std::uint64_t size = 1; size <= 40; ++size) {
    Grow(size);
    for (std::uint64_t index = 0; index < size; ++index) {
      auto proof = ParseProof(log_->Proof(index).value());
      ASSERT_TRUE(proof.ok());
      EXPECT_EQ(proof.value().index, index);
      auto head = VerifyProof(proof.value(), NumberedEntry(index).text(), Key());
      ASSERT_TRUE(head.ok()) << head.error().detail;
      EXPECT_EQ(head.value().size, size);
      EXPECT_FALSE(VerifyProof(proof.value(), NumberedEntry(index + 1).text(), Key()).ok());
    }
    EXPECT_EQ(log_->Proof(size).error().code, Errc::kNotFound);
  }
}

TEST_F(ProofTest, WritesBackExactlyWhatItRead) {
  Grow(7);
  for (const bool with_extra : {false, true}) {
    TlogProof proof = ParseProof(log_->Proof(4).value()).value();
    if (with_extra) proof.extra = NumberedEntry(4).text();
    const std::string text = FormatProof(proof);
    auto again = ParseProof(text);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(FormatProof(again.value()), text);
    EXPECT_EQ(again.value().extra, proof.extra);
  }
}

TEST_F(ProofTest, RefusesEveryOtherSpelling) {
  Grow(7);
  const std::string good = log_->Proof(4).value();
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string rest = good.substr(head.size());
  const std::string hash = EncodeBase64(HashOfNothing()) + "\n";
  std::string many = head + "index 4\n";
  for (int i = 0; i < 64; ++i) many += hash;
  for (const std::string& text :
       {std::string(), rest, "c2sp.org/tlog-proof@v2\n" + rest, head + "extra\n" + rest,
        head + "extra AA\n" + rest, head + "extra AA==\nextra AA==\n" + rest,
        head + "extra  AA==\n" + rest, head + "\n" + rest, head + "index 04\n\n",
        head + "index \n\n", head + "index -1\n\n", head + "index 4\r\n\n",
        head + "index 4\nAAAA\n\n", head + "index 4\n" + hash,
        head + "index 18446744073709551616\n\n", many + "\n"}) {
    auto proof = ParseProof(text);
    ASSERT_FALSE(proof.ok()) << text;
    EXPECT_EQ(proof.error().code, Errc::kCorrupt);
  }
}

}  // namespace
}  // namespace vault
