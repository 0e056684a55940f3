// VaultAttacker: adversaries A2 and A2b of FORMAT.md, as a program. It holds copies of the data
// folder from every day, the unseal key, the erasure cells of one moment, and whatever passwords,
// links and PINs it is given, and opens what these open.
//
// It shares the primitives with the program and none of its ways to a document: no decision, no
// loan's state, no row's mac stands in its way, and bit1 of a key binds nobody here.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/attack_loot.h"
#include "tests/support/attack_register.h"
#include "tests/support/attacker.h"
#include "tests/support/memory_file.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/bulk.h"
#include "vault/crypto/container.h"
#include "vault/crypto/hkdf.h"
#include "vault/crypto/password.h"
#include "vault/crypto/sealed_box.h"

namespace vault {

class VaultAttacker {
 public:
  VaultAttacker(const StoreId& store, ByteView unseal, PasswordCost pin_cost)
      : tree_(store, unseal), pin_cost_(pin_cost) {}

  // AddCopy takes one more copy of the data folder; the last one is "now".
  void AddCopy(const std::string& folder) {
    ForEachCommit(Image(folder, "keys.db"), [this](const DatabaseImage& state) {
      if (!Fresh(state)) return;
      tree_.Watch({{"keys.db", state.file}, {"keys.db-wal", state.log}}, {}, "keys.db");
    });
    newest_ = Image(folder, "register.db");
    ForEachCommit(newest_, [this](const DatabaseImage& state) {
      if (Fresh(state)) registers_.push_back(state);
    });
    const std::filesystem::path blobs = folder + "/blobs";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(blobs)) {
      if (entry.is_regular_file()) AddBlob(entry.path().string());
    }
  }

  // AddBlob takes one stored file. It is known by its name, and its header says by whom its access
  // boxes are opened.
  void AddBlob(const std::string& name, const std::string& bytes) {
    if (blobs_.contains(name)) return;
    MemoryFile file(ToBytes(AsBytes(bytes)));
    auto header = ParseContainerHeader(file);
    if (!header.ok()) return;
    for (const ContainerBox& box : header.value().boxes) {
      carried_.insert({ToBytes(header.value().document.view()), header.value().version,
                       ToBytes(box.party.view()), box.box});
    }
    blobs_[name] = bytes;
  }

  // RegisterPages gives the rows that one key opens in everything that was ever written to the
  // register, for an attacker who holds recorded bytes and not copies of folders.
  using RegisterPages = std::function<const RegisterRows&(const Bytes& key)>;
  void UsePages(RegisterPages pages) { pages_ = std::move(pages); }
  // AddNode takes one sealed node of the tree.
  void AddNode(std::int64_t row, ByteView sealed) { tree_.AddNode(row, sealed); }

  // Attack opens what the copies so far, these cells and these secrets open.
  AttackLoot Attack(const std::vector<Bytes>& cells, const AttackSecrets& secrets) {
    return Attack(Survey(cells), secrets);
  }

  // Survey is what the cells alone give: every key of the tree, and the rows of the registers.
  struct Keys {
    LootedKeys slots;
    RegisterRows rows;
  };
  Keys Survey(const std::vector<Bytes>& cells) { return SurveyCopies({cells}); }
  // SurveyCopies has the cells of several copies of the tree.
  Keys SurveyCopies(const std::vector<std::vector<Bytes>>& copies) {
    Keys keys;
    keys.slots = tree_.LootCopies(copies);
    Hand hand;
    hand.slots = keys.slots;
    for (const Bytes& key : KeysOf(hand, 0)) {
      Merge(RowsUnder(key), keys.rows);
      if (pages_) Merge(pages_(key), keys.rows);
    }
    return keys;
  }
  AttackLoot Attack(const Keys& keys, const AttackSecrets& secrets) {
    Hand hand;
    hand.slots = keys.slots;
    AttackLoot loot;
    loot.keys = hand.slots.size();
    const RegisterRows& rows = keys.rows;
    TakePeople(rows, secrets, hand);
    TakeTokens(rows, secrets, hand, loot);
    for (const auto& [person, found] : hand.people) {
      loot.people += found.size();
      loot.who.insert(EncodeHex(person));
    }
    TakeLinks(rows, secrets, hand, loot);
    // Compartments open compartments (the unit's opens every escrow), so this goes round.
    std::size_t before = 0;
    do {
      before = hand.Size();
      TakeCompartments(rows, hand);
      TakeBoxes(rows, hand, loot);
    } while (hand.Size() != before);
    ReadDocuments(rows, hand, loot);
    ReadDetails(rows, hand, loot);
    return loot;
  }

  // Now is what the newest copy's register says is running, given cells that open it.
  std::optional<RegisterNow> Now(const std::vector<Bytes>& cells) {
    Hand hand;
    hand.slots = tree_.Loot(cells);
    for (const Bytes& key : KeysOf(hand, 0)) {
      OpenRegisterImage state(newest_, key);
      if (state.usable()) return ReadNow(state);
    }
    return std::nullopt;
  }

 private:
  using Access = std::map<std::pair<Bytes, std::uint32_t>, std::set<Bytes>>;  // object, version
  // Hand is everything the attacker holds: it only grows.
  struct Hand {
    LootedKeys slots;
    std::map<Bytes, std::set<Bytes>> people;   // private keys, by person
    std::map<Bytes, std::set<Bytes>> parties;  // private keys, by party
    Access access;
    std::size_t Size() const {
      std::size_t size = 0;
      for (const auto& [id, keys] : people) size += keys.size();
      for (const auto& [id, keys] : parties) size += keys.size();
      for (const auto& [id, keys] : access) size += keys.size();
      return size;
    }
  };

  static DatabaseImage Image(const std::string& folder, const std::string& name) {
    return {WholeFile(folder + "/" + name), WholeFile(folder + "/" + name + "-wal")};
  }
  static std::string WholeFile(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  bool Fresh(const DatabaseImage& state) {
    if (state.file.empty()) return false;
    return seen_.insert(Blake2b<32>({}, AsBytes(state.file + "|" + state.log))).second;
  }
  void AddBlob(const std::string& path) {
    AddBlob(std::filesystem::path(path).filename().string(), WholeFile(path));
  }

  static const std::set<Bytes>& KeysOf(const Hand& hand, std::uint32_t slot) {
    static const std::set<Bytes> kNone;
    const auto found = hand.slots.find(slot);
    return found == hand.slots.end() ? kNone : found->second;
  }

  // RowsUnder reads every register with one key, each state once.
  const RegisterRows& RowsUnder(const Bytes& key) {
    Read& read = read_[key];
    for (; read.states < registers_.size(); ++read.states) {
      OpenRegisterImage state(registers_[read.states], key);
      if (state.usable()) TakeRows(state, read.rows);
    }
    read.rows.object_boxes.insert(carried_.begin(), carried_.end());
    return read.rows;
  }
  static void Merge(const RegisterRows& from, RegisterRows& to) {
    to.people.insert(from.people.begin(), from.people.end());
    to.members.insert(from.members.begin(), from.members.end());
    to.tokens.insert(from.tokens.begin(), from.tokens.end());
    to.parties.insert(from.parties.begin(), from.parties.end());
    to.loan_boxes.insert(from.loan_boxes.begin(), from.loan_boxes.end());
    to.object_boxes.insert(from.object_boxes.begin(), from.object_boxes.end());
    to.named_boxes.insert(from.named_boxes.begin(), from.named_boxes.end());
    to.versions.insert(from.versions.begin(), from.versions.end());
    to.details.insert(from.details.begin(), from.details.end());
    to.shares.insert(from.shares.begin(), from.shares.end());
  }

  // Outer opens a layer with any key of its slot.
  static std::optional<Bytes> Outer(const Hand& hand, std::uint32_t slot, std::string_view tag,
                                    const Bytes& owner, const Bytes& row, std::uint32_t version,
                                    const Bytes& sealed) {
    const Bytes place = WireWriter().Text(tag).Raw(owner).Raw(row).U32(version).bytes();
    for (const Bytes& key : KeysOf(hand, slot)) {
      auto inner = OpenAead(key, sealed, place);
      if (inner.ok()) return ToBytes(inner.value().view());
    }
    return std::nullopt;
  }
  // Unbox remembers: the same boxes are tried at every moment.
  std::optional<Bytes> Unbox(const Bytes& secret_key, const Bytes& box) {
    const auto [known, fresh] = unboxed_.try_emplace({secret_key, box});
    if (!fresh) return known->second;
    auto key = BoxSecretKey::FromBytes(secret_key);
    if (!key.ok()) return std::nullopt;
    auto plain = OpenBox(key.value(), box);
    if (!plain.ok()) return std::nullopt;
    return known->second = ToBytes(plain.value().view());
  }
  static Bytes ColumnAd(std::string_view table, std::string_view column, const Bytes& object,
                        std::uint64_t row_version) {
    WireWriter out;
    out.Text("SCL1").U8(static_cast<std::uint8_t>(table.size())).Text(table);
    out.U8(static_cast<std::uint8_t>(column.size())).Text(column).Raw(object).U64(row_version);
    return std::move(out).Take();
  }
  static Bytes Derive(ByteView salt, ByteView input, std::string_view label, const Bytes& object,
                      std::uint32_t version, std::string_view name, std::size_t size) {
    WireWriter info;
    info.Text(label).U8(0).Raw(object).U32(version).Text(name);
    Bytes key(size);
    HkdfSha256(salt, input, info.bytes(), key);
    return key;
  }
  Bytes Stretch(const std::string& password, const Bytes& salt, PasswordCost cost) {
    const auto name = std::tuple(password, salt, cost.passes, cost.memory_kib);
    const auto known = stretched_.find(name);
    if (known != stretched_.end()) return known->second;
    auto key = StretchPassword(AsBytes(password), salt, cost);
    CHECK(key.ok());
    return stretched_[name] = ToBytes(key.value().view());
  }

  // An address stands under the same key as the password's layer: where one opens, so does the
  // other, and passwords are tried where they belong.
  static std::set<std::string> AddressesOf(const Hand& hand, const RegisterRows::Person& row) {
    std::set<std::string> addresses;
    for (const Bytes& key : KeysOf(hand, row.slot)) {
      const Bytes label = Derive(key, {}, "strongroom/v1/label", row.id, 0, "", 32);
      auto text = OpenAead(label, row.email, ColumnAd("person", "email", row.id, row.row_version));
      if (text.ok()) addresses.insert(std::string(text.value().text()));
    }
    return addresses;
  }
  void TakePeople(const RegisterRows& rows, const AttackSecrets& secrets, Hand& hand) {
    constexpr std::size_t kHead = 16 + 4 + 4;
    for (const RegisterRows::Person& row : rows.people) {
      auto inner = Outer(hand, row.slot, "SPW1", row.id, row.id,
                         static_cast<std::uint32_t>(row.row_version), row.password);
      if (!inner || inner->size() < kHead) continue;
      WireReader reader(*inner);
      const Bytes salt = ToBytes(reader.Raw(16));
      PasswordCost cost{};
      cost.passes = reader.U32();
      cost.memory_kib = reader.U32();
      const Bytes place = WireWriter().Text("SPW1").Raw(row.id).bytes();
      const std::set<std::string> addresses = AddressesOf(hand, row);
      for (const AttackSecrets::Password& given : secrets.passwords) {
        if (!given.email.empty() && !addresses.contains(FoldAddress(given.email))) continue;
        auto key =
            OpenAead(Stretch(given.password, salt, cost), ByteView(*inner).subspan(kHead), place);
        if (key.ok()) hand.people[row.id].insert(ToBytes(key.value().view()));
      }
    }
  }

  static void TakeTokens(const RegisterRows& rows, const AttackSecrets& secrets, Hand& hand,
                         AttackLoot& loot) {
    for (const Bytes& secret : secrets.tokens) {
      const auto id = Blake2b<16>(secret, AsBytes("strongroom/v1/token-id"));
      const auto inner_key = Blake2b<32>(secret, AsBytes("strongroom/v1/token"));
      for (const RegisterRows::Token& row : rows.tokens) {
        if (!std::equal(id.begin(), id.end(), row.id.begin(), row.id.end())) continue;
        auto inner = Outer(hand, row.slot, "SPW1", row.person, row.id,
                           static_cast<std::uint32_t>(row.row_version), row.secret);
        if (!inner) continue;
        auto key = OpenAead(inner_key, *inner,
                            WireWriter().Text("SPW1").Raw(row.person).Raw(row.id).bytes());
        if (!key.ok()) continue;
        hand.people[row.person].insert(ToBytes(key.value().view()));
        loot.tokens.insert(EncodeHex(row.id));
      }
    }
  }

  void TakeLinks(const RegisterRows& rows, const AttackSecrets& secrets, Hand& hand,
                 AttackLoot& loot) {
    for (const AttackSecrets::Link& given : secrets.links) {
      const std::size_t start = given.url.rfind("/s/");
      if (start == std::string::npos || given.url.size() != start + 3 + 22 + 1 + 22) continue;
      const auto id = DecodeBase64Url(given.url.substr(start + 3, 22));
      const auto secret = DecodeBase64Url(given.url.substr(start + 26));
      if (!id.ok() || !secret.ok()) continue;
      Bytes proof = secret.value();
      const Bytes stretched = Stretch(given.pin, id.value(), pin_cost_);
      proof.insert(proof.end(), stretched.begin(), stretched.end());
      for (const RegisterRows::Share& row : rows.shares) {
        if (row.id != id.value()) continue;
        auto inner = Outer(hand, row.slot, "SSH1", row.id, row.id, 1, row.box);
        if (!inner) continue;
        WireWriter info;
        info.Text("strongroom/v1/link-wrap").U8(0).Raw(row.id);
        for (const Bytes& key : KeysOf(hand, row.slot)) {
          Bytes wrap(32);
          HkdfSha256(key, proof, info.bytes(), wrap);
          auto plain = OpenAead(wrap, *inner, WireWriter().Text("SSH1").Raw(row.id).bytes());
          if (!plain.ok()) continue;
          loot.links.insert(EncodeHex(row.id));
          WireReader reader(plain.value().view());
          for (std::uint16_t left = reader.U16(); left > 0 && !reader.failed(); --left) {
            const Bytes document = ToBytes(reader.Raw(16));
            const std::uint32_t version = reader.U32();
            hand.access[{document, version}].insert(ToBytes(reader.Raw(32)));
            loot.unnamed.insert({EncodeHex(document), version});
          }
        }
      }
    }
  }

  void TakeCompartments(const RegisterRows& rows, Hand& hand) {
    const auto take = [&hand](const std::optional<Bytes>& lockbox) {
      if (!lockbox || lockbox->size() != 96) return;
      const ByteView plain(*lockbox);
      hand.parties[ToBytes(plain.subspan(40, 16))].insert(ToBytes(plain.subspan(56, 32)));
    };
    for (const RegisterRows::Member& row : rows.members) {
      if (!hand.people.contains(row.person)) continue;
      auto box = Outer(hand, row.slot, "SLB1", row.person, row.id,
                       static_cast<std::uint32_t>(row.row_version), row.lockbox);
      if (!box) continue;
      for (const Bytes& key : hand.people[row.person]) take(Unbox(key, *box));
    }
    std::set<Bytes> held;
    for (const auto& [party, keys] : hand.parties) held.insert(keys.begin(), keys.end());
    for (const RegisterRows::Party& row : rows.parties) {
      if (row.escrow.empty() || hand.parties.contains(row.party)) continue;
      for (const Bytes& key : held) take(Unbox(key, row.escrow));
    }
  }

  // TakeBox opens an access box with any of its holder's keys, a party's or a person's.
  bool TakeBox(const Bytes& object, std::uint32_t version, const std::set<Bytes>& keys,
               const Bytes& box, Hand& hand) {
    const Bytes head = WireWriter().Text("SAB1").Raw(object).U32(version).bytes();
    for (const Bytes& key : keys) {
      auto plain = Unbox(key, box);
      if (!plain || plain->size() != head.size() + 32) continue;
      if (!std::equal(head.begin(), head.end(), plain->begin())) continue;
      hand.access[{object, version}].insert(ToBytes(ByteView(*plain).subspan(head.size())));
      return true;
    }
    return false;
  }
  static const std::set<Bytes>& KeysIn(const std::map<Bytes, std::set<Bytes>>& held,
                                       const Bytes& holder) {
    static const std::set<Bytes> kNone;
    const auto found = held.find(holder);
    return found == held.end() ? kNone : found->second;
  }
  void TakeBoxes(const RegisterRows& rows, Hand& hand, AttackLoot& loot) {
    for (const RegisterRows::ObjectBox& row : rows.object_boxes) {
      if (!TakeBox(row.object, row.version, KeysIn(hand.parties, row.party), row.box, hand)) {
        continue;
      }
      loot.unnamed.insert({EncodeHex(row.object), row.version});
    }
    for (const RegisterRows::NamedBox& row : rows.named_boxes) {
      const std::set<Bytes>& keys = KeysIn(hand.people, row.person);
      if (keys.empty()) continue;
      auto inner = Outer(hand, row.slot, "SAB1", row.person, row.id,
                         static_cast<std::uint32_t>(row.row_version), row.box);
      if (!inner || !TakeBox(row.object, row.version, keys, *inner, hand)) continue;
      loot.named.insert({EncodeHex(row.object), row.version, EncodeHex(row.person)});
    }
    for (const RegisterRows::LoanBox& row : rows.loan_boxes) {
      auto inner = Outer(hand, row.slot, "SLN1", row.loan, row.id, row.box_version, row.box);
      const std::set<Bytes>& keys = KeysIn(hand.parties, row.party);
      if (!inner || !TakeBox(row.object, row.version, keys, *inner, hand)) continue;
      loot.unnamed.insert({EncodeHex(row.object), row.version});
      loot.boxes.insert({EncodeHex(row.loan), EncodeHex(row.object), row.version});
      loot.loans.insert(EncodeHex(row.loan));
    }
  }

  // Container opens one stored file with any pair of keys.
  std::optional<Bytes> Container(const Hand& hand, const RegisterRows::Version& row,
                                 const Bytes& blob, std::string_view label,
                                 std::string_view name) const {
    const auto stored = FindBlob(blob);
    const auto shares = hand.access.find({row.document, row.version});
    if (!stored || shares == hand.access.end()) return std::nullopt;
    ContainerHeader expected;
    expected.slot = row.slot;
    expected.document = DocumentId::FromBytes(row.document).value();
    expected.version = row.version;
    for (const Bytes& erasure : KeysOf(hand, row.slot)) {
      for (const Bytes& access : shares->second) {
        auto key = FileKey::FromBytes(
            Derive(erasure, access, label, row.document, row.version, name, FileKey::kSize));
        auto reader = ContainerReader::Open(
            key.value(), expected, std::make_unique<MemoryFile>(ToBytes(AsBytes(*stored))));
        if (!reader.ok()) continue;
        Bytes content(reader.value().content_length());
        std::size_t done = 0;
        while (done < content.size()) {
          auto more = reader.value().Read(done, MutableByteView(content).subspan(done));
          if (!more.ok() || more.value() == 0) return std::nullopt;
          done += more.value();
        }
        return content;
      }
    }
    return std::nullopt;
  }
  // A stored file is named after its 128 random bits.
  std::optional<std::string> FindBlob(const Bytes& name) const {
    const auto found = blobs_.find(EncodeHex(name));
    if (found == blobs_.end()) return std::nullopt;
    return found->second;
  }
  void ReadDocuments(const RegisterRows& rows, const Hand& hand, AttackLoot& loot) const {
    for (const RegisterRows::Version& row : rows.versions) {
      const AttackLoot::DocumentName name{EncodeHex(row.document), row.version};
      if (auto content = Container(hand, row, row.blob, "strongroom/v1/file", "")) {
        loot.content[name] = EncodeHex(Sha256(*content));
      }
      if (Container(hand, row, row.form_blob, "strongroom/v1/derived", "form")) {
        loot.forms.insert(name);
      }
    }
  }
  // Titles, what subjects are really called, and the names of files.
  void ReadDetails(const RegisterRows& rows, const Hand& hand, AttackLoot& loot) const {
    for (const RegisterRows::Detail& row : rows.details) {
      const auto shares = hand.access.find({row.object, row.version});
      if (shares == hand.access.end()) continue;
      const Bytes place = ColumnAd(row.table, row.column, row.object, row.version);
      for (const Bytes& erasure : KeysOf(hand, row.slot)) {
        for (const Bytes& access : shares->second) {
          const Bytes key =
              Derive(erasure, access, "strongroom/v1/detail", row.object, row.version, "", 32);
          const auto text = OpenAead(key, row.sealed, place);
          if (!text.ok()) continue;
          loot.details.insert(row.table + " " + EncodeHex(row.object));
          if (row.table != "version") continue;
          const AttackLoot::DocumentName name{EncodeHex(row.object), row.version};
          loot.names.insert(name);
          loot.texts[name] = text.value().text();
        }
      }
    }
  }

  struct Read {
    std::size_t states = 0;
    RegisterRows rows;
  };
  Attacker tree_;
  PasswordCost pin_cost_;
  DatabaseImage newest_;
  std::vector<DatabaseImage> registers_;
  std::map<Bytes, Read> read_;
  std::set<RegisterRows::ObjectBox> carried_;
  std::map<std::string, std::string> blobs_;
  std::set<ByteArray<32>> seen_;
  RegisterPages pages_;
  std::map<std::pair<Bytes, Bytes>, std::optional<Bytes>> unboxed_;
  std::map<std::tuple<std::string, Bytes, std::uint32_t, std::uint32_t>, Bytes> stretched_;
};

}  // namespace vault
