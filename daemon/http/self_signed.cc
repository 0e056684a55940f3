#include "daemon/http/self_signed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string_view>

#include "vault/base/bytes.h"

namespace service {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr vault::UnixSeconds kLifetime = vault::UnixSeconds{825} * 86400;

vault::Error Failed() { return vault::Unavailable("the certificate could not be made"); }

bool IsAddress(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// The names go into OpenSSL's configuration language, so only plain host names may pass.
bool IsHostName(std::string_view name) {
  return !name.empty() && name.size() <= 253 && !name.starts_with('-') && !name.starts_with('.') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  c == '-' || c == '.';
         });
}

vault::Result<std::string> AlternativeNames(const std::vector<std::string>& wanted) {
  std::vector<std::string> names = {"localhost", "127.0.0.1"};
  for (const std::string& name : wanted) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::string out;
  for (const std::string& name : names) {
    const bool address = IsAddress(name);
    if (!address && !IsHostName(name)) {
      return vault::Invalid("a name for the certificate is no host name or address");
    }
    out += out.empty() ? "" : ",";
    out += (address ? "IP:" : "DNS:") + name;
  }
  return out;
}

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

vault::Result<Certificate> Make(EVP_PKEY* key, const std::string& names,
                                vault::UnixSeconds not_before) {
  Certificate certificate(X509_new());
  if (certificate == nullptr) return Failed();
  X509* x509 = certificate.get();
  std::array<unsigned char, 16> serial{};
  if (RAND_bytes(serial.data(), static_cast<int>(serial.size())) != 1) return Failed();
  serial[0] &= 0x7F;  // serial numbers are positive
  serial[0] |= 0x40;
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(
      BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  bool ok = number != nullptr &&
            BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr &&
            X509_set_version(x509, X509_VERSION_3) == 1 &&
            ASN1_TIME_set(X509_getm_notBefore(x509), not_before) != nullptr &&
            ASN1_TIME_set(X509_getm_notAfter(x509), not_before + kLifetime) != nullptr &&
            X509_set_pubkey(x509, key) == 1;
  X509_NAME* subject = X509_get_subject_name(x509);
  const vault::ByteView name = vault::AsBytes("localhost");
  ok = ok &&
       X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC, name.data(),
                                  static_cast<int>(name.size()), -1, 0) == 1 &&
       X509_set_issuer_name(x509, subject) == 1 &&
       AddExtension(x509, NID_basic_constraints, "critical,CA:FALSE") &&
       AddExtension(x509, NID_key_usage, "critical,digitalSignature") &&
       AddExtension(x509, NID_ext_key_usage, "serverAuth") &&
       AddExtension(x509, NID_subject_key_identifier, "hash") &&
       AddExtension(x509, NID_subject_alt_name, names) && X509_sign(x509, key, EVP_sha256()) > 0;
  if (!ok) return Failed();
  return certificate;
}

vault::Status WriteNew(const std::string& path, BIO* content, mode_t mode) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(content, &data);
  if (size <= 0) return Failed();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) {
    if (errno == EEXIST) return vault::Conflict("a certificate or key file exists already");
    return vault::Unavailable("a certificate or key file cannot be made");
  }
  const bool written =
      ::write(file, data, static_cast<std::size_t>(size)) == size && ::fsync(file) == 0;
  if (::close(file) != 0 || !written) {
    ::unlink(path.c_str());
    return vault::Unavailable("a certificate or key file cannot be written");
  }
  return vault::Ok();
}

}  // namespace

vault::Status MakeSelfSignedCertificate(const SelfSigned& wanted) {
  TRY(const std::string names, AlternativeNames(wanted.names));
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return Failed();
  TRY(const Certificate certificate, Make(key.get(), names, wanted.not_before));

  const Bio key_text(BIO_new(BIO_s_secmem()));
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  if (key_text == nullptr || certificate_text == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return Failed();
  }
  TRY_VOID(WriteNew(wanted.key_path, key_text.get(), 0600));
  const vault::Status status = WriteNew(wanted.certificate_path, certificate_text.get(), 0644);
  // A key without its certificate would stop the next try.
  if (!status.ok()) ::unlink(wanted.key_path.c_str());
  return status;
}

}  // namespace service
