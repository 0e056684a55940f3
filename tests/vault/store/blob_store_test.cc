#include "vault/store/blob_store.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <thread>

#include "tests/support/faulty_disk.h"
#include "tests/support/power_cut.h"
#include "tests/support/recording_disk.h"
#include "tests/support/temp_folder.h"
#include "tests/vault/store/blob_store_contract.h"
#include "vault/store/write_behind.h"

namespace vault {
namespace {

class FileHarness final : public BlobStoreHarness {
 public:
  std::unique_ptr<BlobStore> Start() override {
    auto store = NewFileBlobStore(disk_, folder_.At("blobs"), random_);
    return store.ok() ? std::move(store).value() : nullptr;
  }

 private:
  TempFolder folder_;
  Disk disk_{nullptr};
  FakeRandom random_{7};
};

std::unique_ptr<BlobStoreHarness> MakeFileHarness() { return std::make_unique<FileHarness>(); }

INSTANTIATE_TEST_SUITE_P(Files, BlobStoreContract, ::testing::Values(&MakeFileHarness));

Bytes Content(std::size_t size) {
  FakeRandom random(size);
  Bytes out(size);
  random.Fill(out);
  return out;
}

// Life is what happens to two blobs: one is kept, one removed again.
struct Life {
  BlobName kept;
  BlobName removed;
  bool committed = false;  // the kept one was acknowledged
  bool settled = false;
  bool gone = false;  // the removal was acknowledged
};

constexpr std::size_t kKeptSize = 2100000;  // three writes
constexpr std::size_t kRemovedSize = 5000;

Status Live(BlobStore& store, Life& life) {
  {
    TRY(std::unique_ptr<BlobWriter> writer, store.Create());
    life.kept = writer->name();
    TRY_VOID(writer->Write(Content(kKeptSize)));
    TRY_VOID(writer->Commit());
    life.committed = true;
  }
  TRY_VOID(store.Settle(life.kept));
  life.settled = true;
  {
    TRY(std::unique_ptr<BlobWriter> writer, store.Create());
    life.removed = writer->name();
    TRY_VOID(writer->Write(Content(kRemovedSize)));
    TRY_VOID(writer->Commit());
  }
  TRY_VOID(store.Settle(life.removed));
  TRY_VOID(store.Remove(life.removed));
  life.gone = true;
  return Ok();
}

// Examine holds what a later start finds against what was acknowledged.
void Examine(const std::string& root, const Life& life, const std::string& where) {
  Disk disk(nullptr);
  FakeRandom random(99);
  auto store = NewFileBlobStore(disk, root, random);
  ASSERT_TRUE(store.ok()) << where;
  auto kept = store.value()->Open(life.kept);
  if (life.committed) {
    ASSERT_TRUE(kept.ok()) << where;
    Bytes found(static_cast<std::size_t>(kept.value()->size()));
    ASSERT_TRUE(kept.value()->ReadAt(0, found).ok()) << where;
    EXPECT_TRUE(found == Content(kKeptSize)) << where;
  }
  if (life.gone) {
    EXPECT_EQ(store.value()->Open(life.removed).error().code, Errc::kNotFound) << where;
  }
  auto fresh = store.value()->ListNew();
  ASSERT_TRUE(fresh.ok());
  // What was not acknowledged is dust, and dust lies in the new area alone.
  const std::set<BlobName> dust(fresh.value().begin(), fresh.value().end());
  std::size_t all = 0;
  EXPECT_TRUE(store.value()
                  ->ListAll([&](const BlobName& name) {
                    ++all;
                    const bool ours = name == life.kept || name == life.removed;
                    EXPECT_TRUE(ours || dust.contains(name)) << where;
                    return Ok();
                  })
                  .ok())
      << where;
  if (!life.committed) {
    EXPECT_EQ(all, fresh.value().size()) << where;
  }
  if (life.settled) {
    for (const BlobName& name : fresh.value()) EXPECT_NE(name, life.kept) << where;
  }
  // The next start's work succeeds: settle what counts, remove what does not.
  if (life.committed) {
    EXPECT_TRUE(store.value()->Settle(life.kept).ok()) << where;
  }
  EXPECT_TRUE(store.value()->Remove(life.removed).ok()) << where;
}

TEST(FileBlobStore, AcknowledgedIsReadableAndTheRestIsDustUnderEveryFault) {
  int faults_seen = 0;
  for (const DiskVerdict fault : {DiskVerdict::kLose, DiskVerdict::kFailButKeep}) {
    for (const AfterFault after : {AfterFault::kContinue, AfterFault::kCrash}) {
      for (int n = 1;; ++n) {
        TempFolder folder;
        const std::string root = folder.At("blobs");
        FakeRandom random(5);
        FaultyDisk faults(n, fault, after);
        Disk disk(&faults);
        Life life;
        Status lived;
        {
          auto store = NewFileBlobStore(disk, root, random);
          lived = store.ok() ? Live(*store.value(), life) : store.error();
        }
        EXPECT_EQ(lived.ok(), !faults.struck()) << n;
        Examine(root, life, "step " + std::to_string(n));
        if (!faults.struck()) break;
        ++faults_seen;
      }
    }
  }
  EXPECT_GE(faults_seen, 4 * 20);
}

TEST(FileBlobStore, AcknowledgedSurvivesAPowerCutAtEveryStep) {
  TempFolder folder;
  Recorder recorder(nullptr);
  Disk disk(&recorder);
  FakeRandom random(5);
  auto store = NewFileBlobStore(disk, folder.At("blobs"), random);
  ASSERT_TRUE(store.ok());
  const std::size_t started = recorder.size();
  ASSERT_EQ(started, 4u);
  Life whole;
  ASSERT_TRUE(Live(*store.value(), whole).ok());
  const std::vector<RecordedStep> steps = recorder.steps();
  // When each acknowledgement came: after the sync of the folder that it waited for.
  const auto nth_folder_sync = [&](int n) {
    for (std::size_t i = started; i < steps.size(); ++i) {
      if (steps[i].action == DiskAction::kSyncFolder && --n == 0) return i + 1;
    }
    return steps.size() + 1;
  };
  for (std::size_t count = started; count <= steps.size(); ++count) {
    Life life;
    life.kept = whole.kept;
    life.removed = whole.removed;
    life.committed = count >= nth_folder_sync(1);
    life.settled = count >= nth_folder_sync(4);
    life.gone = count >= nth_folder_sync(10);
    for (const Unsynced unsynced : {Unsynced::kGone, Unsynced::kKept, Unsynced::kHalf}) {
      TempFolder after;
      PowerCut(steps, count).Write(folder.path(), after.path(), unsynced, count);
      Examine(after.At("blobs"), life, "cut after " + std::to_string(count));
    }
  }
  EXPECT_EQ(nth_folder_sync(10), steps.size());
}

TEST(FileBlobStore, BlobsLieUnderRandomNamesWhereTheFormatSays) {
  TempFolder folder;
  Disk disk(nullptr);
  FakeRandom random(5);
  auto store = NewFileBlobStore(disk, folder.At("blobs"), random);
  ASSERT_TRUE(store.ok());
  auto writer = store.value()->Create();
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer.value()->Write(AsBytes("content")).ok());
  ASSERT_TRUE(writer.value()->Commit().ok());
  const std::string name = writer.value()->name().ToHex();
  EXPECT_TRUE(disk.Exists(folder.At("blobs/new/" + name)));
  ASSERT_TRUE(store.value()->Settle(writer.value()->name()).ok());
  EXPECT_FALSE(disk.Exists(folder.At("blobs/new/" + name)));
  EXPECT_EQ(disk.ReadAll(folder.At("blobs/" + name.substr(0, 2) + "/" + name), 100).value(),
            ToBytes(AsBytes("content")));
}

TEST(FileBlobStore, ForeignFilesAreCountedInTheLogAndNotNamed) {
  TempFolder folder;
  Disk disk(nullptr);
  FakeRandom random(5);
  auto store = NewFileBlobStore(disk, folder.At("blobs"), random);
  ASSERT_TRUE(store.ok());
  std::ofstream(folder.At("blobs/new/secret-report.doc")) << "x";
  ASSERT_TRUE(disk.MakeFolder(folder.At("blobs/00")).ok());
  std::ofstream(folder.At("blobs/00/ff000000000000000000000000000000")) << "wrong shard";
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(store.value()->ListNew().value().empty());
  EXPECT_TRUE(store.value()->ListAll([](const BlobName&) { return Invalid("visited"); }).ok());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("warning: the blob store ignores 1 files"), std::string::npos);
  EXPECT_EQ(log.find("secret-report"), std::string::npos);
  EXPECT_EQ(log.find("ff0000"), std::string::npos);
}

// MemoryFile takes writes in order only, and can fail at the n-th.
class MemoryFile final : public DiskFile {
 public:
  Status WriteAt(std::uint64_t offset, ByteView bytes) override {
    if (fail_at_ != 0 && ++writes_ == fail_at_) return Unavailable("the disk is full");
    if (content.size() != offset) return Corrupt("out of order");
    writers.insert(std::this_thread::get_id());
    content.insert(content.end(), bytes.begin(), bytes.end());
    return Ok();
  }
  Status Sync() override { return Ok(); }
  Status Reserve(std::uint64_t) override { return Ok(); }

  void FailAt(int write) { fail_at_ = write; }
  Bytes content;
  std::set<std::thread::id> writers;

 private:
  int fail_at_ = 0;
  int writes_ = 0;
};

TEST(WriteBehind, MemoryIsFlatWhateverTheLength) {
  MemoryFile file;
  WriteBehind stream(file);
  const Bytes content = Content(3 * 1024 * 1024 + 17);
  for (std::size_t at = 0; at < content.size(); at += 10007) {
    const std::size_t part = std::min<std::size_t>(10007, content.size() - at);
    ASSERT_TRUE(stream.Write(ByteView(content).subspan(at, part)).ok());
  }
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_TRUE(file.content == content);
  EXPECT_LE(stream.capacity(), 2 * WriteBehind::kBuffer);
}

TEST(WriteBehind, AStreamShorterThanABufferIsWrittenByItsCallerAndALongerOneBeside) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, WriteBehind::kBuffer - 1}) {
    MemoryFile file;
    WriteBehind stream(file);
    const Bytes content = Content(size);
    ASSERT_TRUE(stream.Write(content).ok());
    EXPECT_TRUE(file.writers.empty());
    ASSERT_TRUE(stream.Finish().ok());
    EXPECT_TRUE(file.content == content) << size;
    EXPECT_EQ(file.writers.size(), size == 0 ? 0u : 1u);
    EXPECT_EQ(file.writers.count(std::this_thread::get_id()), file.writers.size());
  }
  MemoryFile file;
  WriteBehind stream(file);
  const Bytes content = Content(2 * WriteBehind::kBuffer);
  ASSERT_TRUE(stream.Write(content).ok());
  ASSERT_TRUE(stream.Finish().ok());
  EXPECT_TRUE(file.content == content);
  EXPECT_EQ(file.writers.size(), 1u);
  EXPECT_EQ(file.writers.count(std::this_thread::get_id()), 0u);
}

TEST(WriteBehind, OneThatIsLetGoEndsItsWritingFirst) {
  MemoryFile file;
  const Bytes content = Content(2 * WriteBehind::kBuffer + 5);
  {
    WriteBehind stream(file);
    ASSERT_TRUE(stream.Write(content).ok());
  }
  // The two whole buffers that were handed over, and nothing of what was still collected.
  ASSERT_EQ(file.content.size(), 2 * WriteBehind::kBuffer);
  EXPECT_TRUE(std::equal(file.content.begin(), file.content.end(), content.begin()));
}

TEST(WriteBehind, AFailedWriteIsHeardAndStaysFailed) {
  for (const int n : {1, 2, 3}) {
    MemoryFile file;
    file.FailAt(n);
    WriteBehind stream(file);
    // Heard at the latest by Finish, whichever thread wrote.
    Status written = stream.Write(Content(2 * WriteBehind::kBuffer + 5));
    if (written.ok()) written = stream.Finish();
    EXPECT_EQ(written.error().detail, "the disk is full") << n;
    EXPECT_FALSE(stream.Finish().ok());
    EXPECT_EQ(file.content.size(), static_cast<std::size_t>(n - 1) * WriteBehind::kBuffer);
  }
}

}  // namespace
}  // namespace vault
