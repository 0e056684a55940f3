// PageSearch: looks for byte strings in the pages of a database as they lie on the disk: rows, free
// pages and the log, whatever SQLite would still show of them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/store/database.h"
#include "vault/store/posix_file.h"

namespace vault {

// Needle is 16 bytes that cannot stand anywhere by chance: the beginning of a sealed value.
using Needle = ByteArray<16>;
// NeedlesOf takes the first two of a value, so that one of them is whole wherever a page ends.
std::vector<Needle> NeedlesOf(ByteView value);

// PageFindings is what a search came to.
struct PageFindings {
  std::set<std::size_t> found;  // by their place in the list of needles
  std::uint64_t pages = 0;      // looked through
  bool whole = false;           // all pages of the file, not only those that changed and free ones
};

// PageSearch.    Threads: one at a time, with nobody writing.
class PageSearch {
 public:
  // Up to this size the whole file is searched. Beyond it, where reading it all for every
  // destruction would cost more than the destruction: the pages that the log named, and all free
  // ones. What an earlier split of a page left on another page is then not found.
  static constexpr std::uint64_t kWholeUpTo = std::uint64_t{256} << 20;

  // Open keeps a second descriptor of the file, which is closed after the database is, or drops its
  // locks (vault/store/database.h). Without a key the pages are plain. Errors: kNotFound;
  // kUnavailable.
  static Result<std::unique_ptr<PageSearch>> Open(const std::string& path,
                                                  const std::optional<DatabaseKey>& key,
                                                  std::uint64_t whole_up_to);
  PageSearch(const PageSearch&) = delete;
  PageSearch& operator=(const PageSearch&) = delete;
  ~PageSearch();

  // NoteLog remembers which pages the log holds: right after the commit, before the log is emptied.
  // Errors: kUnavailable.
  Status NoteLog();
  // Find reads from the device. Pages noted are forgotten when it is through.
  // Errors: kUnavailable; kCorrupt the file's own list of free pages leads nowhere.
  Result<PageFindings> Find(std::span<const Needle> needles);

 private:
  struct State;
  explicit PageSearch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vault
