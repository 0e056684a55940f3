#include "vault/leftovers.h"

#include <array>
#include <set>
#include <span>
#include <utility>

#include "vault/base/log.h"

namespace vault {
namespace {

// A rewrite keeps the whole file in memory: a temporary file would be a leftover of its own.
constexpr std::int64_t kMostRewritten = std::int64_t{512} << 20;

// SealedColumns gives, for each kind of key, queries of what it seals: ?1 the object, ?2 its
// version. It is what MarkDestroyed takes away (disposal_rows.cc).
std::span<const std::string_view> SealedColumns(EntryType type) {
  static constexpr std::array<std::string_view, 4> kDocument = {
      "SELECT name FROM version WHERE document = ?1 AND version = ?2",
      "SELECT findings FROM version WHERE document = ?1 AND version = ?2",
      "SELECT box FROM object_box WHERE object = ?1 AND version = ?2",
      "SELECT box FROM loan_box WHERE object = ?1 AND version = ?2"};
  static constexpr std::array<std::string_view, 1> kLoan = {
      "SELECT box FROM loan_box WHERE loan = ?1 AND ?2 = 0"};
  static constexpr std::array<std::string_view, 5> kShare = {
      "SELECT tag FROM share WHERE id = ?1 AND ?2 = 0",
      "SELECT box FROM share WHERE id = ?1 AND ?2 = 0",
      "SELECT recipient FROM share WHERE id = ?1 AND ?2 = 0",
      "SELECT contents FROM share WHERE id = ?1 AND ?2 = 0",
      "SELECT last_used FROM share WHERE id = ?1 AND ?2 = 0"};
  static constexpr std::array<std::string_view, 6> kSubject = {
      "SELECT pseudonym FROM subject WHERE id = ?1 AND ?2 = 0",
      "SELECT details FROM subject WHERE id = ?1 AND ?2 = 0",
      "SELECT words FROM subject WHERE id = ?1 AND ?2 = 0",
      "SELECT reason FROM exclusion WHERE subject = ?1 AND ?2 = 0",
      "SELECT box FROM object_box WHERE object = ?1 AND ?2 = 0",
      "SELECT box FROM loan_box WHERE object = ?1 AND ?2 = 0"};
  static constexpr std::array<std::string_view, 16> kMatter = {
      "SELECT ref FROM matter WHERE id = ?1 AND ?2 = 0",
      "SELECT meeting FROM matter WHERE id = ?1 AND ?2 = 0",
      "SELECT title FROM matter WHERE id = ?1 AND ?2 = 0",
      "SELECT owner_group FROM matter WHERE id = ?1 AND ?2 = 0",
      "SELECT box FROM object_box WHERE object = ?1 AND ?2 = 0",
      "SELECT box FROM loan_box WHERE object = ?1 AND ?2 = 0",
      "SELECT at FROM matter_event WHERE matter = ?1 AND ?2 = 0",
      "SELECT reason FROM matter_event WHERE matter = ?1 AND ?2 = 0",
      "SELECT reason FROM hold WHERE matter = ?1 AND ?2 = 0",
      "SELECT authority FROM hold WHERE matter = ?1 AND ?2 = 0",
      "SELECT note FROM hold WHERE matter = ?1 AND ?2 = 0",
      "SELECT reason FROM exclusion WHERE matter = ?1 AND ?2 = 0",
      "SELECT release_reason FROM hold WHERE matter = ?1 AND ?2 = 0",
      "SELECT escrow FROM compartment WHERE matter = ?1 AND ?2 = 0",
      "SELECT lockbox FROM member WHERE matter = ?1 AND ?2 = 0",
      "SELECT decision FROM disposal WHERE matter = ?1 AND ?2 = 0"};
  switch (type) {
    case EntryType::kDocument:
      return kDocument;
    case EntryType::kLoan:
      return kLoan;
    case EntryType::kShare:
      return kShare;
    case EntryType::kSubject:
      return kSubject;
    case EntryType::kMatter:
      return kMatter;
    default:
      return {};
  }
}

}  // namespace

Status Leftovers::Expect(const DisposalId& batch, const ShredItem& item) {
  Sought& sought = sought_[batch];
  // Only documents have versions; of all others the key's own number says nothing of the rows.
  const std::uint32_t version = item.type == EntryType::kDocument ? item.version : 0;
  for (const std::string_view sql : SealedColumns(item.type)) {
    auto query = core_.database->Prepare(sql).Bind(item.object, version);
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      if (query.IsNull(0)) continue;
      const std::vector<Needle> needles = NeedlesOf(query.Blob(0));
      if (needles.empty()) continue;
      for (const Needle& needle : needles) {
        sought.needles.push_back(needle);
        sought.value_of.push_back(sought.values);
      }
      ++sought.values;
    }
  }
  return Ok();
}

Status Leftovers::Open() {
  if (pages_ != nullptr) return Ok();
  TRY(pages_, PageSearch::Open(core_.database->path(), core_.keeper->RegisterDatabaseKey()));
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
