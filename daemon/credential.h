// Credential: the unseal secret of an unattended start, read from a file that only we may read.
#pragma once

#include <string>

#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace service {

// CredentialPlace is the file of `unseal.credential` and the folder where the service manager puts
// credentials ($CREDENTIALS_DIRECTORY; empty: none).
struct CredentialPlace {
  std::string path;
  std::string manager_folder;
};

// ReadCredential. The file is regular, belongs to us or to root, and has no right for the group or
// others; in the manager's folder the group may read, which is how it gives us a file of root's.
// Errors: kDenied who else may read or change it; kNotFound; kInvalid too long or no file.
vault::Result<vault::Plaintext> ReadCredential(const CredentialPlace& place);

}  // namespace service
