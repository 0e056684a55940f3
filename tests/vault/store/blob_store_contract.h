// The contract of a BlobStore, run over every implementation:
//   INSTANTIATE_TEST_SUITE_P(Files, BlobStoreContract, ::testing::Values(&MakeFileHarness));
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_random.h"
#include "vault/store/blob_store.h"

namespace vault {

// BlobStoreHarness makes stores over one place, as a program does that is started again.
class BlobStoreHarness {
 public:
  virtual ~BlobStoreHarness() = default;
  virtual std::unique_ptr<BlobStore> Start() = 0;
};

using MakeBlobStoreHarness = std::unique_ptr<BlobStoreHarness> (*)();

class BlobStoreContract : public ::testing::TestWithParam<MakeBlobStoreHarness> {
 protected:
  void SetUp() override {
    harness_ = GetParam()();
    store_ = harness_->Start();
    ASSERT_NE(store_, nullptr);
  }

  static Bytes Content(std::size_t size) {
    FakeRandom random(size + 1);
    Bytes out(size);
    random.Fill(out);
    return out;
  }
  static BlobName Put(BlobStore& store, ByteView content) {
    auto writer = store.Create();
    EXPECT_TRUE(writer.ok());
    EXPECT_TRUE(writer.value()->Write(content).ok());
    EXPECT_TRUE(writer.value()->Commit().ok());
    return writer.value()->name();
  }
  static Bytes Get(BlobStore& store, const BlobName& name) {
    auto file = store.Open(name);
    EXPECT_TRUE(file.ok());
    if (!file.ok()) return {};
    Bytes out(static_cast<std::size_t>(file.value()->size()));
    EXPECT_TRUE(file.value()->ReadAt(0, out).ok());
    return out;
  }
  static std::vector<BlobName> New(BlobStore& store) {
    auto names = store.ListNew();
    EXPECT_TRUE(names.ok());
    std::vector<BlobName> sorted = names.ok() ? names.value() : std::vector<BlobName>();
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }
  static std::vector<BlobName> All(BlobStore& store) {
    std::vector<BlobName> names;
    EXPECT_TRUE(store
                    .ListAll([&](const BlobName& name) {
                      names.push_back(name);
                      return Ok();
                    })
                    .ok());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::unique_ptr<BlobStoreHarness> harness_;
  std::unique_ptr<BlobStore> store_;
};

TEST_P(BlobStoreContract, CommittedBytesComeBackWhole) {
  // Around every seam of the buffers.
  for (const std::size_t size : {0u, 1u, 4096u, 1048575u, 1048576u, 1048577u, 3145728u}) {
    const BlobName name = Put(*store_, Content(size));
    EXPECT_EQ(Get(*store_, name), Content(size)) << size;
    EXPECT_EQ(Get(*harness_->Start(), name), Content(size)) << size;
  }
}

TEST_P(BlobStoreContract, BytesWrittenInPiecesStayInOrder) {
  const Bytes content = Content(3000000);
  auto writer = store_->Create();
  ASSERT_TRUE(writer.ok());
  std::size_t at = 0;
  for (std::size_t piece = 1; at < content.size(); piece = piece * 3 + 1) {
    const std::size_t part = std::min({piece, content.size() - at, std::size_t{400000}});
    ASSERT_TRUE(writer.value()->Write(ByteView(content).subspan(at, part)).ok());
    at += part;
  }
  ASSERT_TRUE(writer.value()->Commit().ok());
  EXPECT_EQ(Get(*store_, writer.value()->name()), content);
}

TEST_P(BlobStoreContract, AnyRangeCanBeRead) {
  const Bytes content = Content(2000000);
  const BlobName name = Put(*store_, content);
  auto file = store_->Open(name);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value()->size(), content.size());
  Bytes part(65552);
  ASSERT_TRUE(file.value()->ReadAt(1000001, part).ok());
  EXPECT_TRUE(std::equal(part.begin(), part.end(), content.begin() + 1000001));
  EXPECT_EQ(file.value()->ReadAt(content.size() - 1, part).error().code, Errc::kCorrupt);
}

TEST_P(BlobStoreContract, AWriterThatGoesWithoutCommitLeavesNothing) {
  BlobName name;
  {
    auto writer = store_->Create();
    ASSERT_TRUE(writer.ok());
    name = writer.value()->name();
    ASSERT_TRUE(writer.value()->Write(Content(2500000)).ok());
  }
  EXPECT_EQ(store_->Open(name).error().code, Errc::kNotFound);
  EXPECT_TRUE(All(*harness_->Start()).empty());
}

TEST_P(BlobStoreContract, OnlyUnsettledBlobsAreNew) {
  const BlobName a = Put(*store_, Content(10));
  const BlobName b = Put(*store_, Content(20));
  ASSERT_TRUE(store_->Settle(a).ok());
  EXPECT_EQ(New(*store_), std::vector<BlobName>{b});
  EXPECT_EQ(All(*store_), (std::vector<BlobName>{std::min(a, b), std::max(a, b)}));
  EXPECT_EQ(Get(*store_, a), Content(10));
  EXPECT_EQ(Get(*store_, b), Content(20));
}

TEST_P(BlobStoreContract, SettlingTwiceIsDone) {
  const BlobName name = Put(*store_, Content(10));
  EXPECT_TRUE(store_->Settle(name).ok());
  EXPECT_TRUE(store_->Settle(name).ok());
  EXPECT_TRUE(harness_->Start()->Settle(name).ok());
  EXPECT_EQ(Get(*store_, name), Content(10));
  EXPECT_EQ(store_->Settle(BlobName(ByteArray<16>{1})).error().code, Errc::kNotFound);
}

TEST_P(BlobStoreContract, BlobsThatSettleSoonSettleTogetherAndCanBeReadAllAlong) {
  std::vector<BlobName> names;
  for (std::size_t i = 0; i < BlobStore::kSettleTogether; ++i) {
    EXPECT_EQ(New(*store_).size(), i);
    names.push_back(Put(*store_, Content(i + 1)));
    ASSERT_TRUE(store_->SettleSoon(names.back()).ok());
    EXPECT_EQ(Get(*store_, names.back()), Content(i + 1));
  }
  EXPECT_TRUE(New(*store_).empty());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(Get(*harness_->Start(), names[i]), Content(i + 1));
  }
}

TEST_P(BlobStoreContract, WhatIsRemovedWhileItWaitsStaysRemoved) {
  const BlobName removed = Put(*store_, Content(10));
  ASSERT_TRUE(store_->SettleSoon(removed).ok());
  const BlobName settled = Put(*store_, Content(20));
  ASSERT_TRUE(store_->SettleSoon(settled).ok());
  ASSERT_TRUE(store_->Settle(settled).ok());
  ASSERT_TRUE(store_->Remove(removed).ok());
  std::vector<BlobName> others;
  while (others.size() + 2 < BlobStore::kSettleTogether) {
    others.push_back(Put(*store_, Content(30)));
    EXPECT_TRUE(store_->SettleSoon(others.back()).ok());
  }
  EXPECT_TRUE(New(*store_).empty());
  EXPECT_EQ(store_->Open(removed).error().code, Errc::kNotFound);
  EXPECT_EQ(Get(*store_, settled), Content(20));
}

TEST_P(BlobStoreContract, RemovedBlobsAreGoneNewOrSettled) {
  const BlobName fresh = Put(*store_, Content(10));
  const BlobName settled = Put(*store_, Content(20));
  const BlobName other = Put(*store_, Content(30));
  ASSERT_TRUE(store_->Settle(settled).ok());
  EXPECT_TRUE(store_->Remove(fresh).ok());
  EXPECT_TRUE(store_->Remove(settled).ok());
  EXPECT_TRUE(store_->Remove(settled).ok());
  EXPECT_EQ(store_->Open(fresh).error().code, Errc::kNotFound);
  EXPECT_EQ(store_->Open(settled).error().code, Errc::kNotFound);
  EXPECT_EQ(store_->Settle(settled).error().code, Errc::kNotFound);
  EXPECT_EQ(All(*harness_->Start()), std::vector<BlobName>{other});
}

TEST_P(BlobStoreContract, AVisitorsErrorEndsTheVisit) {
  Put(*store_, Content(10));
  Put(*store_, Content(20));
  int visits = 0;
  const Status visited = store_->ListAll([&](const BlobName&) -> Status {
    ++visits;
    return Held("stop");
  });
  EXPECT_EQ(visited.error().code, Errc::kHeld);
  EXPECT_EQ(visits, 1);
}

TEST_P(BlobStoreContract, WritersInManyThreadsDoNotMeet) {
  std::vector<std::thread> threads;
  std::vector<BlobName> names(4);
  for (std::size_t i = 0; i < names.size(); ++i) {
    threads.emplace_back([&, i] {
      names[i] = Put(*store_, Content(1500000 + i));
      EXPECT_TRUE(store_->Settle(names[i]).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(Get(*store_, names[i]), Content(1500000 + i));
  }
  EXPECT_TRUE(New(*store_).empty());
}

}  // namespace vault
