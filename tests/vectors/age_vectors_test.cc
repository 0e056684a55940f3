// The published age vectors, against the header grammar and the payload chunks of the container.
#include <Poco/InflatingStream.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"
#include "vault/crypto/age_header.h"
#include "vault/crypto/age_payload.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

// AgeVector is one file: its fields, then an empty line, then the encrypted file.
struct AgeVector {
  std::map<std::string, std::string> fields;
  Bytes file;
};

std::optional<AgeVector> ReadVector(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  AgeVector vector;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = all.find('\n', at);
    if (end == std::string::npos) return std::nullopt;
    const std::string line = all.substr(at, end - at);
    at = end + 1;
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) return std::nullopt;
    vector.fields[line.substr(0, colon)] = line.substr(colon + 2);
  }
  std::string body = all.substr(at);
  if (vector.fields["compressed"] == "zlib") {
    std::istringstream packed(body);
    Poco::InflatingInputStream unpacked(packed, Poco::InflatingStreamBuf::STREAM_ZLIB);
    body.assign(std::istreambuf_iterator<char>(unpacked), std::istreambuf_iterator<char>());
  }
  vector.file = ToBytes(AsBytes(body));
  return vector;
}

// Opened is what a payload yields in order, up to its end or its first wrong chunk.
struct Opened {
  Bytes plaintext;
  bool whole = false;
};

Opened OpenPayload(const FileKey& key, ByteView payload) {
  ByteArray<kAgeNonceSize> nonce;
  std::copy_n(payload.begin(), kAgeNonceSize, nonce.begin());
  const ByteView sealed = payload.subspan(kAgeNonceSize);
  Opened opened;
  const auto layout = AgePayloadLayout::ForSealedSize(sealed.size());
  if (!layout.ok()) return opened;
  AgePayloadCipher cipher(key, nonce);
  for (std::uint64_t i = 0; i < layout.value().chunk_count; ++i) {
    Bytes chunk(layout.value().ChunkSize(i));
    const ByteView stored = sealed.subspan(i * kAgeSealedChunkSize, chunk.size() + kAgeTagSize);
    if (!cipher.Open(i, layout.value().Place(i), stored, chunk).ok()) return opened;
    opened.plaintext.insert(opened.plaintext.end(), chunk.begin(), chunk.end());
  }
  opened.whole = true;
  return opened;
}

bool IsAboutUnwrapping(const std::string& name) {
  return name.starts_with("x25519") || name.starts_with("scrypt") || name.starts_with("hybrid");
}

// Judge runs one vector as far as it concerns us and names what was checked, or why it was not.
std::string Judge(const std::string& name, AgeVector& vector) {
  const std::string expect = vector.fields["expect"];
  if (vector.fields["armored"] == "yes") return "out of scope: armor";

  const auto header = ParseAgeHeader(vector.file);
  const bool complete = header.ok() && vector.file.size() >= header.value().size + kAgeNonceSize;
  if (!complete) {
    EXPECT_EQ(expect, "header failure") << name;
    return "header refused";
  }
  const auto key = FileKey::FromBytes(DecodeHex(vector.fields["file key"]).value());
  if (!key.ok()) {
    EXPECT_EQ(expect, "header failure") << name;
    EXPECT_TRUE(name.ends_with("_long_file_key")) << name;
    return "file key refused";
  }
  const ByteView authenticated = ByteView(vector.file).first(header.value().authenticated_size);
  const bool authentic =
      EqualConstantTime(ComputeAgeMac(key.value(), authenticated), header.value().mac);
  if (expect == "HMAC failure") {
    EXPECT_FALSE(authentic) << name;
    return "MAC refused";
  }
  EXPECT_TRUE(authentic) << name;
  if (expect == "no match" || expect == "header failure") {
    // Well-formed and authentic: what is wrong is inside a stanza that we never unwrap.
    EXPECT_TRUE(IsAboutUnwrapping(name)) << name;
    return "out of scope: unwrapping (header and MAC checked)";
  }
  const Opened opened =
      OpenPayload(key.value(), ByteView(vector.file).subspan(header.value().size));
  if (expect == "success") {
    EXPECT_TRUE(opened.whole) << name;
    EXPECT_EQ(EncodeHex(Sha256(opened.plaintext)), vector.fields["payload"]) << name;
    return "payload opened";
  }
  // A streaming reader may have given out what came before the fault, and the vectors hold the
  // digest of that; the container opens its last chunk first and gives out nothing.
  EXPECT_EQ(expect, "payload failure") << name;
  EXPECT_FALSE(opened.whole) << name;
  return "payload refused";
}

TEST(AgeVectors, EveryFileIsJudgedAsPublishedOrNamedOutOfScope) {
  const std::string folder = STRONGROOM_VECTORS;
  if (folder.empty()) GTEST_SKIP() << "not run: the published age vectors (STRONGROOM_VECTORS)";
  std::map<std::string, int> counts;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/age")) {
    const std::string name = entry.path().filename().string();
    auto vector = ReadVector(entry.path());
    ASSERT_TRUE(vector.has_value()) << name;
    ++counts[Judge(name, *vector)];
    ++files;
  }
  const std::map<std::string, int> expected = {
      {"MAC refused", 1},
      {"file key refused", 3},
      {"header refused", 26},
      {"out of scope: armor", 33},
      {"out of scope: unwrapping (header and MAC checked)", 43},
      {"payload opened", 19},
      {"payload refused", 18},
  };
  EXPECT_EQ(counts, expected);
  EXPECT_EQ(files, 143);
  for (const auto& [what, count] : counts) {
    std::cout << count << " age vectors: " << what << '\n';
  }
}

}  // namespace
}  // namespace vault
