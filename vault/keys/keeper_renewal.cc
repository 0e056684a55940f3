// A new U: the tree's roots are sealed anew under it, in an epoch of its own.
#include <utility>

#include "vault/crypto/digest.h"
#include "vault/keys/keeper_state.h"
#include "vault/keys/key_keeper.h"

namespace vault {

bool KeyKeeper::IsUnsealKey(const UnsealKey& key) const {
  const std::lock_guard lock(state_->mutex);
  return EqualConstantTime(RootSecret::UnsealCheckOf(key, state_->store),
                           state_->set.primary.secret->UnsealCheck());
}

// Only the roots need the new U: levels below stand under keys in the root. The secrets of an epoch
// that never was before go with it, so the old U meets neither the new root nor a cell that opens
// an old one.
Result<std::uint64_t> KeyKeeper::RenewUnsealKey(UnsealKey next) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  TRY_VOID(state.Whole());
  RootSecret& primary = *state.set.primary.secret;
  RootSecret* standby = state.set.standby ? state.set.standby->secret.get() : nullptr;
  const UnsealKey old = primary.Use(next.Clone());
  if (standby != nullptr) static_cast<void>(standby->Use(next.Clone()));
  const ByteArray<32> check = primary.UnsealCheck();
  const auto changed = state.NextEpoch({}, [&check](Transaction& transaction) {
    return transaction.database()
        .Prepare("UPDATE meta SET value=? WHERE key='unseal_check'")
        .Bind(check)
        .Run();
  });
  if (!changed.ok()) {
    static_cast<void>(primary.Use(old.Clone()));
    if (standby != nullptr) static_cast<void>(standby->Use(old.Clone()));
    return changed.error();
  }
  return state.set.tree->epoch();
}

}  // namespace vault
