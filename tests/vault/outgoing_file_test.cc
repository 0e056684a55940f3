#include "vault/outgoing_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "tests/support/temp_folder.h"
#include "tests/support/test_vault.h"

namespace vault {
namespace {

constexpr std::size_t kLength = 3'500'000;
constexpr std::size_t kPiece = 256 * 1024;

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Content(std::size_t size) {
  Bytes bytes(size);
  FakeRandom(3).Fill(bytes);
  return ToString(bytes);
}

// Carry reads a document in order into a file, as every reader of a whole one does.
Status Carry(DocumentStream& from, OutgoingFile& to) {
  Plaintext piece(kPiece);
  for (std::uint64_t at = 0; at < from.size();) {
    TRY(const std::size_t got, from.Read(at, piece.mutable_view()));
    if (got == 0) return Corrupt("the document ends too early");
    TRY_VOID(to.Write(piece.view().first(got)));
    at += got;
  }
  return to.Finish();
}

class Outgoing : public ::testing::Test {
 protected:
  void SetUp() override {
    world.Init();
    world.Unseal();
    ASSERT_FALSE(HasFailure());
    const Actor officer = world.SignIn(TestVault::kOfficer);
    auto matter =
        world->matters().New(officer, {"macfa", "An invented audit", At("2026-04-09T09:30"), ""});
    ASSERT_TRUE(matter.ok());
    auto filed = world.File(officer, matter.value(), "REP", "unit", std::nullopt, content);
    ASSERT_TRUE(filed.ok()) << filed.error().detail;
    document = filed.value().id;
  }
  Result<DocumentStream> Open() {
    return world->documents().Open(world.SignIn(TestVault::kOfficer), {document, std::nullopt, ""});
  }
  // Blob is the sealed document: there is no other of its size.
  std::string Blob() const {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(world.place().data + "/blobs")) {
      if (entry.is_regular_file() && entry.file_size() > kLength) return entry.path().string();
    }
    return "";
  }

  const std::string content = Content(kLength);
  TestVault world;
  TempFolder folder;
  DocumentId document;
};

TEST_F(Outgoing, ADocumentComesOutWholeAndForItsOwnerOnly) {
  auto file = OutgoingFile::Create(folder.At("out"));
  ASSERT_TRUE(file.ok());
  auto stream = Open();
  ASSERT_TRUE(stream.ok());
  OutgoingFile moved = std::move(file).value();
  ASSERT_TRUE(Carry(stream.value(), moved).ok());
  EXPECT_TRUE(Slurp(folder.At("out")) == content);
  struct stat there {};
  ASSERT_EQ(::stat(folder.At("out").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600U);
}

TEST_F(Outgoing, ATamperedDocumentEndsBeforeItsTamperedChunk) {
  const std::string blob = Blob();
  ASSERT_FALSE(blob.empty());
  const auto at = static_cast<std::streamoff>(std::filesystem::file_size(blob) / 2);
  {
    std::fstream bytes(blob, std::ios::binary | std::ios::in | std::ios::out);
    bytes.seekg(at);
    const int byte = bytes.get();
    bytes.seekp(at);
    bytes.put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(bytes.good());
  }
  {
    auto stream = Open();
    ASSERT_TRUE(stream.ok());
    auto file = OutgoingFile::Create(folder.At("out"));
    ASSERT_TRUE(file.ok());
    EXPECT_EQ(Carry(stream.value(), file.value()).error().code, Errc::kCorrupt);
  }
  // What was handed over is a beginning of the document, and ends before the change.
  const std::string out = Slurp(folder.At("out"));
  EXPECT_GT(out.size(), 0U);
  EXPECT_LE(out.size(), kLength / 2);
  EXPECT_EQ(out.size() % kPiece, 0U);
  EXPECT_TRUE(content.starts_with(out));
}

TEST(OutgoingFile, ReplacesNothing) {
  const TempFolder folder;
  std::ofstream(folder.At("out")) << "before";
  auto file = OutgoingFile::Create(folder.At("out"));
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, Errc::kConflict);
  std::filesystem::create_symlink("elsewhere", folder.At("link"));
  EXPECT_FALSE(OutgoingFile::Create(folder.At("link")).ok());
  EXPECT_FALSE(std::filesystem::exists(folder.At("elsewhere")));
  EXPECT_EQ(Slurp(folder.At("out")), "before");
}

TEST(OutgoingFile, NeedsAFolder) {
  const TempFolder folder;
  EXPECT_EQ(OutgoingFile::Create(folder.At("absent/out")).error().code, Errc::kUnavailable);
}

}  // namespace
}  // namespace vault
