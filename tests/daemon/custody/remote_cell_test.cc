#include "daemon/custody/remote_cell.h"

#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/custody/custodian.h"
#include "tests/support/child_process.h"
#include "tests/support/file_cell_bench.h"
#include "tests/vault/keys/erasure_cell_contract.h"

namespace service {
namespace {

using vault::CellClass;
using vault::CellRecord;
using vault::ErasureCell;
using vault::Errc;
using vault::Result;
using vault::Status;

HostMark MarkOf(std::uint8_t byte) {
  HostMark mark;
  mark.fill(byte);
  return mark;
}

// DictatedCell is called what it is told, and its medium fails when its erasures are used up.
class DictatedCell final : public ErasureCell {
 public:
  DictatedCell(std::unique_ptr<ErasureCell> cell, CellClass found, int erasures)
      : cell_(std::move(cell)), class_(std::move(found)), erasures_(erasures) {}
  const CellClass& cell_class() const override { return class_; }
  Status Write(const CellRecord& record) override { return cell_->Write(record); }
  Result<std::optional<CellRecord>> Read(unsigned slot) override { return cell_->Read(slot); }
  Status Erase(unsigned slot) override {
    if (erasures_-- == 0) return vault::Unavailable("the medium fails");
    return cell_->Erase(slot);
  }

 private:
  std::unique_ptr<ErasureCell> cell_;
  CellClass class_;
  int erasures_;
};

// Hosts is a vault's host and its custodian's, both here, and the custodian's file cell.
class Hosts {
 public:
  Hosts() {
    custodian_pin_ = Identity::Make(folder_.At("custodian.pem")).value();
    vault_pin_ = Identity::Make(folder_.At("vault.pem")).value();
  }
  Status Start() { return StartWith({"file", "a file"}, 1000); }
  Status StartWith(const CellClass& found, int erasures) {
    CustodianOptions options;
    options.listen = {"127.0.0.1", port_};
    options.vault = vault_pin_;
    options.host = there_;
    auto cell = disk_.Exists(own_.path()) ? own_.Open(disk_, random_) : own_.Create(disk_, random_);
    if (!cell.ok()) return cell.error();
    TRY(Identity own, Identity::Load(folder_.At("custodian.pem")));
    TRY(custodian_,
        Custodian::Start(options, std::move(own),
                         std::make_unique<DictatedCell>(std::move(cell).value(), found, erasures)));
    port_ = custodian_->port();
    return vault::Ok();
  }
  void Stop() { custodian_.reset(); }
  RemotePlace place() const {
    return {{"127.0.0.1", port_}, custodian_pin_, folder_.At("vault.pem")};
  }
  std::string written() const {
    return "127.0.0.1:" + std::to_string(port_) + "/" + PinText(custodian_pin_) + "@" +
           folder_.At("vault.pem");
  }
  Result<std::unique_ptr<ErasureCell>> Open() { return OpenRemoteCell(place(), manner_); }

  vault::TempFolder folder_;
  vault::Disk disk_{nullptr};
  vault::FakeRandom random_{11};
  vault::FileCellBench own_;
  Pin custodian_pin_{};
  Pin vault_pin_{};
  HostMark there_ = MarkOf(1);
  RemoteManner manner_{std::chrono::seconds(20), MarkOf(2)};
  std::uint16_t port_ = 0;
  std::unique_ptr<Custodian> custodian_;
};

class RemoteBench final : public vault::CellBench {
 public:
  RemoteBench() { CHECK(hosts_.Start().ok()); }
  Result<std::unique_ptr<ErasureCell>> Create(vault::Disk& disk,
                                              vault::RandomSource& random) override {
    return RemoteKind(hosts_.manner_).Create({disk, random, "/"}, hosts_.written());
  }
  Result<std::unique_ptr<ErasureCell>> Open(vault::Disk&, vault::RandomSource&) override {
    return hosts_.Open();
  }
  std::string Medium() override { return hosts_.own_.Medium(); }
  std::string Stored(const CellRecord& record) override { return hosts_.own_.Stored(record); }
  bool PutBack(const std::string& medium) override { return hosts_.own_.PutBack(medium); }
  void Vanish() override { hosts_.Stop(); }
  std::string expected_class() const override { return "remote (file)"; }

 private:
  Hosts hosts_;
};

class RemoteCellTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(hosts_.Start().ok()); }
  std::unique_ptr<ErasureCell> Opened() {
    auto cell = hosts_.Open();
    CHECK(cell.ok());
    return std::move(cell).value();
  }
  void ExpectUnavailable(const Result<std::unique_ptr<ErasureCell>>& cell, std::string_view why) {
    ASSERT_FALSE(cell.ok());
    EXPECT_EQ(cell.error().code, Errc::kUnavailable);
    EXPECT_NE(cell.error().detail.find(why), std::string::npos) << cell.error().detail;
  }
  Hosts hosts_;
};

TEST_F(RemoteCellTest, AnotherHostInTheCustodiansPlaceIsFoundOut) {
  const Pin other = Identity::Make(hosts_.folder_.At("other.pem")).value();
  RemotePlace place = hosts_.place();
  place.pin = other;
  ExpectUnavailable(OpenRemoteCell(place, hosts_.manner_), "key that is pinned");
}

TEST_F(RemoteCellTest, OnlyTheVaultsOwnKeyIsAnswered) {
  auto cell = Opened();
  ASSERT_TRUE(cell->Write(vault::ContractRecord(2, 1)).ok());
  ASSERT_TRUE(Identity::Make(hosts_.folder_.At("other.pem")).ok());
  RemotePlace place = hosts_.place();
  place.identity_path = hosts_.folder_.At("other.pem");
  ExpectUnavailable(OpenRemoteCell(place, hosts_.manner_), "");
  auto record = cell->Read(0);
  ASSERT_TRUE(record.ok());
  EXPECT_TRUE(record.value().has_value());
}

// A client of OpenSSL's own, without a certificate or with an old protocol.
bool HandshakeSucceeds(std::uint16_t port, int version) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  SSL* tls = SSL_new(context);
  SSL_set_fd(tls, socket);
  // In TLS 1.3 the refusal of a client comes with the first read.
  std::uint8_t byte = 0;
  const bool done = SSL_connect(tls) == 1 && SSL_write(tls, "\0\0\0\2\1\1", 6) == 6 &&
                    SSL_read(tls, &byte, 1) == 1;
  SSL_free(tls);
  SSL_CTX_free(context);
  ::close(socket);
  ERR_clear_error();
  return done;
}

TEST_F(RemoteCellTest, NobodyWithoutAKeyAndNoOlderProtocolIsAnswered) {
  EXPECT_FALSE(HandshakeSucceeds(hosts_.port_, TLS1_3_VERSION));
  EXPECT_FALSE(HandshakeSucceeds(hosts_.port_, TLS1_2_VERSION));
  EXPECT_TRUE(Opened()->Read(0).ok());
}

TEST_F(RemoteCellTest, ACustodianThatWasAwayIsFoundAgain) {
  auto cell = Opened();
  ASSERT_TRUE(cell->Write(vault::ContractRecord(2, 1)).ok());
  hosts_.Stop();
  EXPECT_FALSE(cell->Read(0).ok());
  EXPECT_FALSE(cell->Erase(0).ok());
  ASSERT_TRUE(hosts_.Start().ok());
  auto record = cell->Read(0);
  ASSERT_TRUE(record.ok()) << record.error().detail;
  EXPECT_TRUE(record.value().has_value());
  EXPECT_TRUE(cell->Erase(0).ok());
}

TEST_F(RemoteCellTest, ASilentHostIsGivenUp) {
  auto silent = Socket::Listen({"127.0.0.1", 0});
  ASSERT_TRUE(silent.ok());
  RemotePlace place = hosts_.place();
  place.custodian.port = silent.value().port();
  RemoteManner manner = hosts_.manner_;
  manner.patience = std::chrono::milliseconds(30);
  ExpectUnavailable(OpenRemoteCell(place, manner), "too slow");
}

TEST_F(RemoteCellTest, ARecordOfAnotherVaultIsRefused) {
  auto cell = Opened();
  ASSERT_TRUE(cell->Write(vault::ContractRecord(2, 1)).ok());
  CellRecord foreign = vault::ContractRecord(3, 1);
  foreign.store = vault::StoreId(vault::ByteArray<16>{7});
  const Status written = cell->Write(foreign);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Errc::kConflict);
  auto record = cell->Read(0);
  ASSERT_TRUE(record.ok() && record.value().has_value());
}

TEST_F(RemoteCellTest, TheClassFollowsWhatTheCustodianHolds) {
  auto cell = Opened();
  EXPECT_EQ(cell->cell_class().name, "remote (file)");
  hosts_.Stop();
  ASSERT_TRUE(hosts_.StartWith({"tpm", "a physical tpm"}, 1000).ok());
  ASSERT_TRUE(cell->Erase(0).ok());
  EXPECT_EQ(cell->cell_class().name, "remote");
  hosts_.Stop();
  ASSERT_TRUE(hosts_.Start().ok());
  ASSERT_TRUE(cell->Erase(0).ok());
  EXPECT_EQ(cell->cell_class().name, "remote (file)");
}

TEST(RemoteClass, IsRemoteOnlyForAChipOnAnotherHost) {
  const auto name = [](const std::string& own, const HostMark& there, const HostMark& here) {
    return ClassOfRemote({own, "why"}, there, here).name;
  };
  EXPECT_EQ(name("tpm", MarkOf(1), MarkOf(2)), "remote");
  EXPECT_EQ(name("medium", MarkOf(1), MarkOf(2)), "remote (medium)");
  EXPECT_EQ(name("file", MarkOf(1), MarkOf(2)), "remote (file)");
  EXPECT_EQ(name("remote", MarkOf(1), MarkOf(2)), "remote (file)");
  EXPECT_EQ(name("a wonder", MarkOf(1), MarkOf(2)), "remote (file)");
  // On one machine, whatever the network says, a custodian adds nothing.
  EXPECT_EQ(name("tpm", MarkOf(1), MarkOf(1)), "tpm");
  EXPECT_EQ(name("file", MarkOf(1), MarkOf(1)), "file");
  EXPECT_EQ(name("file", HostMark{}, MarkOf(1)), "file");
  EXPECT_EQ(name("medium", MarkOf(1), HostMark{}), "medium");
}

TEST(RemoteClass, OneMachineIsKnownByItsKernel) {
  EXPECT_EQ(ThisHost(), ThisHost());
  EXPECT_NE(ThisHost(), HostMark{});
}

TEST(RemotePlaceTest, IsHostPortPinAndIdentity) {
  const std::string pin(64, 'a');
  auto place = ParseRemotePlace("cell.example:7443/" + pin + "@/etc/identity.pem");
  ASSERT_TRUE(place.ok()) << place.error().detail;
  EXPECT_EQ(place.value().custodian.host, "cell.example");
  EXPECT_EQ(place.value().custodian.port, 7443);
  EXPECT_EQ(PinText(place.value().pin), pin);
  EXPECT_EQ(place.value().identity_path, "/etc/identity.pem");
  auto six = ParseRemotePlace("[::1]:1/" + pin + "@/i");
  ASSERT_TRUE(six.ok());
  EXPECT_EQ(six.value().custodian.host, "::1");
  const std::vector<std::string> wrong = {"",
                                          "cell.example:7443",
                                          "cell.example:7443/" + pin,
                                          "cell.example/" + pin + "@/i",
                                          "cell.example:0/" + pin + "@/i",
                                          "cell.example:70000/" + pin + "@/i",
                                          "cell.example:7443/" + pin + "@relative",
                                          "cell.example:7443/" + pin.substr(1) + "@/i",
                                          ":7443/" + pin + "@/i",
                                          "::1:7443/" + pin + "@/i"};
  for (const std::string& bad : wrong) {
    EXPECT_FALSE(ParseRemotePlace(bad).ok()) << bad;
  }
}

TEST(CustodyMessages, ComeBackAsTheyWereAndNothingShorterIsRead) {
  CustodyRequest write;
  write.act = CustodyAct::kWrite;
  write.record = vault::EncodeCellRecord(vault::ContractRecord(5, 1));
  CustodyRequest read;
  read.act = CustodyAct::kRead;
  read.slot = 1;
  for (const CustodyRequest* request : {&write, &read}) {
    const vault::SecretBytes frame = EncodeRequest(*request);
    auto back = DecodeRequest(frame.view());
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back.value().act, request->act);
    EXPECT_EQ(back.value().slot, request->slot);
    EXPECT_TRUE(back.value().record.EqualTo(request->record.view()));
    for (std::size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(DecodeRequest(frame.view().first(size)).ok());
    }
  }
  CustodyAnswer answer;
  answer.cell = {"tpm", "a reason"};
  answer.host = MarkOf(3);
  answer.record = vault::EncodeCellRecord(vault::ContractRecord(5, 1));
  const vault::SecretBytes frame = EncodeAnswer(answer);
  auto back = DecodeAnswer(frame.view());
  ASSERT_TRUE(back.ok());
  EXPECT_FALSE(back.value().error.has_value());
  EXPECT_EQ(back.value().cell.name, "tpm");
  EXPECT_EQ(back.value().host, MarkOf(3));
  EXPECT_TRUE(back.value().record.EqualTo(answer.record.view()));
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(DecodeAnswer(frame.view().first(size)).ok());
  }
}

TEST(CustodyMessages, WordsFromAnotherHostCannotSteerATerminal) {
  CustodyAnswer answer;
  answer.cell = {"file", "red\x1b[31m\nand more"};
  auto back = DecodeAnswer(EncodeAnswer(answer).view());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back.value().cell.reason, "red[31mand more");
}

TEST(IdentityTest, IsNotOverwrittenAndNotReadWhereOthersMayReadIt) {
  const vault::TempFolder folder;
  const std::string path = folder.At("identity.pem");
  auto made = Identity::Make(path);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(Identity::Make(path).error().code, Errc::kConflict);
  auto loaded = Identity::Load(path);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(loaded.value().pin(), made.value());
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(Identity::Load(path).error().code, Errc::kInvalid);
  vault::WriteFileBytes(folder.At("none"), "-----BEGIN NOTHING-----\n");
  ASSERT_EQ(::chmod(folder.At("none").c_str(), 0600), 0);
  EXPECT_EQ(Identity::Load(folder.At("none")).error().code, Errc::kInvalid);
  EXPECT_EQ(Identity::Load(folder.At("absent")).error().code, Errc::kNotFound);
}

// ---- a key tree whose cell is remote

class RemoteEpoch : public RemoteCellTest {
 protected:
  void SetUp() override {
    RemoteCellTest::SetUp();
    vault::KeyKeeperOptions options = Options();
    auto made = vault::KeyKeeper::Create(disk_, random_, std::move(options), vault::TestUnsealKey(),
                                         vault::TestStore());
    ASSERT_TRUE(made.ok()) << made.error().detail;
    keeper_ = std::move(made).value();
    auto slot = vault::FillOne(*keeper_, random_.NewId<vault::ObjectId>(),
                               vault::DocumentEntry(random_.NewId<vault::ObjectId>(), 1));
    ASSERT_TRUE(slot.ok());
    slot_ = slot.value();
  }
  vault::KeyKeeperOptions Options() {
    vault::KeyKeeperOptions options;
    options.tree_path = folder_.At("keys.db");
    options.cells.push_back(Opened());
    return options;
  }
  vault::TempFolder folder_;
  vault::Disk disk_{nullptr};
  vault::FakeRandom random_{5};
  std::unique_ptr<vault::KeyKeeper> keeper_;
  vault::SlotNumber slot_ = 0;
};

TEST_F(RemoteEpoch, WithoutTheCustodianNothingIsDestroyedAndNothingIsLost) {
  hosts_.Stop();
  auto refused = vault::ShredSlots(*keeper_, {slot_});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kUnavailable);
  EXPECT_FALSE(vault::IsSpent(*keeper_, slot_));
  EXPECT_EQ(keeper_->epoch(), 1U);
  ASSERT_TRUE(hosts_.Start().ok());
  auto shred = vault::ShredSlots(*keeper_, {slot_});
  ASSERT_TRUE(shred.ok()) << shred.error().detail;
  EXPECT_TRUE(vault::IsSpent(*keeper_, slot_));
}

TEST_F(RemoteEpoch, WhatFailsAfterTheCommitStopsTheProcessAndIsFinishedAtTheNextStart) {
  keeper_.reset();
  hosts_.Stop();
  const auto end = vault::RunInChild([&]() -> Status {
    // One erasure at the start of the keeper; the second is P4.
    TRY_VOID(hosts_.StartWith({"file", "a file"}, 1));
    TRY(auto keeper, vault::KeyKeeper::Open(disk_, random_, Options(), vault::TestUnsealKey()));
    TRY(const auto shred, vault::ShredSlots(*keeper, {slot_}));
    return vault::Ok();
  });
  EXPECT_EQ(end, vault::ChildEnd::kStopped);
  ASSERT_TRUE(hosts_.Start().ok());
  auto opened = vault::KeyKeeper::Open(disk_, random_, Options(), vault::TestUnsealKey());
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_EQ(opened.value()->epoch(), 2U);
  EXPECT_TRUE(vault::IsSpent(*opened.value(), slot_));
  auto old = Opened()->Read(1);
  ASSERT_TRUE(old.ok());
  EXPECT_FALSE(old.value().has_value());
}

}  // namespace

std::unique_ptr<vault::CellBench> MakeRemoteBench() { return std::make_unique<RemoteBench>(); }

}  // namespace service

namespace vault {
namespace {

INSTANTIATE_TEST_SUITE_P(Cells, ErasureCellContract,
                         ::testing::Values(NamedBench{"Remote", service::MakeRemoteBench}),
                         NameOfBench);

}  // namespace
}  // namespace vault
