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
  facts.copies = {{CopyState::kErased, {"file"}, 0}};
  facts.search = SearchFacts{4, 0, true, {}};
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
  facts.copies.push_back({CopyState::kUnreachable, {"tpm"}, 1});
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
  facts.rowless = 1;
  facts.channels = {"api", "folder", "folder"};
  const std::string text = CertificateText(facts);
  EXPECT_TRUE(Says(text, "exception: 2 kept by a hold"));
  EXPECT_TRUE(Says(text, "exception: 1 other version of these documents has a key without a row"));
  EXPECT_TRUE(Says(text, "exception: taken in from a folder: copies on that folder's disk"));
  EXPECT_TRUE(Says(text, "approved by: IGO p:two\n"));
  EXPECT_TRUE(Says(text, "not covered: what people downloaded"));
}

TEST(Certificate, SaysWhatTheSearchForLeftoversCameTo) {
  CertificateFacts facts = Facts();
  EXPECT_TRUE(Says(CertificateText(facts), "searched: every page of the register on its device"));
  EXPECT_FALSE(Says(CertificateText(facts), "exception: the register is too large"));
  facts.search->whole = false;
  EXPECT_TRUE(Says(CertificateText(facts), "searched: every page of the register that the "));
  EXPECT_TRUE(Says(CertificateText(facts), "exception: the register is too large"));
  facts.search->left = 2;
  EXPECT_TRUE(Says(CertificateText(facts), "exception: 2 of 4 sealed values were still found"));
  EXPECT_FALSE(Says(CertificateText(facts), "searched:"));
  facts.search->left = 0;
  facts.search->rewritten = 1783594800;
  EXPECT_TRUE(Says(CertificateText(facts),
                   "none of 4 sealed values is left; what page splits had left of them was found, "
                   "and the file made anew 2026-07-09T12:00"));
  EXPECT_FALSE(Says(CertificateText(facts), "exception: the register is too large"));
  facts.search.reset();
  EXPECT_TRUE(Says(CertificateText(facts), "exception: the register's pages were not searched"));
  for (const SearchFacts& search : {SearchFacts{4, 0, true, {}}, SearchFacts{9, 3, false, 17}}) {
    const auto read = ReadSearch(SearchLine(search));
    ASSERT_TRUE(read.ok() && read.value().has_value());
    EXPECT_EQ(SearchLine(*read.value()), SearchLine(search));
  }
  EXPECT_FALSE(ReadSearch("").value().has_value());
  for (const std::string_view bad : {"1", "1 2", "x 0 whole", "1 0 whole 5 6", "1 0 whole x"}) {
    EXPECT_FALSE(ReadSearch(bad).ok()) << bad;
  }
}

TEST(Certificate, ThatReplacesAnotherSaysWhichAndWhenTheLastCopyHadErased) {
  CertificateFacts facts = Facts();
  EXPECT_FALSE(Says(CertificateText(facts), "replaces"));
  facts.completed = facts.done + 86400;
  facts.replaces = "00ff";
  const std::string text = CertificateText(facts);
  EXPECT_TRUE(Says(text, "replaces: the certificate of the same number with SHA-256 00ff\n"));
  EXPECT_TRUE(Says(text, "last copy erased: "));
}

TEST(Certificate, KeepsItsCopiesInOneLineAndReadsThemBack) {
  const std::vector<CopyFacts> copies = {{CopyState::kErased, {"file", "tpm"}, 0},
                                         {CopyState::kUnreachable, {"remote"}, 2},
                                         {CopyState::kEvicted, {"medium"}, 1}};
  const std::string line = CopiesLine(copies);
  EXPECT_EQ(line, "0:erased:file,tpm;2:unreachable:remote;1:evicted:medium");
  auto read = ReadCopies(line);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().size(), 3u);
  EXPECT_EQ(read.value()[0].cell_classes, copies[0].cell_classes);
  EXPECT_FALSE(AllErased(read.value()));
  EXPECT_FALSE(ReadCopies("0:lost:file").ok());
  EXPECT_EQ(read.value()[1].number, 2u);
  for (const std::string_view bad : {"erased", "0:erased", "erased:file", "256:erased:file",
                                     "x:erased:file", "0:erased:file:more"}) {
    EXPECT_FALSE(ReadCopies(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace vault
