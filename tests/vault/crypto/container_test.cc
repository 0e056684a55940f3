#include "vault/crypto/container.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/crypto_environment.h"
#include "tests/support/memory_file.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/age_header.h"
#include "vault/crypto/age_payload.h"
#include "vault/crypto/container_header.h"
#include "vault/crypto/padding.h"

namespace vault {
namespace {

ContainerHeader SomeHeader() {
  ContainerHeader header;
  header.slot = 0x00c0ffee;
  header.document = DocumentId(ByteArray<16>{1, 2, 3});
  header.version = 7;
  for (std::uint8_t i = 0; i < 2; ++i) {
    header.boxes.push_back({MatterId(ByteArray<16>{9}), PartyId(ByteArray<16>{i}), Bytes(104, i)});
  }
  return header;
}

FileKey SomeKey() { return FileKey::FromBytes(Bytes(16, 0x42)).value(); }

Bytes SomeContent(std::size_t size) {
  std::mt19937_64 random(size);  // NOLINT(cert-msc51-cpp): the same content in every run
  Bytes content(size);
  for (auto& byte : content) byte = static_cast<std::uint8_t>(random());
  return content;
}

// Sealed writes a container in random splits and says how long Finish found the content.
Bytes Sealed(ByteView content, const ContainerHeader& header) {
  std::mt19937_64 random(content.size());  // NOLINT(cert-msc51-cpp): the same splits in every run
  SystemRandom nonces;
  Bytes file;
  auto writer = ContainerWriter::Start(SomeKey(), header, nonces, [&file](ByteView bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return Ok();
  });
  CHECK(writer.ok());
  constexpr std::size_t kSteps[] = {1, 100, 5000, 65535, 65536, 65537, 200000, 700000};
  for (ByteView rest = content; !rest.empty();) {
    const std::size_t step = std::min<std::size_t>(rest.size(), kSteps[random() % 8]);
    CHECK(writer.value().Write(rest.first(step)).ok());
    CHECK(writer.value().Write({}).ok());
    rest = rest.subspan(step);
  }
  const auto length = writer.value().Finish();
  CHECK(length.ok() && length.value() == content.size());
  return file;
}

Result<ContainerReader> OpenBytes(Bytes file) {
  return ContainerReader::Open(SomeKey(), SomeHeader(),
                               std::make_unique<MemoryFile>(std::move(file)));
}

// ReadAll gives the content, or nothing where any part of it is refused.
std::optional<Bytes> ReadAll(Bytes file) {
  auto reader = OpenBytes(std::move(file));
  if (!reader.ok()) {
    EXPECT_EQ(reader.error().code, Errc::kCorrupt);
    return std::nullopt;
  }
  Bytes content(reader.value().content_length());
  const auto filled = reader.value().Read(0, content);
  if (!filled.ok()) {
    EXPECT_EQ(filled.error().code, Errc::kCorrupt);
    return std::nullopt;
  }
  EXPECT_EQ(filled.value(), content.size());
  return content;
}

std::size_t HeaderSize(const Bytes& file) { return ParseAgeHeader(file).value().size; }

TEST(Container, GivesBackEveryLengthAroundChunkAndPaddingEdges) {
  for (std::size_t size :
       {0,      1,      7,      8,      9,      1000,   16375,   16376,   16377,  17399, 17400,
        17401,  65527,  65528,  65529,  65535,  65536,  65537,   67575,   67576,  67577, 131063,
        131064, 131065, 131072, 524280, 524288, 524289, 1000000, 1048568, 1048569}) {
    const Bytes content = SomeContent(size);
    const Bytes file = Sealed(content, SomeHeader());
    const std::uint64_t padded = PaddedContentLength(size);
    EXPECT_EQ(file.size(), HeaderSize(file) + 16 + padded + 16 * ((padded + 65535) / 65536))
        << size;
    const auto read = ReadAll(file);
    ASSERT_TRUE(read.has_value()) << size;
    EXPECT_EQ(*read, content) << size;
  }
}

TEST(Container, ReadsAtAnyOffsetAreThoseOfThePlainContent) {
  const Bytes content = SomeContent(300001);
  auto reader = OpenBytes(Sealed(content, SomeHeader()));
  ASSERT_TRUE(reader.ok());
  ASSERT_EQ(reader.value().content_length(), content.size());
  std::mt19937_64 random(5);  // NOLINT(cert-msc51-cpp): the same reads in every run
  for (int i = 0; i < 2000; ++i) {
    const std::size_t offset = random() % (content.size() + 100);
    const std::size_t wanted = random() % (i % 10 == 0 ? 200000 : 3000);
    const std::size_t there = offset < content.size() ? content.size() - offset : 0;
    Bytes out(wanted, 0xee);
    const auto filled = reader.value().Read(offset, out);
    ASSERT_TRUE(filled.ok());
    ASSERT_EQ(filled.value(), std::min(wanted, there)) << offset;
    ASSERT_TRUE(
        std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(filled.value()),
                   content.begin() + static_cast<std::ptrdiff_t>(std::min(offset, content.size()))))
        << offset << " " << wanted;
  }
  Bytes out(1);
  EXPECT_EQ(reader.value().Read(~std::uint64_t{0}, out).value(), 0u);
}

TEST(Container, ARangeTouchesOnlyItsChunks) {
  const Bytes content = SomeContent(2000000);
  const auto touched = std::make_shared<std::uint64_t>(0);
  auto reader =
      ContainerReader::Open(SomeKey(), SomeHeader(),
                            std::make_unique<MemoryFile>(Sealed(content, SomeHeader()), touched));
  ASSERT_TRUE(reader.ok());
  Bytes out(10);
  *touched = 0;
  ASSERT_TRUE(reader.value().Read(1000000, out).ok());
  EXPECT_EQ(*touched, kAgeSealedChunkSize);
  ASSERT_TRUE(reader.value().Read(1000010, out).ok());
  EXPECT_EQ(*touched, kAgeSealedChunkSize);  // the same chunk again costs nothing
  ASSERT_TRUE(reader.value().Read(65536 * 3 - 5, out).ok());
  EXPECT_EQ(*touched, 3 * kAgeSealedChunkSize);
}

TEST(Container, AReaderOpensNothingBeforeItIsAsked) {
  const Bytes content = SomeContent(2000000);
  const auto touched = std::make_shared<std::uint64_t>(0);
  auto reader =
      ContainerReader::Open(SomeKey(), SomeHeader(),
                            std::make_unique<MemoryFile>(Sealed(content, SomeHeader()), touched));
  ASSERT_TRUE(reader.ok());
  *touched = 0;
  Bytes out(5 * kAgeChunkSize);
  for (std::size_t asked = 1; asked <= 4; ++asked) {
    ASSERT_EQ(reader.value().Read((asked - 1) * out.size(), out).value(), out.size());
    EXPECT_EQ(*touched, asked * 5 * kAgeSealedChunkSize);
  }
}

TEST(Container, ReadingInOrderEndsAtATamperedChunkWithNothingOfItOrAfterIt) {
  const Bytes content = SomeContent(1500000);
  const Bytes file = Sealed(content, SomeHeader());
  const std::size_t start = HeaderSize(file) + 16;
  for (const std::size_t tampered : {0, 1, 11, 16, 21}) {
    Bytes changed = file;
    changed[start + (tampered + 1) * kAgeSealedChunkSize - 1] ^= 1;  // its tag
    for (const std::size_t piece : {1000, 65536, 100000, 1048576}) {
      auto reader = OpenBytes(changed);
      ASSERT_TRUE(reader.ok());
      Bytes got;
      Bytes out(piece);
      Errc end = Errc::kInvalid;
      for (int again = 0; again < 2;) {
        std::fill(out.begin(), out.end(), 0xee);
        const auto filled = reader.value().Read(got.size(), out);
        if (!filled.ok()) {
          // Asked again it is refused again.
          end = filled.error().code;
          EXPECT_EQ(out, Bytes(piece, 0));
          ++again;
          continue;
        }
        ASSERT_EQ(again, 0);
        ASSERT_NE(filled.value(), 0u) << "the content ends without an error";
        got.insert(got.end(), out.begin(),
                   out.begin() + static_cast<std::ptrdiff_t>(filled.value()));
      }
      EXPECT_EQ(end, Errc::kCorrupt);
      // All whole pieces before it, in their order, and not a byte more.
      EXPECT_EQ(got.size(), tampered * kAgeChunkSize / piece * piece);
      EXPECT_TRUE(std::equal(got.begin(), got.end(), content.begin()));
    }
  }
}

TEST(Container, TheHeaderIsReadableWithoutAKey) {
  const ContainerHeader header = SomeHeader();
  MemoryFile file(Sealed(SomeContent(10), header));
  const auto parsed = ParseContainerHeader(file);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().slot, header.slot);
  EXPECT_EQ(parsed.value().document, header.document);
  EXPECT_EQ(parsed.value().version, header.version);
  ASSERT_EQ(parsed.value().boxes.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(parsed.value().boxes[i].matter, header.boxes[i].matter);
    EXPECT_EQ(parsed.value().boxes[i].party, header.boxes[i].party);
    EXPECT_EQ(parsed.value().boxes[i].box, header.boxes[i].box);
  }
}

TEST(Container, TheHeaderIsSpelledAsTheFormatSays) {
  ContainerHeader header = SomeHeader();
  header.boxes.resize(1);
  header.boxes[0].box = Bytes(48);
  const Bytes file = Sealed({}, header);
  const std::string expected =
      "age-encryption.org/v1\n"
      "-> strongroom/v1 00c0ffee AQIDAAAAAAAAAAAAAAAAAA 7\n"
      "\n"
      "-> strongroom-box CQAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAAA\n" +
      std::string(64, 'A') +
      "\n"
      "\n"
      "--- ";
  EXPECT_EQ(AsText(ByteView(file).first(expected.size())), expected);
}

TEST(Container, AnyFlippedBitOfASmallContainerIsRefused) {
  const Bytes content = SomeContent(300);
  const Bytes file = Sealed(content, SomeHeader());
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes changed = file;
    changed[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    ASSERT_FALSE(ReadAll(std::move(changed)).has_value()) << i;
  }
}

TEST(Container, AFlippedByteInOneChunkNeverYieldsWrongBytes) {
  const Bytes content = SomeContent(200000);
  const Bytes file = Sealed(content, SomeHeader());
  std::mt19937_64 random(6);  // NOLINT(cert-msc51-cpp): the same flips in every run
  for (int i = 0; i < 300; ++i) {
    Bytes changed = file;
    changed[random() % file.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    ASSERT_FALSE(ReadAll(changed).has_value());
    // Chunk by chunk: each is either refused, with nothing in the buffer, or right.
    auto reader = OpenBytes(changed);
    if (!reader.ok()) continue;
    for (std::size_t at = 0; at < content.size(); at += 65536) {
      Bytes out(std::min<std::size_t>(65536, content.size() - at), 0xee);
      const auto filled = reader.value().Read(at, out);
      const auto reference = ByteView(content).subspan(at, out.size());
      if (filled.ok()) {
        ASSERT_TRUE(std::equal(out.begin(), out.end(), reference.begin()));
      } else {
        ASSERT_EQ(out, Bytes(out.size(), 0));
      }
    }
  }
}

TEST(Container, EveryTruncationAndEveryAddedTailIsRefused) {
  const Bytes file = Sealed(SomeContent(66000), SomeHeader());
  for (std::size_t size = 0; size < file.size(); size += size % 65536 < 2000 ? 1 : 97) {
    ASSERT_FALSE(
        ReadAll(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size))).has_value())
        << size;
  }
  for (std::size_t more : {1, 15, 16, 17, 1000, 65551, 65552, 65553}) {
    Bytes longer = file;
    longer.resize(file.size() + more);
    ASSERT_FALSE(ReadAll(std::move(longer)).has_value()) << more;
  }
}

TEST(Container, TruncationAtEveryLengthOfTheSmallestIsRefused) {
  const Bytes file = Sealed(SomeContent(5), SomeHeader());
  for (std::size_t size = 0; size < file.size(); ++size) {
    ASSERT_FALSE(
        ReadAll(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size))).has_value())
        << size;
  }
}

TEST(Container, AnotherSlotDocumentVersionOrKeyIsRefused) {
  const Bytes file = Sealed(SomeContent(100), SomeHeader());
  const auto open = [&file](const FileKey& key, const ContainerHeader& expected) {
    return ContainerReader::Open(key, expected, std::make_unique<MemoryFile>(file));
  };
  ASSERT_TRUE(open(SomeKey(), SomeHeader()).ok());
  ContainerHeader slot = SomeHeader();
  slot.slot += 1;
  ContainerHeader document = SomeHeader();
  document.document = DocumentId(ByteArray<16>{1, 2, 4});
  ContainerHeader version = SomeHeader();
  version.version += 1;
  for (const auto& expected : {slot, document, version}) {
    const auto opened = open(SomeKey(), expected);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Errc::kCorrupt);
  }
  EXPECT_FALSE(open(FileKey::FromBytes(Bytes(16, 0x43)).value(), SomeHeader()).ok());
  // The register says what to expect of the identity; the boxes are the header's own.
  ContainerHeader boxes = SomeHeader();
  boxes.boxes.clear();
  EXPECT_TRUE(open(SomeKey(), boxes).ok());
}

TEST(Container, SwappedDuplicatedAndForeignChunksAreRefused) {
  const Bytes content = SomeContent(65536 * 4);
  const Bytes file = Sealed(content, SomeHeader());
  const Bytes other = Sealed(content, SomeHeader());
  const std::size_t start = HeaderSize(file) + 16;
  const auto chunk = [start](Bytes& bytes, std::size_t index) {
    return bytes.begin() + static_cast<std::ptrdiff_t>(start + index * kAgeSealedChunkSize);
  };
  Bytes swapped = file;
  std::swap_ranges(chunk(swapped, 0), chunk(swapped, 1), chunk(swapped, 1));
  EXPECT_FALSE(ReadAll(swapped).has_value());
  Bytes doubled = file;
  std::copy(chunk(doubled, 1), chunk(doubled, 2), chunk(doubled, 2));
  EXPECT_FALSE(ReadAll(doubled).has_value());
  Bytes without = file;
  without.erase(chunk(without, 1), chunk(without, 2));
  EXPECT_FALSE(ReadAll(without).has_value());
  Bytes foreign = file;
  Bytes source = other;
  std::copy(chunk(source, 1), chunk(source, 2), chunk(foreign, 1));
  EXPECT_FALSE(ReadAll(foreign).has_value());
}

// Handmade seals any payload under a right header: what a broken writer would leave.
Bytes Handmade(ByteView payload) {
  const FileKey key = SomeKey();
  const std::vector<AgeStanza> stanzas = ContainerStanzas(SomeHeader()).value();
  std::string text = EncodeAgeStanzas(stanzas);
  text += EncodeAgeMacLine(ComputeAgeMac(key, AsBytes(text)));
  Bytes file = ToBytes(AsBytes(text));
  file.resize(file.size() + 16);  // a nonce of zeros
  AgePayloadCipher cipher(key, ByteArray<16>{});
  Bytes sealed(payload.size() + 16);
  cipher.Seal(0, AgeChunkPlace::kLast, payload, sealed);
  file.insert(file.end(), sealed.begin(), sealed.end());
  return file;
}

Bytes PayloadWithLength(std::size_t size, std::uint64_t length) {
  Bytes payload(size - 8);
  const Bytes field = WireWriter().U64(length).bytes();
  payload.insert(payload.end(), field.begin(), field.end());
  return payload;
}

TEST(Container, ALengthThatDoesNotFitThePaddingIsRefused) {
  ASSERT_EQ(ReadAll(Handmade(PayloadWithLength(16384, 100))), Bytes(100));
  ASSERT_EQ(ReadAll(Handmade(PayloadWithLength(16384, 16376))), Bytes(16376));
  for (std::uint64_t length : {std::uint64_t{16377}, std::uint64_t{16384}, std::uint64_t{16385},
                               std::uint64_t{1} << 32, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    EXPECT_FALSE(ReadAll(Handmade(PayloadWithLength(16384, length))).has_value()) << length;
  }
  EXPECT_FALSE(ReadAll(Handmade(PayloadWithLength(16383, 100))).has_value());
  EXPECT_FALSE(ReadAll(Handmade(PayloadWithLength(16385, 16377))).has_value());
  EXPECT_FALSE(ReadAll(Handmade(PayloadWithLength(17408, 16376))).has_value());
  EXPECT_FALSE(ReadAll(Handmade(Bytes(7))).has_value());
  EXPECT_FALSE(ReadAll(Handmade(Bytes{})).has_value());
}

TEST(Container, PaddingThatIsNotZeroIsRefused) {
  for (std::size_t at : {100, 5000, 16375}) {
    Bytes payload = PayloadWithLength(16384, 100);
    payload[at] = 1;
    EXPECT_FALSE(ReadAll(Handmade(payload)).has_value()) << at;
  }
  Bytes payload = PayloadWithLength(16384, 100);
  payload[99] = 1;  // content
  EXPECT_TRUE(ReadAll(Handmade(payload)).has_value());
}

TEST(ContainerHeader, RefusesEveryOtherSpellingOfAStanza) {
  const std::vector<AgeStanza> good = ContainerStanzas(SomeHeader()).value();
  ASSERT_TRUE(ContainerHeaderFrom(good).ok());
  const auto with_argument = [&good](std::size_t stanza, std::size_t argument,
                                     const std::string& text) {
    std::vector<AgeStanza> stanzas = good;
    stanzas[stanza].arguments[argument] = text;
    return stanzas;
  };
  std::vector<std::vector<AgeStanza>> bad = {
      {},
      with_argument(0, 0, "strongroom/v2"),
      with_argument(0, 0, "Strongroom/v1"),
      with_argument(0, 1, "00C0FFEE"),
      with_argument(0, 1, "c0ffee"),
      with_argument(0, 1, "000c0ffee0"),
      with_argument(0, 1, "00c0ffe"),
      with_argument(0, 2, "AQIDAAAAAAAAAAAAAAAAAA=="),
      with_argument(0, 2, "AQIDAAAAAAAAAAAAAAAAAB"),
      with_argument(0, 2, "AQIDAAAAAAAAAAAAAAAA"),
      with_argument(0, 3, "07"),
      with_argument(0, 3, "+7"),
      with_argument(0, 3, "-1"),
      with_argument(0, 3, "4294967296"),
      with_argument(0, 3, "0x7"),
      with_argument(1, 0, "strongroom/v1"),
      with_argument(1, 0, "X25519"),
      with_argument(1, 1, "CQAAAAAAAAAAAAAAAAAA"),
      with_argument(1, 2, "AAAAAAAAAAAAAAAAAAAAAB"),
  };
  auto changed = good;
  changed[0].arguments.emplace_back("more");
  bad.push_back(changed);
  changed = good;
  changed[1].arguments.emplace_back("more");
  bad.push_back(changed);
  changed = good;
  changed[0].arguments.pop_back();
  bad.push_back(changed);
  changed = good;
  changed[1].arguments.pop_back();
  bad.push_back(changed);
  changed = good;
  changed[0].body = {1};
  bad.push_back(changed);
  changed = good;
  changed[1].body = {};
  bad.push_back(changed);
  changed = good;
  std::swap(changed[0], changed[1]);
  bad.push_back(changed);
  changed = good;
  changed.push_back(good[0]);
  bad.push_back(changed);
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto header = ContainerHeaderFrom(bad[i]);
    ASSERT_FALSE(header.ok()) << i;
    EXPECT_EQ(header.error().code, Errc::kCorrupt) << i;
  }
}

TEST(ContainerHeader, ExtremesKeepTheirValues) {
  for (std::uint32_t value : {0u, 1u, 0xffffffffu}) {
    ContainerHeader header = SomeHeader();
    header.slot = value;
    header.version = value;
    const auto back = ContainerHeaderFrom(ContainerStanzas(header).value());
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back.value().slot, value);
    EXPECT_EQ(back.value().version, value);
  }
}

TEST(ContainerWriter, RefusesAHeaderThatTheReaderWouldRefuse) {
  SystemRandom random;
  int sunk = 0;
  const auto sink = [&sunk](ByteView) {
    ++sunk;
    return Ok();
  };
  ContainerHeader crowded = SomeHeader();
  while (crowded.boxes.size() < 400) crowded.boxes.push_back(crowded.boxes[0]);
  ContainerHeader hollow = SomeHeader();
  hollow.boxes[1].box.clear();
  for (const auto& header : {crowded, hollow}) {
    const auto writer = ContainerWriter::Start(SomeKey(), header, random, sink);
    ASSERT_FALSE(writer.ok());
    EXPECT_EQ(writer.error().code, Errc::kInvalid);
  }
  EXPECT_EQ(sunk, 0);
}

// The n-th call of the sink fails, for every n until nothing fails any more.
TEST(ContainerWriter, AfterAFailedSinkNothingIsSunkAndFinishFails) {
  const Bytes content = SomeContent(1500000);
  bool failed = true;
  for (int fail_at = 0; failed; ++fail_at) {
    SystemRandom random;
    int calls = 0;
    failed = false;
    auto writer = ContainerWriter::Start(SomeKey(), SomeHeader(), random, [&](ByteView) -> Status {
      EXPECT_FALSE(failed) << "sunk after a failure";
      if (calls++ != fail_at) return Ok();
      failed = true;
      return Unavailable("the disk is full");
    });
    if (!writer.ok()) {
      EXPECT_TRUE(failed);
      continue;
    }
    const Status first = writer.value().Write(ByteView(content).first(700000));
    EXPECT_EQ(first.ok(), !failed);
    const bool failed_before = failed;
    const Status second = writer.value().Write(ByteView(content).subspan(700000));
    EXPECT_EQ(second.ok(), !failed);
    if (failed_before) {
      EXPECT_EQ(second.error().code, Errc::kUnavailable);
    }
    const auto length = writer.value().Finish();
    EXPECT_EQ(length.ok(), !failed);
    ASSERT_LT(fail_at, 20);
  }
}

TEST(ContainerWriter, TheSameContentSealsDifferentlyEachTime) {
  const Bytes content = SomeContent(100);
  EXPECT_NE(Sealed(content, SomeHeader()), Sealed(content, SomeHeader()));
}

}  // namespace
}  // namespace vault
