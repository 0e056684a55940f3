// SealingKeeper: a keeper with one document, its reader, and the ways to open it.
#pragma once

#include <optional>
#include <utility>

#include "tests/support/keeper_world.h"
#include "vault/crypto/sealed_box.h"
#include "vault/keys/key_keeper.h"

namespace vault {

class SealingKeeper : public KeeperTest {
 protected:
  static constexpr UnixSeconds kNow = 1783594800;

  void SetUp() override {
    KeeperTest::SetUp();
    access_ = AccessShare::Random(random_);
    reader_ = NewBoxKeyPair(random_);
    matter_ = NewObject();
    document_ = NewObject();
    slot_ = Fill(DocumentEntry(document_, 3));
  }

  SlotNumber Fill(const SlotEntry& entry) {
    auto slot = FillOne(*keeper_, matter_, entry);
    CHECK(slot.ok());
    return slot.value();
  }

  // A slot's true key, from the attacker's bag.
  Bytes KeyOf(SlotNumber slot) const {
    const LootedKeys loot = Loot();
    CHECK(loot.at(slot).size() == 1);
    return *loot.at(slot).begin();
  }

  Opening OpeningOf(OpeningRoute route) const {
    Opening opening;
    opening.type = EntryType::kDocument;
    opening.object = document_;
    opening.version = 3;
    opening.slot = slot_;
    opening.route = route;
    opening.granted_at = kNow - 60;
    return opening;
  }

  BoxPath PathTo(Bytes box) const { return {std::move(box), std::nullopt, &reader_.secret_key}; }
  Bytes AccessBox() const {
    auto box = SealAccessBox(document_, 3, access_, reader_.public_key);
    CHECK(box.ok());
    return box.value();
  }

  Errc UnwrapError(Opening opening, const BoxPath& path) const {
    auto opened = keeper_->Unwrap(AuditLog::Opened(std::move(opening)), path, kNow);
    CHECK(!opened.ok());
    return opened.error().code;
  }

  // Lend makes a loan and gives the layer around the reader's box, and where it stands.
  struct Lent {
    LoanId loan;
    SlotNumber slot;
    BoxPath path;
  };
  Lent Lend(std::uint8_t flags) {
    Lent lent;
    lent.loan = random_.NewId<LoanId>();
    lent.slot = Fill({EntryType::kLoan, flags, 0, kNow + 1000, AsObject(lent.loan)});
    const OuterPlace place{OuterTag::kLoanBox, lent.slot, AsObject(lent.loan), NewObject(), 3};
    auto layer = keeper_->SealOuter(place, AccessBox());
    CHECK(layer.ok());
    lent.path = PathTo(layer.value());
    lent.path.outer = place;
    return lent;
  }
  Opening LoanOpening(const Lent& lent) const {
    Opening opening = OpeningOf(OpeningRoute::kLoan);
    opening.loan = lent.loan;
    opening.loan_slot = lent.slot;
    return opening;
  }

  AccessShare access_;
  BoxKeyPair reader_;
  ObjectId matter_;
  ObjectId document_;
  SlotNumber slot_ = 0;
};

}  // namespace vault
