// TestVault: a real vault in a temporary folder, under a clock that tests move, with people whose
// passwords are cheap to stretch.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/rule_book.h"
#include "tests/support/crypto_environment.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/temp_folder.h"
#include "vault/crypto/bulk.h"
#include "vault/vault.h"

namespace vault {

inline AgencyId Agency(std::string_view text) { return AgencyId::Parse(text).value(); }
inline UnixSeconds At(std::string_view when) { return ParseWhen(when).value(); }

// ShippedRules are the templates and calendars of the source tree.
inline std::unique_ptr<policies::TemplateBook> ShippedRules() {
  auto book =
      policies::TemplateBook::LoadFolder(std::string(STRONGROOM_SOURCE_DIR) + "/policies",
                                         [](ByteView text) { return EncodeHex(Sha256(text)); });
  CHECK(book.ok());
  return std::move(book).value();
}

class TestVault {
 public:
  static constexpr std::string_view kPassphrase = "correct horse battery";
  static constexpr std::string_view kPassword = "a long enough password";
  static constexpr std::string_view kOfficer = "officer@unit.example";

  explicit TestVault(DiskObserver* observer) : TestVault(observer, "") {}
  // With a folder, the vault is there already and stays there afterwards.
  TestVault(DiskObserver* observer, const std::string& folder) : disk_(observer) {
    world_.disk = &disk_;
    world_.random = &random_;
    world_.clock = &clock_;
    world_.rules = rules_.get();
    world_.cell_kinds = &cell_kinds_;
    world_.costs = {{1, 8}, {1, 8}};
    world_.unseal_cost = {1, 8};
    place_.data = (folder.empty() ? folder_.path() : folder) + "/data";
  }
  TestVault() : TestVault(nullptr) {}

  // UseRules replaces the shipped rules, before Init.
  void UseRules(std::unique_ptr<policies::TemplateBook> rules) {
    rules_ = std::move(rules);
    world_.rules = rules_.get();
  }
  void Init() {
    InitOptions options;
    options.name = "Marlshire Safeguarding Community Partnership";
    options.unit = Agency("unit");
    options.officer.email = kOfficer;
    options.officer.password = Plaintext::CopyOf(AsBytes(kPassword));
    if (split_.count == 0) options.passphrase = Plaintext::CopyOf(AsBytes(kPassphrase));
    options.shares = split_;
    auto made = InitVault(world_, place_, std::move(options));
    ASSERT_TRUE(made.ok()) << made.error().detail;
    log_key_ = made.value().log_key;
    shares_ = std::move(made.value().shares);
  }
  // SplitInto lets Init make shares instead of taking the passphrase.
  void SplitInto(ShareCount shares) { split_ = shares; }
  std::string share(std::size_t i) const { return std::string(shares_.at(i).text()); }
  // Unseal confirms the clock's own date.
  void Unseal() {
    const Status opened = TryUnseal();
    ASSERT_TRUE(opened.ok()) << opened.error().detail;
  }
  Status TryUnseal() { return TryUnsealOn(LondonDay(clock_.Realtime())); }
  // TryUnsealOn confirms a date of the test's, or none.
  Status TryUnsealOn(const std::optional<Day>& date) {
    vault_.reset();
    TRY(const SealedVault sealed, SealedVault::At(world_, place_));
    TRY(vault_, sealed.UnsealWithPassphrase(AsBytes(kPassphrase), date));
    return Ok();
  }
  // OpenWith unseals with another secret than the first passphrase, and confirms the date.
  Status OpenWith(const UnsealSecret& secret) {
    vault_.reset();
    const Day today = LondonDay(clock_.Realtime());
    TRY(const SealedVault sealed, SealedVault::At(world_, place_));
    if (secret.passphrase.size() != 0) {
      TRY(vault_, sealed.UnsealWithPassphrase(secret.passphrase.view(), today));
      return Ok();
    }
    if (secret.credential.size() != 0) {
      TRY(vault_, sealed.UnsealWithCredential(secret.credential.view(), today));
      return Ok();
    }
    std::vector<UnsealShare> shares;
    for (const Plaintext& text : secret.shares) {
      TRY(UnsealShare share, sealed.ReadShare(text.view()));
      shares.push_back(std::move(share));
    }
    TRY(vault_, sealed.UnsealWithShares(shares, today));
    return Ok();
  }
  void Seal() { vault_.reset(); }
  // MoveTo sets the clock forward, as time passing would.
  void MoveTo(std::string_view when) { clock_.Pass(At(when) - clock_.Realtime()); }

  Actor SignIn(std::string_view email) { return SignInWith(email, kPassword).value(); }
  Result<Actor> SignInWith(std::string_view email, std::string_view password) {
    TRY(const SessionSecret secret, vault_->people().SignIn(email, AsBytes(password)));
    return vault_->people().Resume(secret.view());
  }
  void AddPerson(const Actor& officer, std::string_view email, std::string_view agency,
                 std::vector<std::string> roles) {
    NewPerson person;
    person.email = email;
    person.agency = Agency(agency);
    person.roles = std::move(roles);
    person.password = Plaintext::CopyOf(AsBytes(kPassword));
    auto added = vault_->people().Add(officer, std::move(person));
    ASSERT_TRUE(added.ok()) << added.error().detail;
  }
  // File files bytes as a class for an agency and subject.
  Result<FiledDocument> File(const Actor& actor, const MatterRow& matter, std::string_view code,
                             std::string_view agency, const std::optional<SubjectId>& subject,
                             std::string_view content) {
    TRY(FilingGrant grant,
        vault_->access().DecideFiling(actor, matter, {std::string(code), Agency(agency), subject}));
    TRY(FilingStream stream, vault_->documents().Begin(std::move(grant), "form.docx", "api"));
    TRY_VOID(stream.Write(AsBytes(content)));
    return stream.Finish(FormOutcome());
  }
  // version: none, the newest.
  Result<std::string> Read(const Actor& actor, const DocumentId& document,
                           std::optional<std::uint32_t> version = std::nullopt) {
    TRY(DocumentStream stream, vault_->documents().Open(actor, {document, version, ""}));
    std::string out(stream.size(), '\0');
    std::size_t done = 0;
    while (done < out.size()) {
      TRY(const std::size_t more,
          stream.Read(done,
                      {reinterpret_cast<std::uint8_t*>(out.data()) + done, out.size() - done}));
      if (more == 0) return Corrupt("the stream ended early");
      done += more;
    }
    return out;
  }

  Vault& operator*() { return *vault_; }
  Vault* operator->() { return vault_.get(); }
  FakeClock& clock() { return clock_; }
  const VaultWorld& world() const { return world_; }
  const VaultPlace& place() const { return place_; }
  const std::string& folder() const { return folder_.path(); }
  const std::string& log_key() const { return log_key_; }

 private:
  TempFolder folder_;
  Disk disk_;
  FakeRandom random_{1};
  FakeClock clock_{At("2026-02-12T09:00")};
  std::unique_ptr<policies::TemplateBook> rules_ = ShippedRules();
  CellKinds cell_kinds_{Machine::Roots()};
  VaultWorld world_;
  VaultPlace place_;
  std::unique_ptr<Vault> vault_;
  std::string log_key_;
  ShareCount split_;
  std::vector<Plaintext> shares_;
};

}  // namespace vault
