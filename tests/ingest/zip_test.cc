#include "ingest/zip.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <array>

#include "ingest/limits.h"
#include "tests/support/word_form.h"
#include "tests/support/zip_maker.h"

namespace ingest {
namespace {

std::optional<Unreadable> Refusal(const vault::Bytes& file) {
  auto archive = ZipArchive::Open(file);
  if (archive.ok()) return std::nullopt;
  return archive.reason();
}

std::optional<Unreadable> UnpackRefusal(const vault::Bytes& file, std::string_view name) {
  auto archive = ZipArchive::Open(file);
  if (!archive.ok()) return archive.reason();
  auto part = archive.value().Unpack(name, kMaxTextPart);
  if (part.ok()) return std::nullopt;
  return part.reason();
}

// Deflated packs one part as ordinary programs do.
vault::Bytes Deflated(const std::string& content) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t* zip = zip_open_from_source(target, ZIP_CREATE | ZIP_TRUNCATE, &error);
  EXPECT_NE(zip, nullptr);
  zip_source_keep(target);
  zip_source_t* source = zip_source_buffer(zip, content.data(), content.size(), 0);
  EXPECT_GE(zip_file_add(zip, "word/document.xml", source, ZIP_FL_ENC_UTF_8), 0);
  EXPECT_EQ(zip_close(zip), 0);
  EXPECT_EQ(zip_source_open(target), 0);
  vault::Bytes out;
  std::array<std::uint8_t, 4096> block;
  for (zip_int64_t got; (got = zip_source_read(target, block.data(), block.size())) > 0;) {
    out.insert(out.end(), block.begin(), block.begin() + got);
  }
  zip_source_close(target);
  zip_source_free(target);
  zip_error_fini(&error);
  return out;
}

TEST(Zip, PartsComeOutAsTheyWentIn) {
  std::string long_text(200'000, 'x');
  ZipEntry deflated;
  deflated.name = "word/document.xml";
  deflated.content = long_text;
  deflated.method = 8;
  vault::Bytes file = ZipMaker().Add("a.txt", "first").Add(deflated).Add("folder/", "").Make();
  auto archive = ZipArchive::Open(file);
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ(archive.value().parts().size(), 3u);
  EXPECT_EQ(archive.value().Unpack("a.txt", 100).value().text(), "first");
  EXPECT_EQ(archive.value().Unpack("word/document.xml", kMaxTextPart).value().text(), long_text);
  EXPECT_TRUE(archive.value().Has("a.txt"));
  EXPECT_FALSE(archive.value().Has("b.txt"));
  EXPECT_EQ(archive.value().Unpack("b.txt", 100).reason(), Unreadable::kDamaged);
}

TEST(Zip, ReallyDeflatedPartsAreUnpacked) {
  std::string text = WordDocumentXml(WordFormBody(AdultElmForm()));
  vault::Bytes file = Deflated(text);
  ASSERT_LT(file.size(), text.size() / 2);
  auto archive = ZipArchive::Open(file);
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ(archive.value().Unpack("word/document.xml", kMaxTextPart).value().text(), text);
}

TEST(Zip, NamesThatLeaveTheFolderAreRefused) {
  for (const std::string& name :
       {std::string("../evil"), std::string("a/../../evil"), std::string("/etc/passwd"),
        std::string("a//b"), std::string("./a"), std::string("C:/a"), std::string("a\\b"),
        std::string("a\0b", 3), std::string("a\nb"), std::string("\xff\xfe"), std::string(),
        std::string(kMaxPartName + 1, 'a')}) {
    EXPECT_EQ(Refusal(ZipMaker().Add("ok", "1").Add(name, "2").Make()), Unreadable::kUnsafeNames);
  }
  EXPECT_EQ(Refusal(ZipMaker().Add("word/media/image1.png", "2").Make()), std::nullopt);
}

TEST(Zip, NoNameComesTwice) {
  EXPECT_EQ(Refusal(ZipMaker().Add("a", "1").Add("a", "2").Make()), Unreadable::kUnsafeNames);
  EXPECT_EQ(Refusal(ZipMaker().Add("word/a.xml", "1").Add("Word/A.xml", "2").Make()),
            Unreadable::kUnsafeNames);
}

TEST(Zip, AHundredThousandPartsAreRefused) {
  ZipMaker maker;
  for (int i = 0; i < 100'000; ++i) maker.Add("f" + std::to_string(i), "");
  // The count field holds 16 bits: such an archive lies about it or is ZIP64, and is refused.
  EXPECT_TRUE(Refusal(maker.Make()).has_value());
  ZipMaker few;
  for (std::size_t i = 0; i <= kMaxParts; ++i) few.Add("f" + std::to_string(i), "");
  EXPECT_EQ(Refusal(few.Make()), Unreadable::kTooManyParts);
}

TEST(Zip, EncryptedPartsAreRefused) {
  for (std::uint16_t flag : {1u, 1u << 6, 1u << 13}) {
    ZipEntry entry;
    entry.name = "a";
    entry.content = "secret";
    entry.flags = flag;
    EXPECT_EQ(Refusal(ZipMaker().Add(entry).Make()), Unreadable::kEncryptedArchive);
  }
  ZipEntry aes;
  aes.name = "a";
  aes.content = "secret";
  aes.method = 99;
  EXPECT_EQ(Refusal(ZipMaker().Add(aes).Make()), Unreadable::kEncryptedArchive);
}

TEST(Zip, UnknownCompressionIsRefused) {
  ZipEntry entry;
  entry.name = "a";
  entry.content = "x";
  entry.method = 14;
  EXPECT_EQ(Refusal(ZipMaker().Add(entry).Make()), Unreadable::kDamaged);
}

TEST(Zip, BombsAreRefusedByWhatTheyDeclare) {
  ZipEntry bomb;
  bomb.name = "a";
  bomb.content = "tiny";
  bomb.method = 8;
  bomb.claimed_size = 10 << 20;
  EXPECT_EQ(Refusal(ZipMaker().Add(bomb).Make()), Unreadable::kArchiveBomb);
  // Seven times ten megabytes, each within its ratio.
  ZipMaker many;
  std::string body(100'000, 'x');
  for (int i = 0; i < 7; ++i) {
    bomb.name = "part" + std::to_string(i);
    bomb.content = body;
    many.Add(bomb);
  }
  EXPECT_EQ(Refusal(many.Make()), Unreadable::kArchiveBomb);
}

TEST(Zip, APartThatUnpacksToMoreThanItSaysIsABomb) {
  ZipEntry liar;
  liar.name = "word/document.xml";
  liar.content = std::string(5 << 20, 'x');
  liar.method = 8;
  liar.claimed_size = 100;
  EXPECT_EQ(UnpackRefusal(ZipMaker().Add(liar).Make(), liar.name), Unreadable::kArchiveBomb);
}

TEST(Zip, APartThatUnpacksToLessOrElseIsDamaged) {
  ZipEntry liar;
  liar.name = "a";
  liar.content = "hello";
  liar.method = 8;
  liar.claimed_size = 100;
  EXPECT_EQ(UnpackRefusal(ZipMaker().Add(liar).Make(), "a"), Unreadable::kDamaged);
  ZipEntry wrong;
  wrong.name = "a";
  wrong.content = "hello";
  wrong.crc_error = 1;
  EXPECT_EQ(UnpackRefusal(ZipMaker().Add(wrong).Make(), "a"), Unreadable::kDamaged);
}

TEST(Zip, APartLargerThanItsLimitIsNotUnpacked) {
  vault::Bytes file = ZipMaker().Add("a", "123456").Make();
  auto archive = ZipArchive::Open(file);
  ASSERT_TRUE(archive.ok());
  EXPECT_EQ(archive.value().Unpack("a", 5).reason(), Unreadable::kArchiveBomb);
  EXPECT_EQ(archive.value().Unpack("a", 6).value().text(), "123456");
}

TEST(Zip, PartsLyingOverEachOtherAreRefused) {
  ZipEntry first;
  first.name = "a";
  first.content = "hello";
  ZipEntry second = first;
  second.local_name = "b";
  second.name = "a";
  // Two entries of the directory share one local header.
  ZipEntry shared;
  shared.name = "b";
  shared.content = "hello";
  shared.lies_at = 0;
  EXPECT_TRUE(Refusal(ZipMaker().Add(first).Add(shared).Make()).has_value());
  // A local header inside another part's bytes.
  vault::Bytes inner = ZipMaker().Add("b", "hello").Make();
  ZipEntry outer;
  outer.name = "a";
  outer.content = std::string(vault::AsText(inner)).substr(0, 30 + 1 + 5);
  ZipEntry inside;
  inside.name = "b";
  inside.content = "hello";
  inside.lies_at = 30 + 1;
  EXPECT_EQ(Refusal(ZipMaker().Add(outer).Add(inside).Make()), Unreadable::kUnsafeNames);
}

TEST(Zip, LocalHeadersMayNotTellAnotherStory) {
  ZipEntry entry;
  entry.name = "a";
  entry.content = "hello";
  entry.local_name = "b";
  EXPECT_EQ(Refusal(ZipMaker().Add(entry).Make()), Unreadable::kDamaged);
  entry.local_name.clear();
  entry.lies_at = 1 << 20;
  EXPECT_EQ(Refusal(ZipMaker().Add(entry).Make()), Unreadable::kDamaged);
}

TEST(Zip, EveryTruncationIsRefused) {
  vault::Bytes file = ZipMaker().Add("a", "hello").Add("b", "world").Make();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(Refusal(vault::Bytes(file.begin(), file.begin() + static_cast<long>(size))),
              Unreadable::kDamaged)
        << size;
  }
}

TEST(Zip, BytesBehindTheEndAreRefused) {
  vault::Bytes file = ZipMaker().Add("a", "hello").Make();
  file.push_back(0);
  EXPECT_EQ(Refusal(file), Unreadable::kDamaged);
}

}  // namespace
}  // namespace ingest
