// The attack, small: three agencies, two subjects, a copy of the data folder after every step, and
// an attacker who holds all copies, the unseal key, today's erasure cell and people's passwords.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/attack_vault.h"
#include "tests/support/test_vault.h"
#include "vault/keys/unseal.h"

namespace vault {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kMeeting = "2026-04-09T09:30";
constexpr PasswordCost kCheapPin{1, 8};

// Moment is one copy: the folder, and apart from it what the cell held at that time.
struct Moment {
  std::string name;
  std::string folder;
  Bytes cell;
};

class AttackTest : public ::testing::Test {
 protected:
  // SetUp plays a small audit and copies the folder after every step.
  void SetUp() override {
    vault_.Init();
    vault_.Unseal();
    {
      const Actor officer = Officer();
      for (const std::string agency : {"ASC", "HSG", "FRS"}) {
        ASSERT_TRUE(vault_->agencies().Add(officer, Agency(agency), agency).ok());
        vault_.AddPerson(officer, Email(agency), agency, {"AAC", "AUD"});
      }
      NewMatter matter;
      matter.template_id = "macfa";
      matter.title = "Self-neglect";
      matter.meeting = At(kMeeting);
      auto made = vault_->matters().New(officer, matter);
      ASSERT_TRUE(made.ok()) << made.error().detail;
      matter_ = made.value().id;
      AddSubject(officer, "Alder", {"ASC", "HSG", "FRS"});
      AddSubject(officer, "Elm", {"ASC", "FRS"});
      for (const std::string agency : {"ASC", "HSG", "FRS"}) {
        auto joined = vault_->matters().AddMember(officer, Matter(), Email(agency), "");
        ASSERT_TRUE(joined.ok()) << joined.error().detail;
      }
    }
    Copy("begun");
    Event("FORMS_ISSUED", "2026-02-27T10:00");
    Copy("issued");
    vault_.MoveTo("2026-03-20T10:00");
    for (const std::string agency : {"ASC", "HSG", "FRS"}) FileForm(agency, "Alder", 1);
    FileForm("ASC", "Elm", 1);
    FileForm("FRS", "Elm", 1);
    Copy("filed");
    FileForm("ASC", "Elm", 2);
    Copy("filed again");
    Event("PACK_RELEASED", "2026-04-02T00:00");
    Copy("released");
    MakeLink();
    Copy("shared");
    Event("MEETING_CLOSED", "2026-04-09T12:30");
    Copy("closed");
    vault_.Seal();
    Copy("sealed");
  }

  static std::string Email(std::string_view agency) { return std::string(agency) + "@a.example"; }
  static std::string Text(std::string_view agency, std::string_view subject, int version) {
    return "form of " + std::string(agency) + " on " + std::string(subject) + " v" +
           std::to_string(version);
  }
  Actor Officer() { return vault_.SignIn(TestVault::kOfficer); }
  MatterRow Matter() { return vault_->matter_rows().Load(matter_).value(); }

  void AddSubject(const Actor& officer, const std::string& name,
                  const std::vector<std::string>& agencies) {
    NewSubject subject;
    subject.pseudonym = "Adult " + name;
    subject.name = "Fictional " + name;
    auto added = vault_->matters().AddSubject(officer, Matter(), subject);
    ASSERT_TRUE(added.ok()) << added.error().detail;
    subjects_[name] = added.value().id;
    auto row = vault_->matter_rows().FindSubject(matter_, added.value().id.ToHex());
    for (const std::string& agency : agencies) {
      auto involved = vault_->matters().Involve(officer, Matter(), row.value(), Agency(agency));
      ASSERT_TRUE(involved.ok()) << involved.error().detail;
    }
  }
  void Event(std::string_view event, std::string_view when) {
    vault_.MoveTo(when);
    auto happened =
        vault_->matters().Record(Officer(), Matter(), event, std::nullopt, "as planned");
    ASSERT_TRUE(happened.ok()) << event << ": " << happened.error().detail;
  }
  void FileForm(const std::string& agency, const std::string& subject, int version) {
    auto filed = vault_.File(vault_.SignIn(Email(agency)), Matter(), "FRM", agency,
                             subjects_[subject], Text(agency, subject, version));
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    documents_[agency + " " + subject] = filed.value().id;
  }
  void MakeLink() {
    NewShare share;
    share.documents = {documents_["FRS Alder"]};
    share.recipient = "a.reader@outside.example";
    share.until = At("2026-04-20T12:00");
    auto made = vault_->shares().Make(Officer(), share);
    ASSERT_TRUE(made.ok()) << made.error().detail;
    link_ = {
        "https://localhost/s/" + made.value().link + "#" + std::string(made.value().secret.text()),
        std::string(made.value().pin.text())};
  }
  void Copy(const std::string& name) {
    const std::string folder = copies_.At(std::to_string(moments_.size()));
    std::filesystem::copy(vault_.place().data, folder, std::filesystem::copy_options::recursive);
    Disk disk(nullptr);
    moments_.push_back({name, folder, disk.ReadAll(vault_.place().data + ".cell", 8192).value()});
  }

  // Thief holds the copies up to and with a moment.
  VaultAttacker Thief(std::size_t last) const {
    Disk disk(nullptr);
    const StoreId store = KeyKeeper::ReadStoreId(disk, moments_[last].folder + "/keys.db").value();
    const Bytes file = disk.ReadAll(moments_[last].folder + "/unseal", 4096).value();
    const UnsealKey unseal =
        UnwrapUnsealKey(file, AsBytes(TestVault::kPassphrase), store, {1, 8}).value();
    VaultAttacker thief(store, unseal.view(), kCheapPin);
    for (std::size_t i = 0; i <= last; ++i) thief.AddCopy(moments_[i].folder);
    return thief;
  }
  std::size_t MomentOf(std::string_view name) const {
    for (std::size_t i = 0; i < moments_.size(); ++i) {
      if (moments_[i].name == name) return i;
    }
    ADD_FAILURE() << "no moment " << name;
    return 0;
  }
  // Everybody gives away every borrower's password, and the link with its PIN.
  AttackSecrets Everybody() const {
    AttackSecrets secrets;
    for (const std::string agency : {"ASC", "HSG", "FRS"}) {
      secrets.passwords.push_back({Email(agency), std::string(TestVault::kPassword)});
    }
    secrets.links = {link_};
    return secrets;
  }
  AttackSecrets Only(const std::string& agency) const {
    AttackSecrets secrets;
    secrets.passwords.push_back({Email(agency), std::string(TestVault::kPassword)});
    return secrets;
  }
  static std::set<std::string> LoansOf(const std::set<LoanName>& boxes) {
    std::set<std::string> loans;
    for (const LoanName& box : boxes) loans.insert(box.loan);
    return loans;
  }

  TestVault vault_;
  TempFolder copies_;
  MatterId matter_;
  std::map<std::string, SubjectId> subjects_;
  std::map<std::string, DocumentId> documents_;
  AttackSecrets::Link link_;
  std::vector<Moment> moments_;
};

TEST_F(AttackTest, WithoutAPasswordTheCopiesAndTheKeysOpenNothing) {
  VaultAttacker thief = Thief(0);
  for (std::size_t last = 0; last < moments_.size(); ++last) {
    SCOPED_TRACE(moments_[last].name);
    if (last != 0) thief.AddCopy(moments_[last].folder);
    const AttackLoot loot = thief.Attack({moments_[last].cell}, {});
    EXPECT_GT(loot.keys, 3u) << "control: the tree itself opens";
    EXPECT_THAT(loot.content, IsEmpty());
    EXPECT_THAT(loot.forms, IsEmpty());
    EXPECT_THAT(loot.details, IsEmpty());
    EXPECT_THAT(loot.loans, IsEmpty());
    EXPECT_THAT(loot.links, IsEmpty());
  }
}

TEST_F(AttackTest, WithTheBorrowersPasswordsExactlyTheLoansThatRunOpen) {
  VaultAttacker thief = Thief(0);
  for (std::size_t last = 0; last < moments_.size(); ++last) {
    SCOPED_TRACE(moments_[last].name);
    if (last != 0) thief.AddCopy(moments_[last].folder);
    const auto now = thief.Now({moments_[last].cell});
    ASSERT_TRUE(now.has_value());
    const AttackLoot loot = thief.Attack({moments_[last].cell}, Everybody());
    EXPECT_EQ(loot.people, 3u) << "control: the passwords are right";
    EXPECT_EQ(loot.boxes, now->boxes);
    EXPECT_EQ(loot.loans, LoansOf(now->boxes));
    EXPECT_EQ(loot.links, now->shares);
  }
}

TEST_F(AttackTest, ThereIsSomethingToStealUntilTheMeetingClosesAndThenNothing) {
  const std::size_t shared = MomentOf("shared");
  const AttackLoot before = Thief(shared).Attack({moments_[shared].cell}, Everybody());
  // Five packs; three agencies' briefs.
  EXPECT_GE(before.loans.size(), 8u);
  EXPECT_EQ(before.links.size(), 1u);
  const std::size_t closed = MomentOf("closed");
  const AttackLoot after = Thief(closed).Attack({moments_[closed].cell}, Everybody());
  EXPECT_THAT(after.loans, IsEmpty());
  EXPECT_THAT(after.links, IsEmpty());
  EXPECT_EQ(after.content.size(), 6u) << "the owners' own forms live on";
}

TEST_F(AttackTest, OneBorrowerIsLeftWithTheirOwnForms) {
  const std::size_t shared = MomentOf("shared");
  const AttackLoot before = Thief(shared).Attack({moments_[shared].cell}, Only("HSG"));
  const AttackLoot::DocumentName own{documents_["HSG Alder"].ToHex(), 1};
  const AttackLoot::DocumentName lent{documents_["FRS Alder"].ToHex(), 1};
  const AttackLoot::DocumentName other{documents_["FRS Elm"].ToHex(), 1};
  ASSERT_TRUE(before.content.contains(own));
  ASSERT_TRUE(before.content.contains(lent));
  EXPECT_EQ(before.content.at(lent), EncodeHex(Sha256(AsBytes(Text("FRS", "Alder", 1)))));
  EXPECT_FALSE(before.content.contains(other)) << "not involved with Adult Elm";
  for (const std::string_view moment : {"closed", "sealed"}) {
    const std::size_t last = MomentOf(moment);
    const AttackLoot after = Thief(last).Attack({moments_[last].cell}, Only("HSG"));
    EXPECT_EQ(after.content.size(), 1u);
    EXPECT_TRUE(after.content.contains(own));
    EXPECT_THAT(after.details, ::testing::ElementsAre("version " + own.first));
  }
}

TEST_F(AttackTest, ACellOfAnOlderEpochWouldOpenWhatHasEnded) {
  // The control that the attack is real: the copies hold everything but the erased secret.
  const std::size_t shared = MomentOf("shared");
  const std::size_t sealed = MomentOf("sealed");
  VaultAttacker thief = Thief(sealed);
  const AttackLoot today = thief.Attack({moments_[sealed].cell}, Everybody());
  ASSERT_THAT(today.loans, IsEmpty());
  const AttackLoot revived = thief.Attack({moments_[shared].cell}, Everybody());
  const AttackLoot then = Thief(shared).Attack({moments_[shared].cell}, Everybody());
  EXPECT_EQ(revived.loans, then.loans);
  EXPECT_EQ(revived.links, then.links);
  EXPECT_THAT(revived.loans, Not(IsEmpty()));
}

TEST_F(AttackTest, AWrongPinOpensNoLink) {
  const std::size_t shared = MomentOf("shared");
  AttackSecrets secrets;
  secrets.links = {{link_.url, link_.pin == "00000000" ? "00000001" : "00000000"}};
  EXPECT_THAT(Thief(shared).Attack({moments_[shared].cell}, secrets).links, IsEmpty());
}

}  // namespace
}  // namespace vault
