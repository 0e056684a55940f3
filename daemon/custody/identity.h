// Identity: the key by which a host is known to another in matters of custody, and its pin.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace service {

// Pin is SHA-256 of a public key (SubjectPublicKeyInfo, DER). Written as 64 hex digits.
using Pin = vault::ByteArray<32>;
// Errors: kInvalid it is not 64 hex digits.
vault::Result<Pin> ParsePin(std::string_view text);
std::string PinText(const Pin& pin);

// Identity is a private key (Ed25519) and a certificate of it signed by itself. The certificate's
// names and dates mean nothing: both ends know each other by their pins.
class Identity {
 public:
  // Make writes a new identity to a file, PEM, mode 0600. Errors: kConflict it exists;
  // kUnavailable.
  static vault::Result<Pin> Make(const std::string& path);
  // Load reads one. Errors: kNotFound; kInvalid it is none, or others than its owner may read it;
  // kUnavailable.
  static vault::Result<Identity> Load(const std::string& path);
  Identity(Identity&& other) noexcept;
  Identity& operator=(Identity&& other) noexcept;
  ~Identity();

  const Pin& pin() const { return pin_; }

 private:
  friend class Channel;
  struct Parts;
  Identity(std::unique_ptr<Parts> parts, const Pin& pin);
  std::unique_ptr<Parts> parts_;
  Pin pin_;
};

}  // namespace service
