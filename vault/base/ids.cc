#include "vault/base/ids.h"

namespace vault {

Result<AgencyId> AgencyId::Parse(std::string_view text) {
  if (text.empty() || text.size() > 32) return Invalid("an agency id has 1 to 32 characters");
  for (char c : text) {
    const bool good =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    if (!good) return Invalid("an agency id holds letters, digits and hyphens only");
  }
  AgencyId id;
  id.text_ = text;
  return id;
}

}  // namespace vault
