// Life: one unsealed vault over a recording disk, from its start to its end or its death.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/campaign/unsafe_disk.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "vault/base/text.h"
#include "vault/vault.h"

namespace vault {

inline constexpr std::string_view kPassphrase = "marker-7f3a passphrase";

class Life {
 public:
  // Where is the folder that holds the vault, and the one where its standby is looked for.
  struct Where {
    std::string root;
    std::string home;
    std::string standby;  // empty: none
  };
  Life(Record& record, Where where, std::uint64_t seed, const FakeClock& clock,
       const RuleBook& rules)
      : root_(std::move(where.root)), unsafe_(record, root_), random_(seed) {
    world_.disk = &disk_;
    world_.random = &random_;
    world_.clock = &clock;
    world_.rules = &rules;
    world_.cell_kinds = &cell_kinds_;
    // Argon2 at its least: the campaign is about what passwords open, not what guessing costs.
    world_.costs = {{1, 8}, {1, 8}};
    world_.unseal_cost = {1, 8};
    place_.data = root_ + "/" + where.home;
    if (!where.standby.empty()) place_.standby = StandbyWish{root_ + "/" + where.standby, {}};
  }

  Status Init(const std::string& officer, const std::string& password) {
    InitOptions options;
    options.name = "Marlshire";
    TRY(options.unit, AgencyId::Parse("unit"));
    options.officer.email = officer;
    options.officer.password = Plaintext::CopyOf(AsBytes(password));
    options.passphrase = Plaintext::CopyOf(AsBytes(kPassphrase));
    TRY([[maybe_unused]] const InitResult made, InitVault(world_, place_, std::move(options)));
    return Ok();
  }
  Status Unseal() {
    TRY(const SealedVault sealed, SealedVault::At(world_, place_));
    TRY(vault_,
        sealed.UnsealWithPassphrase(AsBytes(kPassphrase), LondonDay(world_.clock->Realtime())));
    return Ok();
  }
  void Seal() {
    sessions_.clear();
    vault_.reset();
  }
  // Abandon lets go of a vault without closing it: its files are no longer ours.
  void Abandon() { [[maybe_unused]] Vault* left = vault_.release(); }

  Result<Actor> SignIn(const std::string& email, const std::string& password) {
    // A session goes on while it lasts, as people's do.
    const std::string name = email + " " + password;
    const auto known = sessions_.find(name);
    if (known != sessions_.end()) {
      auto resumed = vault_->people().Resume(known->second.view());
      if (resumed.ok()) return resumed;
      sessions_.erase(known);
    }
    TRY(SessionSecret secret, vault_->people().SignIn(email, AsBytes(password)));
    auto actor = vault_->people().Resume(secret.view());
    sessions_.emplace(name, std::move(secret));
    return actor;
  }
  static Result<std::string> ReadAll(DocumentStream& stream) {
    std::string out(stream.size(), '\0');
    std::size_t done = 0;
    while (done < out.size()) {
      auto* at = reinterpret_cast<std::uint8_t*>(out.data()) + done;
      TRY(const std::size_t more, stream.Read(done, {at, out.size() - done}));
      if (more == 0) return Corrupt("a stream ended early");
      done += more;
    }
    return out;
  }

  Vault* operator->() { return vault_.get(); }
  Vault& operator*() { return *vault_; }
  bool open() const { return vault_ != nullptr; }
  UnsafeDisk& unsafe() { return unsafe_; }
  const std::string& root() const { return root_; }
  const VaultWorld& world() const { return world_; }
  const VaultPlace& place() const { return place_; }

 private:
  const std::string root_;
  UnsafeDisk unsafe_;
  Disk disk_{&unsafe_};
  FakeRandom random_;
  CellKinds cell_kinds_{Machine::Roots()};
  VaultWorld world_;
  VaultPlace place_;
  std::unique_ptr<Vault> vault_;
  std::map<std::string, SessionSecret> sessions_;  // by address and password
};

}  // namespace vault
