// What a certificate says, and what it must not claim.

#include "vault/certificate.h"

#include <gtest/gtest.h>

namespace vault {
namespace {

CertificateFacts Facts() {
  CertificateFacts facts;
  facts.store = "0123456789abcdef0123456789abcdef";
  facts.rule = "RC-02";
  facts.trigger = "REPORT_APPROVED";
  facts.authority = "Partnership discretion";
  facts.mandate = "approved-by-two";
  facts.approvers = {"BUO p:one", "IGO p:two"};
  facts.clock = "date confirmed by a person";
  facts.epoch = 7;
  facts.copies = {{CopyState::kErased, {"file"}}};
  facts.objects = {"document o:x version 1 class FRM of agency POL taken in by api"};
  return facts;
}

bool Says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

TEST(Certificate, ClaimsNoMoreThanItsCellsGive) {
  EXPECT_TRUE(Says(ResidualWords({"file"}), "snapshot"));
  EXPECT_TRUE(Says(ResidualWords({"medium"}), "remanence"));
  EXPECT_TRUE(Says(ResidualWords({"tpm"}), "irrecoverable"));
  EXPECT_TRUE(Says(ResidualWords({"remote"}), "irrecoverable"));
  // Any one real erasure of a copy's cells is enough; a file beside it takes nothing away.
  EXPECT_TRUE(Says(ResidualWords({"file", "tpm"}), "irrecoverable"));
  EXPECT_TRUE(Says(ResidualWords({}), "snapshot"));
}

TEST(Certificate, IsProvisionalWhileACopyHasStillToErase) {
  CertificateFacts facts = Facts();
  EXPECT_TRUE(Says(CertificateText(facts), "kind: final\n"));
  EXPECT_TRUE(Says(CertificateText(facts), "copies: 1 of 1 copies"));
  facts.copies.push_back({CopyState::kUnreachable, {"tpm"}});
  const std::string provisional = CertificateText(facts);
  EXPECT_TRUE(provisional.starts_with("PROVISIONAL CERTIFICATE"));
  EXPECT_TRUE(Says(provisional, "kind: provisional"));
  EXPECT_TRUE(Says(provisional, "copies: 1 of 2 copies"));
  EXPECT_TRUE(Says(provisional, "copy 2: cells tpm; not reached"));
  facts.copies.back().state = CopyState::kEvicted;
  const std::string evicted = CertificateText(facts);
  EXPECT_TRUE(Says(evicted, "kind: final\n"));
  EXPECT_TRUE(Says(evicted, "copies: 1 of 1 copies"));
  EXPECT_TRUE(Says(evicted, "given up by two people"));
}

TEST(Certificate, NamesItsExceptions) {
  CertificateFacts facts = Facts();
  EXPECT_FALSE(Says(CertificateText(facts), "exception"));
  facts.held_back = 2;
  facts.channels = {"api", "folder", "folder"};
  const std::string text = CertificateText(facts);
  EXPECT_TRUE(Says(text, "exception: 2 kept by a hold"));
  EXPECT_TRUE(Says(text, "exception: taken in from a folder: copies on that folder's disk"));
  EXPECT_TRUE(Says(text, "approved by: IGO p:two\n"));
  EXPECT_TRUE(Says(text, "not covered: what people downloaded"));
}

TEST(Certificate, KeepsItsCopiesInOneLineAndReadsThemBack) {
  const std::vector<CopyFacts> copies = {{CopyState::kErased, {"file", "tpm"}},
                                         {CopyState::kUnreachable, {"remote"}},
                                         {CopyState::kEvicted, {"medium"}}};
  const std::string line = CopiesLine(copies);
  EXPECT_EQ(line, "erased:file,tpm;unreachable:remote;evicted:medium");
  auto read = ReadCopies(line);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().size(), 3u);
  EXPECT_EQ(read.value()[0].cell_classes, copies[0].cell_classes);
  EXPECT_FALSE(AllErased(read.value()));
  EXPECT_FALSE(ReadCopies("lost:file").ok());
  EXPECT_FALSE(ReadCopies("erased").ok());
}

}  // namespace
}  // namespace vault
