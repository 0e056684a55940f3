// SelfSigned: a certificate for a first start; real ones come from the operator.
#pragma once

#include <string>
#include <vector>

#include "vault/base/civil.h"
#include "vault/base/result.h"

namespace service {

struct SelfSigned {
  std::string certificate_path;
  std::string key_path;
  std::vector<std::string> names;  // host names and addresses besides localhost and 127.0.0.1
  vault::UnixSeconds not_before = 0;
};

// MakeSelfSignedCertificate makes an EC P-256 key (file mode 0600) and a certificate for 825 days.
// Errors: kConflict one of the files exists; kInvalid a name is no host name or address;
//         kUnavailable a file cannot be written.
vault::Status MakeSelfSignedCertificate(const SelfSigned& wanted);

}  // namespace service
