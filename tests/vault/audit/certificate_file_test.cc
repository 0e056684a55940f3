#include "vault/audit/certificate_file.h"

#include <gtest/gtest.h>

#include "tests/support/audit_log_fixture.h"
#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::string_view kText =
    "Certificate of destruction\n"
    "\n"
    "what: 2 documents of class FRM\n"
    "rule: RC-01, meeting closed\n"
    "residual: a snapshot of the erasure cell older than epoch 7\n";

LogEntry CertificateEntry(std::string_view text) {
  LogEntry entry(kCertificateType, kLogTime);
  entry.Add("epoch", std::uint64_t{7}).Add(kTextDigestField, CertificateDigest(text));
  return entry;
}

class CertificateFile : public AuditLogFixture {
 protected:
  // Logged records the entry among others and gives its file.
  std::string Logged(const LogEntry& entry, std::string_view text) {
    Grow(5);
    const std::uint64_t index = log_->Record(entry, NothingElse).value();
    Grow(11);
    auto file = AssembleCertificate(text, entry.text(), log_->Proof(index).value());
    EXPECT_TRUE(file.ok()) << file.error().detail;
    return file.ok() ? file.value() : std::string();
  }
  NoteKey Key() const { return NoteKey::Parse(log_->VerifierKey()).value(); }
};

TEST_F(CertificateFile, IsTheTextABlankLineAndTheProof) {
  const LogEntry entry = CertificateEntry(kText);
  const std::string file = Logged(entry, kText);
  const std::string lead = "strongroom-certificate/v1\n" + std::string(kText) +
                           "\nc2sp.org/tlog-proof@v1\nextra " +
                           EncodeBase64(AsBytes(entry.text())) + "\nindex 5\n";
  EXPECT_EQ(file.substr(0, lead.size()), lead);
  EXPECT_TRUE(file.ends_with("\n\n" + log_->Checkpoint().value()));
}

TEST_F(CertificateFile, VerifiesWithTheKeyAlone) {
  auto found = VerifyCertificate(Logged(CertificateEntry(kText), kText), Key());
  ASSERT_TRUE(found.ok()) << found.error().detail;
  EXPECT_EQ(found.value().text, kText);
  EXPECT_EQ(found.value().index, 5U);
  EXPECT_EQ(found.value().head.size, 11U);
  EXPECT_EQ(found.value().entry.Only("epoch"), "7");
}

TEST_F(CertificateFile, RefusesEveryChangedBit) {
  const std::string file = Logged(CertificateEntry(kText), kText);
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = file;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      auto refused = VerifyCertificate(changed, Key());
      ASSERT_FALSE(refused.ok()) << "byte " << i << " bit " << bit;
      EXPECT_EQ(refused.error().code, Errc::kCorrupt);
      EXPECT_FALSE(refused.error().detail.empty());
    }
  }
}

TEST_F(CertificateFile, RefusesEveryMissingByteAndEveryCut) {
  const std::string file = Logged(CertificateEntry(kText), kText);
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string shorter = file;
    shorter.erase(i, 1);
    EXPECT_FALSE(VerifyCertificate(shorter, Key()).ok()) << i;
    EXPECT_FALSE(VerifyCertificate(file.substr(0, i), Key()).ok()) << i;
    EXPECT_FALSE(VerifyCertificate(file.substr(i + 1), Key()).ok()) << i;
  }
}

TEST_F(CertificateFile, RefusesEveryAddedByte) {
  const std::string file = Logged(CertificateEntry(kText), kText);
  for (std::size_t i = 0; i <= file.size(); ++i) {
    for (const char added : {'\n', '\r', ' ', '\0', '0', 'A', '=', '-'}) {
      std::string longer = file;
      longer.insert(i, 1, added);
      EXPECT_FALSE(VerifyCertificate(longer, Key()).ok()) << i << " " << static_cast<int>(added);
    }
  }
  EXPECT_FALSE(VerifyCertificate(file + file, Key()).ok());
}

TEST_F(CertificateFile, RefusesAnEntryThatIsNotItsOwn) {
  // Entries that are truly in the log, but not the record of this text.
  LogEntry other_type("disposal.intent", kLogTime);
  other_type.Add(kTextDigestField, CertificateDigest(kText));
  const LogEntry other_text = CertificateEntry("another text\n");
  LogEntry twice = CertificateEntry(kText);
  twice.Add(kTextDigestField, CertificateDigest(kText));
  for (const LogEntry& entry : {other_type, other_text, twice}) {
    const std::uint64_t index = log_->Record(entry, NothingElse).value();
    const std::string proof = log_->Proof(index).value();
    auto assembled = AssembleCertificate(kText, entry.text(), proof);
    ASSERT_FALSE(assembled.ok());
    EXPECT_EQ(assembled.error().code, Errc::kCorrupt);
    TlogProof parsed = ParseProof(proof).value();
    parsed.extra = entry.text();
    const std::string forged =
        "strongroom-certificate/v1\n" + std::string(kText) + "\n" + FormatProof(parsed);
    EXPECT_FALSE(VerifyCertificate(forged, Key()).ok());
  }
}

TEST_F(CertificateFile, RefusesAnotherLogsKey) {
  const std::string file = Logged(CertificateEntry(kText), kText);
  const NoteKey renamed = NoteKey::Of("docs.example.org/vault/log/2", Key().key()).value();
  EXPECT_FALSE(VerifyCertificate(file, renamed).ok());
}

TEST_F(CertificateFile, RefusesTextsThatCouldLookLikeOthers) {
  for (const std::string& text :
       {std::string(), std::string("no last line"), std::string("\nfirst empty\n"),
        std::string("last empty\n\n"), std::string("carriage\r\n"), std::string("bell\a\n"),
        std::string("not utf-8 \xFF\n")}) {
    const LogEntry entry = CertificateEntry(text);
    const std::uint64_t index = log_->Record(entry, NothingElse).value();
    auto file = AssembleCertificate(text, entry.text(), log_->Proof(index).value());
    ASSERT_FALSE(file.ok());
    EXPECT_EQ(file.error().code, Errc::kInvalid);
  }
}

TEST_F(CertificateFile, MayQuoteAProofInItsText) {
  const std::string text = "first\n\nc2sp.org/tlog-proof@v1\nindex 0\n\nend\n";
  auto found = VerifyCertificate(Logged(CertificateEntry(text), text), Key());
  ASSERT_TRUE(found.ok()) << found.error().detail;
  EXPECT_EQ(found.value().text, text);
}

}  // namespace
}  // namespace vault
