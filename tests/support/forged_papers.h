// ForgedPapers: receipts without a log, to test what uses them up.
//
// Only for programs that do not link vault/audit: the class below stands in for the real writer of
// these papers, and two of one name would be one too many.
#pragma once

#include <utility>
#include <vector>

#include "vault/base/capability.h"

namespace vault {

class AuditLog {
 public:
  static IntentReceipt Intent(std::vector<ShredItem> items) {
    return IntentReceipt(std::move(items));
  }
  static OpeningReceipt Opened(Opening opening) { return OpeningReceipt(std::move(opening), 0); }
  static ReleaseReceipt Released(LoanId loan, std::uint32_t slot) {
    return ReleaseReceipt(loan, slot);
  }
};

}  // namespace vault
