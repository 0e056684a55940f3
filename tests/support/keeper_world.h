// KeeperWorld: a key tree in a folder of its own, with cells beside it, for tests of the KeyKeeper.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/attacker.h"
#include "tests/support/crypto_environment.h"
#include "tests/support/fake_random.h"
#include "tests/support/forged_papers.h"
#include "tests/support/temp_folder.h"
#include "vault/keys/erasure_cell.h"
#include "vault/keys/key_keeper.h"

namespace vault {

inline StoreId TestStore() {
  ByteArray<16> bytes;
  for (std::size_t i = 0; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
  return StoreId(bytes);
}

inline UnsealKey TestUnsealKey() {
  UnsealKey key;
  for (std::size_t i = 0; i < 32; ++i) key.mutable_view()[i] = static_cast<std::uint8_t>(i);
  return key;
}

inline std::string ReadFileBytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

inline void WriteFileBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// KeeperPaths are the files of one tree.
struct KeeperPaths {
  std::string folder;
  unsigned cells = 1;

  std::string tree() const { return folder + "/keys.db"; }
  std::string cell(unsigned index) const { return folder + "/cell" + std::to_string(index); }
  std::vector<Bytes> CellBytes() const {
    std::vector<Bytes> out;
    for (unsigned i = 0; i < cells; ++i) out.push_back(ToBytes(AsBytes(ReadFileBytes(cell(i)))));
    return out;
  }
  FileImages TreeImages() const {
    FileImages out;
    for (const std::string& path : {tree(), tree() + "-wal"}) {
      if (std::filesystem::exists(path)) out[path] = ReadFileBytes(path);
    }
    return out;
  }
  // CopyTo copies the files as a person would, with the log and without its index.
  void CopyTo(const std::string& to) const {
    std::filesystem::create_directories(to);
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with("-shm")) continue;
      std::filesystem::copy_file(entry.path(), to + "/" + name,
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
};

inline Result<std::unique_ptr<KeyKeeper>> CreateKeeper(Disk& disk, RandomSource& random,
                                                       const KeeperPaths& paths) {
  KeyKeeperOptions options;
  options.tree_path = paths.tree();
  for (unsigned i = 0; i < paths.cells; ++i) {
    auto cell = disk.Exists(paths.cell(i)) ? OpenFileCell(disk, paths.cell(i), random)
                                           : CreateFileCell(disk, paths.cell(i), random);
    if (!cell.ok()) return std::move(cell).error();
    options.cells.push_back(std::move(cell).value());
  }
  return KeyKeeper::Create(disk, random, std::move(options), TestUnsealKey(), TestStore());
}

inline Result<std::unique_ptr<KeyKeeper>> OpenKeeper(Disk& disk, RandomSource& random,
                                                     const KeeperPaths& paths, UnsealKey unseal) {
  KeyKeeperOptions options;
  options.tree_path = paths.tree();
  for (unsigned i = 0; i < paths.cells; ++i) {
    auto cell = OpenFileCell(disk, paths.cell(i), random);
    if (!cell.ok()) return std::move(cell).error();
    options.cells.push_back(std::move(cell).value());
  }
  return KeyKeeper::Open(disk, random, std::move(options), std::move(unseal));
}

inline SlotEntry DocumentEntry(const ObjectId& object, std::uint32_t version) {
  return {EntryType::kDocument, 0, version, kNoDeadline, object};
}

// FillOne reserves a slot of the group and fills it.
inline Result<SlotNumber> FillOne(KeyKeeper& keeper, const ObjectId& group,
                                  const SlotEntry& entry) {
  TRY(SlotReservation slot, keeper.Reserve(group));
  const SlotNumber number = slot.slot();
  const KeyKeeper::Filling filling{&slot, entry};
  TRY_VOID(keeper.Fill({&filling, 1}));
  return number;
}

inline ShredItem ItemAt(const KeyKeeper& keeper, SlotNumber slot) {
  auto entry = keeper.Look(slot);
  CHECK(entry.ok());
  return {slot, entry.value().type, entry.value().object, entry.value().version};
}

inline Result<EpochResult> ShredSlots(KeyKeeper& keeper, const std::vector<SlotNumber>& slots) {
  std::vector<ShredItem> items;
  for (SlotNumber slot : slots) items.push_back(ItemAt(keeper, slot));
  return keeper.Shred(AuditLog::Intent(std::move(items)));
}

inline bool IsSpent(const KeyKeeper& keeper, SlotNumber slot) {
  auto entry = keeper.Look(slot);
  CHECK(entry.ok());
  return entry.value().type == EntryType::kEmpty && entry.value().flags == kFlagSpent;
}

// KeeperTest is a keeper over a healthy disk whose every write is recorded.
class KeeperTest : public ::testing::Test {
 protected:
  void SetUp() override { Start(1); }

  void Start(unsigned cells) {
    paths_ = {folder_.At("store" + std::to_string(cells)), cells};
    std::filesystem::create_directories(paths_.folder);
    auto keeper = CreateKeeper(disk_, random_, paths_);
    ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
    keeper_ = std::move(keeper).value();
  }

  void Reopen() {
    keeper_.reset();
    auto keeper = OpenKeeper(disk_, random_, paths_, TestUnsealKey());
    ASSERT_TRUE(keeper.ok()) << keeper.error().detail;
    keeper_ = std::move(keeper).value();
  }

  ObjectId NewObject() { return random_.NewId<ObjectId>(); }

  SlotNumber FillDocument(const ObjectId& group) {
    auto slot = FillOne(*keeper_, group, DocumentEntry(NewObject(), 1));
    CHECK(slot.ok());
    return slot.value();
  }

  // Loot is what the attacker has after everything that was recorded so far.
  LootedKeys Loot() const { return LootWith(paths_.CellBytes()); }
  LootedKeys LootWith(const std::vector<Bytes>& cells) const {
    Attacker attacker(TestStore(), TestUnsealKey().view());
    attacker.Watch({}, recorder_.steps(), paths_.tree());
    return attacker.Loot(cells);
  }

  TempFolder folder_;
  FakeRandom random_{20260709};
  Recorder recorder_{nullptr};
  Disk disk_{&recorder_};
  KeeperPaths paths_;
  std::unique_ptr<KeyKeeper> keeper_;
};

}  // namespace vault
