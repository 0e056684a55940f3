#include "vault/leftovers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "vault/base/log.h"
#include "vault/sealed_places.h"

namespace vault {
namespace {

// A rewrite keeps the whole file in memory: a temporary file would be a leftover of its own.
constexpr std::int64_t kMostRewritten = std::int64_t{512} << 20;

}  // namespace

Status Leftovers::Expect(const DisposalId& batch, const ShredItem& item) {
  Sought& sought = sought_[batch];
  for (const SealedPlace& place : SealedPlaces()) {
    if (place.type != item.type) continue;
    const std::string sql = ReadSql(place);
    if (sql.empty()) continue;
    const int columns =
        static_cast<int>(std::count_if(place.sealed.begin(), place.sealed.end(),
                                       [](std::string_view column) { return !column.empty(); }));
    auto query = core_.database->Prepare(sql);
    BindItem(query, item);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      for (int column = 0; column < columns; ++column) Add(sought, query, column);
    }
  }
  return Ok();
}

void Leftovers::Add(Sought& sought, const Statement& row, int column) {
  if (row.IsNull(column)) return;
  const std::vector<Needle> needles = NeedlesOf(row.Blob(column));
  if (needles.empty()) return;
  for (const Needle& needle : needles) {
    sought.needles.push_back(needle);
    sought.value_of.push_back(sought.values);
  }
  ++sought.values;
}

Status Leftovers::Open() {
  if (pages_ != nullptr) return Ok();
  TRY(pages_, PageSearch::Open(core_.database->path(), core_.keeper->RegisterDatabaseKey(),
                               PageSearch::kWholeUpTo));
  return Ok();
}

void Leftovers::NoteLog() {
  Status noted = Open();
  if (noted.ok()) noted = pages_->NoteLog();
  if (noted.ok()) return;
  LogError("the register's pages are not searched after a destruction", noted.error());
  sought_.clear();
}

Result<std::map<DisposalId, SearchFacts>> Leftovers::Search(
    const std::vector<DisposalId>& batches) {
  std::map<DisposalId, SearchFacts> out;
  std::vector<Needle> needles;
  struct Owner {
    DisposalId batch;
    std::uint64_t value = 0;
  };
  std::vector<Owner> owners;
  for (const DisposalId& id : batches) {
    const auto it = sought_.find(id);
    if (it == sought_.end()) continue;
    const Sought& sought = it->second;
    out[id].values = sought.values;
    needles.insert(needles.end(), sought.needles.begin(), sought.needles.end());
    for (const std::uint64_t value : sought.value_of) owners.push_back({id, value});
  }
  if (needles.empty()) return out;
  TRY_VOID(Open());
  TRY(const PageFindings findings, pages_->Find(needles));
  std::map<DisposalId, std::set<std::uint64_t>> left;
  for (const std::size_t at : findings.found) left[owners[at].batch].insert(owners[at].value);
  for (auto& [id, facts] : out) {
    facts.whole = findings.whole;
    facts.left = left[id].size();
  }
  return out;
}

Status Leftovers::Rewrite() {
  std::int64_t pages = 0;
  {
    auto query = core_.database->Prepare("PRAGMA page_count");
    TRY(const bool found, query.Step());
    if (found) pages = query.Int(0);
  }
  if (pages * 4096 > kMostRewritten) {
    return Unavailable("the register is too large to be made anew by itself");
  }
  TRY_VOID(core_.database->Execute("VACUUM"));
  return core_.database->TruncateLog();
}

}  // namespace vault
