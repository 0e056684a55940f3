// UnsealFile: DATA/unseal, which says what opens a vault. Included by the parts of vault/vault.cc.
#pragma once

#include <string>

#include "vault/vault.h"

namespace vault {

// Trimmed leaves the slashes at the end of a folder's name out.
std::string Trimmed(std::string path);
std::string UnsealPath(const VaultPlace& place);

}  // namespace vault
