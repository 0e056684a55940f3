#include "daemon/http/self_signed.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <memory>

#include "tests/support/temp_folder.h"

namespace service {
namespace {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

template <class T, class Read>
T* ReadPem(const std::string& path, Read read) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return nullptr;
  T* object = read(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  return object;
}

class SelfSignedTest : public ::testing::Test {
 protected:
  SelfSigned Wanted(std::vector<std::string> names) {
    return {folder_.At("certificate.pem"), folder_.At("key.pem"), std::move(names), 1783594800};
  }
  vault::TempFolder folder_;
};

TEST_F(SelfSignedTest, MakesACertificateForItsNamesAndNoOthers) {
  ASSERT_TRUE(MakeSelfSignedCertificate(Wanted({"vault.agency.example", "192.0.2.7"})).ok());
  const Certificate certificate(ReadPem<X509>(folder_.At("certificate.pem"), PEM_read_X509),
                                X509_free);
  const Key key(ReadPem<EVP_PKEY>(folder_.At("key.pem"), PEM_read_PrivateKey), EVP_PKEY_free);
  ASSERT_NE(certificate, nullptr);
  ASSERT_NE(key, nullptr);
  X509* x509 = certificate.get();
  EXPECT_EQ(X509_check_private_key(x509, key.get()), 1);
  EXPECT_EQ(EVP_PKEY_get_bits(key.get()), 256);
  for (const std::string name : {"localhost", "vault.agency.example"}) {
    EXPECT_EQ(X509_check_host(x509, name.c_str(), name.size(), 0, nullptr), 1) << name;
  }
  EXPECT_EQ(X509_check_ip_asc(x509, "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(x509, "192.0.2.7", 0), 1);
  EXPECT_EQ(X509_check_host(x509, "other.example", 13, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(x509, "127.0.0.2", 0), 0);
  EXPECT_EQ(X509_check_ca(x509), 0);
  int days = 0;
  int rest = 0;
  ASSERT_EQ(ASN1_TIME_diff(&days, &rest, X509_get0_notBefore(x509), X509_get0_notAfter(x509)), 1);
  EXPECT_EQ(days, 825);
  EXPECT_EQ(rest, 0);
  EXPECT_EQ(ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), 1783594800), 0);
}

TEST_F(SelfSignedTest, KeepsTheKeyToItsOwner) {
  ASSERT_TRUE(MakeSelfSignedCertificate(Wanted({})).ok());
  struct stat facts {};
  ASSERT_EQ(::stat(folder_.At("key.pem").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
}

TEST_F(SelfSignedTest, NeverOverwrites) {
  ASSERT_TRUE(MakeSelfSignedCertificate(Wanted({})).ok());
  const auto again = MakeSelfSignedCertificate(Wanted({}));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, vault::Errc::kConflict);

  vault::TempFolder other;
  std::ofstream(other.At("certificate.pem")) << "mine";
  EXPECT_EQ(MakeSelfSignedCertificate({other.At("certificate.pem"), other.At("key.pem"), {}, 0})
                .error()
                .code,
            vault::Errc::kConflict);
  // A key without its certificate would be in the way of the next try.
  EXPECT_FALSE(std::ifstream(other.At("key.pem")).good());
}

TEST_F(SelfSignedTest, RefusesNamesThatAreNone) {
  for (const std::string name : {"", "a b", "a,DNS:b", "*.example", "a\nb", "-a", "email:x"}) {
    const auto status = MakeSelfSignedCertificate(Wanted({name}));
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(status.error().code, vault::Errc::kInvalid);
  }
}

TEST_F(SelfSignedTest, SaysWhenItCannotWrite) {
  EXPECT_EQ(MakeSelfSignedCertificate({folder_.At("no/c.pem"), folder_.At("no/k.pem"), {}, 0})
                .error()
                .code,
            vault::Errc::kUnavailable);
}

}  // namespace
}  // namespace service
