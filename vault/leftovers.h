// Leftovers: the canary of a destruction. What a destroyed key had sealed must stand nowhere in the
// register any more: in no row, on no free page, in no frame of the log.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/certificate.h"
#include "vault/core.h"
#include "vault/store/page_search.h"

namespace vault {

// Leftovers.
//
// What is looked for is remembered in memory alone: written down, it would be what it looks for. A
// restart between a destruction and its certificate forgets it, and the certificate says so.
class Leftovers {
 public:
  explicit Leftovers(Core& core) : core_(core) {}

  // Expect remembers the sealed values of one key's rows. In the transaction that purges them,
  // before it does.
  Status Expect(const DisposalId& batch, const ShredItem& item);
  // NoteLog is called when that transaction is committed. What it fails to do makes the search that
  // follows one that was not made.
  void NoteLog();
  // Search looks for what is expected of these batches. A batch that is not in the answer could not
  // be searched for. Errors: kUnavailable, kCorrupt the file cannot be read.
  Result<std::map<DisposalId, SearchFacts>> Search(const std::vector<DisposalId>& batches);
  // Rewrite makes the register's file anew, from its rows: what was left elsewhere goes.
  // Errors: kUnavailable the file is too large to be made anew in memory, or cannot be now.
  Status Rewrite();
  void Forget(const DisposalId& batch) { sought_.erase(batch); }

 private:
  struct Sought {
    std::vector<Needle> needles;
    std::vector<std::uint64_t> value_of;  // of each needle, whose part it is
    std::uint64_t values = 0;
  };
  static void Add(Sought& sought, const Statement& row, int column);
  Status Open();
  Core& core_;
  std::map<DisposalId, Sought> sought_;
  std::unique_ptr<PageSearch> pages_;
};

}  // namespace vault
