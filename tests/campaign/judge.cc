#include "tests/campaign/judge.h"

namespace vault {
namespace {

constexpr PasswordCost kCheapPin{1, 8};

}  // namespace

Judge::Judge(Record& record, const StoreId& store, ByteView unseal)
    : record_(&record), store_(store), unseal_(ToBytes(unseal)), thief_(store, unseal, kCheapPin) {}

bool Judge::Learn() {
  for (auto& [folder, tree] : trees_) tree.Look();
  const VaultAttacker::Keys keys = thief_.SurveyCopies(CellsNow());
  const auto found = keys.slots.find(0);
  if (found == keys.slots.end()) return false;
  for (const Bytes& key : found->second) {
    const DatabaseImage image{platter_.Now(RegisterIn(home_)),
                              platter_.Now(RegisterIn(home_) + "-wal")};
    OpenRegisterImage state(image, key);
    if (!state.usable()) continue;
    register_ = std::make_unique<RegisterPages>(ReadShapes(state));
    register_->TakeImage(image.file, image.log);
    register_->CellsAre(oldest_);
    thief_.UsePages(
        [this](const Bytes& k) -> const RegisterRows& { return register_->RowsUnder(k); });
    return true;
  }
  return false;
}

std::optional<Standing> Judge::StandingUnder(const LootedKeys& slots) {
  const auto found = slots.find(0);
  if (found == slots.end()) return std::nullopt;
  for (const Bytes& key : found->second) {
    OpenRegisterImage state(
        {platter_.Now(RegisterIn(home_)), platter_.Now(RegisterIn(home_) + "-wal")}, key);
    if (state.usable()) return ReadStanding(state);
  }
  return std::nullopt;
}

std::optional<Standing> Judge::Look() {
  TreeOf(home_).Look();
  return StandingUnder(thief_.SurveyCopies(CellsNow()).slots);
}

std::optional<Standing> Judge::Weigh(Ledger& ledger, const std::string& when) {
  record_->Count(Record::kJudgements, 1);
  for (auto& [folder, tree] : trees_) tree.Look();
  VaultAttacker::Keys keys = thief_.SurveyCopies(CellsNow());
  CheckClaims(when);
  const std::optional<Standing> now = StandingUnder(keys.slots);
  if (!now) {
    Accuse("today's cell opens no register " + when);
    return std::nullopt;
  }
  // What is told as not destroyed yet may open, by exactly the keys that are told. The end of a
  // history allows none.
  for (const std::uint32_t slot : now->owed) keys.slots.erase(slot);
  Absorb(*now, ledger, when);
  CheckAcknowledged(*now, ledger, when);
  CheckHolds(*now, ledger, when);
  CheckSuccessions(*now, ledger, when);
  CheckCertificates(*now, when);
  CheckBlobs(keys, *now, when);
  CheckNobody(keys, when);
  CheckBorrowers(keys, *now, ledger, when);
  CheckEverybody(keys, *now, ledger, when);
  CheckRetired(keys, ledger, when);
  return now;
}

}  // namespace vault
