// TlsObjects: OpenSSL's objects, owned, for the two files that speak TLS here.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "daemon/custody/identity.h"

namespace service {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using TlsKey = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using TlsCertificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using TlsContext = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;
using TlsSession = std::unique_ptr<SSL, FreedBy<SSL_free>>;
using TlsBytes = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;

struct Identity::Parts {
  TlsKey key;
  TlsCertificate certificate;
};

// PinOf is the pin of a certificate's key. Errors: kUnavailable.
vault::Result<Pin> PinOf(const X509* certificate);

}  // namespace service
