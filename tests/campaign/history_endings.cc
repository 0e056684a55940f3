// What ends in a history, what keeps it from ending, and the time that passes until it does.
#include <algorithm>

#include "tests/campaign/history.h"
#include "vault/base/text.h"
#include "vault/crypto/bulk.h"

namespace vault {
namespace {

constexpr UnixSeconds kDay = 86400;

}  // namespace

History::Act History::PlaceHold() {
  NewHold hold;
  const std::string matter = dice_.Of(Keys(ledger_.matters));
  hold.matter = MatterId::Parse(matter).value();
  std::string object = matter;
  const auto& subjects = ledger_.matters.at(matter).subjects;
  const std::size_t scope = dice_.Below(3);
  if (scope == 1 && !subjects.empty()) {
    object = dice_.Of(subjects).first;
    hold.matter.reset();
    hold.subject = SubjectId::Parse(object).value();
  } else if (scope == 2 && !ledger_.filed.empty()) {
    object = std::next(ledger_.filed.begin(),
                       static_cast<std::ptrdiff_t>(dice_.Below(ledger_.filed.size())))
                 ->first.first;
    hold.matter.reset();
    hold.document = DocumentId::Parse(object).value();
  }
  hold.sealed = dice_.Chance(30);
  hold.reason = std::string(kMarker) + " reason";
  hold.review = LondonDay(clock_.Realtime()).Plus(60);
  return {"placing a hold", [this, hold, object]() -> Status {
            TRY(const Actor actor, SignIn(PeopleOf("IGO").front()));
            TRY(const HoldId id, (*life_)->holds().Place(actor, hold));
            ledger_.holds[id.ToHex()] = object;
            // What went before it was placed went by right.
            judge_->Follow();
            if (const auto now = judge_->Look()) {
              for (const auto& [name, version] : now->versions) {
                if (version.state == "destroyed") ledger_.gone_before[id.ToHex()].insert(name);
              }
            }
            return Ok();
          }};
}

History::Act History::ReleaseHold() {
  if (ledger_.holds.empty()) return PlaceHold();
  const std::string id = std::next(ledger_.holds.begin(),
                                   static_cast<std::ptrdiff_t>(dice_.Below(ledger_.holds.size())))
                             ->first;
  // From here nobody relies on it.
  ledger_.holds.erase(id);
  return {"releasing a hold", [this, id]() -> Status {
            TRY(const Actor actor, SignIn(PeopleOf("IGO").front()));
            TRY(const HoldId hold, HoldId::Parse(id));
            return (*life_)->holds().Release(actor, hold, "done");
          }};
}

// ---- time

Status History::SweepNow() {
  TRY(const SweepReport report, (*life_)->sweep().Run(std::nullopt, SweepMode::kAct));
  for (const SweptItem& item : report.destroyed) {
    if (item.kind == "loan") ledger_.dead_loans.insert(item.id);
    if (item.kind == "share") ledger_.dead_links.insert(item.id);
    if (item.kind == "document") ledger_.dead_versions.insert({item.id, item.version.value_or(0)});
    const auto filed = ledger_.filed.find({item.id, item.version.value_or(0)});
    if (item.kind == "document" && filed != ledger_.filed.end() &&
        !ledger_.MayGo(filed->first, filed->second.class_code, filed->second.matter)) {
      judge_->Accuse("a sweep destroyed a document of class " + filed->second.class_code +
                     " before its time, by rule " + item.rule + " from " + item.trigger +
                     ", filed " + std::to_string(ledger_.now - filed->second.filed) +
                     " seconds ago");
    }
  }
  EndGivenTimes();
  return Ok();
}

// A sweep re-makes the key of whoever has something that ends by itself, or may have it still.
void History::KeysMayMove() {
  for (auto& [email, person] : ledger_.people) {
    const bool ends =
        person.invited_until || !person.tokens.empty() || !person.doubtful_tokens.empty();
    if (ends) ++person.touched;
  }
}

History::Act History::Sweep_() {
  KeysMayMove();
  return {"sweeping", [this] { return SweepNow(); }};
}

// What two people are about to approve is known before they do: they may not live to tell.
History::Act History::Approve() {
  const std::vector<std::string> governance = PeopleOf("IGO");
  std::vector<DisposalId> ids;
  auto listed = (*life_)->disposal().List();
  auto officer = Officer();
  if (!listed.ok() || !officer.ok() || governance.empty()) return Sweep_();
  for (const DisposalView& view : listed.value()) {
    if (view.state != "proposed") continue;
    auto sheet = (*life_)->proposals().Sheet(officer.value(), view.id);
    if (!sheet.ok()) continue;
    ids.push_back(view.id);
    for (const ReviewItem& item : sheet.value().items) ledger_.approved.insert(item.id);
  }
  if (ids.empty()) return Sweep_();
  const std::string second = governance.front();
  return {"approving", [this, ids, second]() -> Status {
            TRY(const Actor first, Officer());
            TRY([[maybe_unused]] auto one, (*life_)->proposals().Approve(first, ids, std::nullopt));
            TRY(const Actor other, SignIn(second));
            TRY(const std::vector<Decided> done,
                (*life_)->proposals().Approve(other, ids, std::nullopt));
            for (const Decided& decided : done) {
              for (const DisposedItem& item : decided.outcome.destroyed) {
                if (item.object.type != EntryType::kDocument) continue;
                ledger_.dead_versions.insert({item.object.object.ToHex(), item.object.version});
              }
            }
            return Ok();
          }};
}

History::Act History::JumpClock() {
  KeysMayMove();
  const auto days = static_cast<UnixSeconds>(1 + dice_.Below(4000));
  return {"sweeping under a clock that jumped", [this, days]() -> Status {
            const UnixSeconds right = clock_.Realtime();
            clock_.SetRealtime(right + days * kDay);
            const Status swept = SweepNow();
            clock_.SetRealtime(right);
            return swept;
          }};
}

History::Act History::PassTime() {
  std::size_t most = 60;
  if (dice_.Chance(40)) most = 700;
  if (dice_.Chance(12)) most = 14000;
  clock_.Pass(static_cast<UnixSeconds>(1 + dice_.Below(most)) * 3600);
  ledger_.now = clock_.Realtime();
  return {"time passes", [] { return Ok(); }};
}

History::Act History::PassYear() {
  clock_.Pass(static_cast<UnixSeconds>(370 + dice_.Below(30)) * kDay);
  ledger_.now = clock_.Realtime();
  return {"a year passes", [] { return Ok(); }};
}

}  // namespace vault
