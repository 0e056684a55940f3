// Grants that a test gives.
#pragma once

#include <utility>

#include "vault/audit/audit_log.h"

namespace vault {

// The real Access is not part of this program; here the test decides.
class Access {
 public:
  static AccessGrant Grant(Opening opening) { return AccessGrant(std::move(opening)); }
};

}  // namespace vault
