#include "daemon/custody/identity.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "daemon/custody/tls_objects.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;
using vault::Status;

namespace {

vault::Error Failed() {
  ERR_clear_error();
  return vault::Unavailable("an identity cannot be made");
}

// An encrypted key would make OpenSSL ask at the terminal, where nobody sits.
int NoPassphrase(char*, int, int, void*) { return 0; }

Result<TlsCertificate> SignedByItself(EVP_PKEY* key) {
  TlsCertificate certificate(X509_new());
  std::array<unsigned char, 16> serial{};
  if (certificate == nullptr || RAND_bytes(serial.data(), serial.size()) != 1) return Failed();
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7F) | 0x40);  // positive, of full length
  X509* x509 = certificate.get();
  const std::unique_ptr<BIGNUM, FreedBy<BN_free>> number(
      BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  // "99991231235959Z" is how a certificate says that it has no end (RFC 5280 §4.1.2.5).
  bool ok = number != nullptr &&
            BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr &&
            X509_set_version(x509, X509_VERSION_3) == 1 &&
            ASN1_TIME_set_string(X509_getm_notBefore(x509), "20200101000000Z") == 1 &&
            ASN1_TIME_set_string(X509_getm_notAfter(x509), "99991231235959Z") == 1 &&
            X509_set_pubkey(x509, key) == 1;
  X509_NAME* subject = X509_get_subject_name(x509);
  const vault::ByteView name = vault::AsBytes("strongroom custody");
  ok = ok &&
       X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC, name.data(),
                                  static_cast<int>(name.size()), -1, 0) == 1 &&
       X509_set_issuer_name(x509, subject) == 1 && X509_sign(x509, key, nullptr) > 0;
  if (!ok) return Failed();
  return certificate;
}

Status WriteNew(const std::string& path, BIO* content) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(content, &data);
  if (size <= 0) return Failed();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    if (errno == EEXIST) return vault::Conflict("the identity file exists already");
    return vault::Unavailable("the identity file cannot be made");
  }
  const bool written =
      ::write(file, data, static_cast<std::size_t>(size)) == size && ::fsync(file) == 0;
  if (::close(file) != 0 || !written) {
    ::unlink(path.c_str());
    return vault::Unavailable("the identity file cannot be written");
  }
  return vault::Ok();
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Result<Pin> ParsePin(std::string_view text) {
  auto bytes = vault::DecodeHex(text);
  Pin pin;
  if (!bytes.ok() || bytes.value().size() != pin.size()) {
    return vault::Invalid("a pin is 64 hex digits, as `strongroom-custodian identity` prints it");
  }
  std::copy(bytes.value().begin(), bytes.value().end(), pin.begin());
  return pin;
}

std::string PinText(const Pin& pin) { return vault::EncodeHex(pin); }

Result<Pin> PinOf(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  Pin pin;
  unsigned length = 0;
  const bool ok = size > 0 && EVP_Digest(der, static_cast<std::size_t>(size), pin.data(), &length,
                                         EVP_sha256(), nullptr) == 1;
  OPENSSL_free(der);
  if (!ok || length != pin.size()) return vault::Unavailable("a public key cannot be read");
  return pin;
}

Identity::Identity(std::unique_ptr<Parts> parts, const Pin& pin)
    : parts_(std::move(parts)), pin_(pin) {}
Identity::Identity(Identity&& other) noexcept = default;
Identity& Identity::operator=(Identity&& other) noexcept = default;
Identity::~Identity() = default;

Result<Pin> Identity::Make(const std::string& path) {
  const TlsKey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) return Failed();
  TRY(const TlsCertificate certificate, SignedByItself(key.get()));
  // In memory that is wiped when it goes.
  const TlsBytes text(BIO_new(BIO_s_secmem()));
  if (text == nullptr ||
      PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(text.get(), certificate.get()) != 1) {
    return Failed();
  }
  TRY_VOID(WriteNew(path, text.get()));
  return PinOf(certificate.get());
}

Result<Identity> Identity::Load(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) {
    if (errno == ENOENT) return vault::NotFound("the identity file does not exist");
    return vault::Unavailable("the identity file cannot be read");
  }
  struct stat info {};
  if (::fstat(::fileno(file.get()), &info) != 0 || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return vault::Invalid("the identity file may be read by others than its owner (chmod 600)");
  }
  auto parts = std::make_unique<Parts>();
  parts->key.reset(PEM_read_PrivateKey(file.get(), nullptr, NoPassphrase, nullptr));
  std::rewind(file.get());
  parts->certificate.reset(PEM_read_X509(file.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (parts->key == nullptr || parts->certificate == nullptr ||
      X509_check_private_key(parts->certificate.get(), parts->key.get()) != 1) {
    ERR_clear_error();
    return vault::Invalid("the identity file holds no key with its certificate");
  }
  TRY(const Pin pin, PinOf(parts->certificate.get()));
  return Identity(std::move(parts), pin);
}

}  // namespace service
