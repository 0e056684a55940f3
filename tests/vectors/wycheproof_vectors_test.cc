// Wycheproof's edge cases, run against the doors of vault/crypto; what does not apply is counted.
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "tests/support/crypto_environment.h"
#include "vault/base/text.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/bulk.h"
#include "vault/crypto/digest.h"
#include "vault/crypto/hkdf.h"
#include "vault/crypto/sealed_box.h"
#include "vault/crypto/sign.h"

namespace vault {
namespace {

using Poco::JSON::Object;
using Counts = std::map<std::string, int>;

// Vector is one test of a file, with the group it stands in.
struct Vector {
  Object::Ptr group;
  Object::Ptr test;

  Bytes Hex(const std::string& field) const {
    return DecodeHex(test->getValue<std::string>(field)).value();
  }
  int Number(const std::string& field) const { return test->getValue<int>(field); }
  int GroupNumber(const std::string& field) const { return group->getValue<int>(field); }
  bool valid() const { return test->getValue<std::string>("result") == "valid"; }
  int id() const { return Number("tcId"); }
};

// RunAll judges every test of a file; the judge names what it did, and the names are counted.
Counts RunAll(const std::string& file, const std::function<std::string(const Vector&)>& judge) {
  std::ifstream stream(std::string(STRONGROOM_VECTORS) + "/wycheproof/" + file);
  EXPECT_TRUE(stream.good()) << file;
  Poco::JSON::Parser parser;
  const auto root = parser.parse(stream).extract<Object::Ptr>();
  Counts counts;
  int total = 0;
  const auto groups = root->getArray("testGroups");
  for (unsigned g = 0; g < groups->size(); ++g) {
    const auto tests = groups->getObject(g)->getArray("tests");
    for (unsigned t = 0; t < tests->size(); ++t) {
      ++counts[judge({groups->getObject(g), tests->getObject(t)})];
      ++total;
    }
  }
  EXPECT_EQ(total, root->getValue<int>("numberOfTests")) << file;
  for (const auto& [what, count] : counts) {
    std::cout << count << " of " << file << ": " << what << '\n';
  }
  return counts;
}

class WycheproofVectors : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::string(STRONGROOM_VECTORS).empty()) {
      GTEST_SKIP() << "not run: the Wycheproof vectors (STRONGROOM_VECTORS)";
    }
  }
};

TEST_F(WycheproofVectors, HkdfSha256) {
  const Counts counts = RunAll("hkdf_sha256_test.json", [](const Vector& vector) -> std::string {
    const auto size = static_cast<std::size_t>(vector.Number("size"));
    if (size > 255 * 32) {
      EXPECT_FALSE(vector.valid());
      return "not run: more output than HKDF has (ends the process, hkdf_test.cc)";
    }
    Bytes out(size);
    HkdfSha256(vector.Hex("salt"), vector.Hex("ikm"), vector.Hex("info"), out);
    EXPECT_EQ(out == vector.Hex("okm"), vector.valid()) << vector.id();
    return "run";
  });
  EXPECT_EQ(counts,
            (Counts{{"run", 83},
                    {"not run: more output than HKDF has (ends the process, hkdf_test.cc)", 3}}));
}

TEST_F(WycheproofVectors, HmacSha256) {
  const Counts counts = RunAll("hmac_sha256_test.json", [](const Vector& vector) -> std::string {
    const auto mac = HmacSha256(vector.Hex("key"), vector.Hex("msg"));
    const auto tag_size = static_cast<std::size_t>(vector.GroupNumber("tagSize")) / 8;
    const bool equal = EqualConstantTime(ByteView(mac).first(tag_size), vector.Hex("tag"));
    EXPECT_EQ(equal, vector.valid()) << vector.id();
    return tag_size == mac.size() ? "run" : "run, cut to the tag's size";
  });
  EXPECT_EQ(counts, (Counts{{"run", 87}, {"run, cut to the tag's size", 87}}));
}

TEST_F(WycheproofVectors, ChaCha20Poly1305) {
  const Counts counts =
      RunAll("chacha20_poly1305_test.json", [](const Vector& vector) -> std::string {
        if (vector.GroupNumber("ivSize") != 96) {
          EXPECT_FALSE(vector.valid());
          return "not run: the nonce's type has 12 bytes";
        }
        if (!vector.Hex("aad").empty()) return "not run: the bulk door has no associated data";
        Nonce12 nonce;
        std::ranges::copy(vector.Hex("iv"), nonce.begin());
        const Bytes message = vector.Hex("msg");
        Bytes sealed = vector.Hex("ct");
        const Bytes tag = vector.Hex("tag");
        sealed.insert(sealed.end(), tag.begin(), tag.end());
        BulkCipher cipher(vector.Hex("key"));
        Bytes opened(message.size());
        EXPECT_EQ(cipher.Open(nonce, sealed, opened).ok(), vector.valid()) << vector.id();
        EXPECT_EQ(opened, vector.valid() ? message : Bytes(message.size())) << vector.id();
        Bytes ours(sealed.size());
        cipher.Seal(nonce, message, ours);
        EXPECT_EQ(ours == sealed, vector.valid()) << vector.id();
        return "run";
      });
  EXPECT_EQ(counts, (Counts{{"run", 45},
                            {"not run: the bulk door has no associated data", 271},
                            {"not run: the nonce's type has 12 bytes", 9}}));
}

// Scripted gives the nonce of the vector.
class Scripted final : public RandomSource {
 public:
  explicit Scripted(Bytes bytes) : bytes_(std::move(bytes)) {}
  void Fill(MutableByteView out) override {
    ASSERT_EQ(out.size(), bytes_.size());
    std::copy(bytes_.begin(), bytes_.end(), out.begin());
  }

 private:
  Bytes bytes_;
};

TEST_F(WycheproofVectors, XChaCha20Poly1305) {
  const Counts counts =
      RunAll("xchacha20_poly1305_test.json", [](const Vector& vector) -> std::string {
        if (vector.GroupNumber("ivSize") != 192) {
          EXPECT_FALSE(vector.valid());
          return "not run: the nonce has 24 bytes";
        }
        Bytes sealed = vector.Hex("iv");
        for (const Bytes& part : {vector.Hex("ct"), vector.Hex("tag")}) {
          sealed.insert(sealed.end(), part.begin(), part.end());
        }
        const Bytes key = vector.Hex("key");
        const Bytes associated_data = vector.Hex("aad");
        const auto opened = OpenAead(key, sealed, associated_data);
        EXPECT_EQ(opened.ok(), vector.valid()) << vector.id();
        if (opened.ok()) {
          EXPECT_EQ(ToBytes(opened.value().view()), vector.Hex("msg")) << vector.id();
        }
        EXPECT_EQ(OpenAeadSecret(key, sealed, associated_data).ok(), vector.valid());
        Scripted random(vector.Hex("iv"));
        const Bytes ours = SealAead(key, vector.Hex("msg"), associated_data, random);
        EXPECT_EQ(ours == sealed, vector.valid()) << vector.id();
        return "run";
      });
  EXPECT_EQ(counts, (Counts{{"run", 306}, {"not run: the nonce has 24 bytes", 9}}));
}

TEST_F(WycheproofVectors, Ed25519) {
  const Counts counts = RunAll("ed25519_test.json", [](const Vector& vector) -> std::string {
    const auto hex = vector.group->getObject("publicKey")->getValue<std::string>("pk");
    const Bytes key_bytes = DecodeHex(hex).value();
    SigningPublicKey key;
    EXPECT_EQ(key_bytes.size(), key.size());
    std::ranges::copy(key_bytes, key.begin());
    EXPECT_EQ(VerifySignature(key, vector.Hex("msg"), vector.Hex("sig")), vector.valid())
        << vector.id();
    return "run";
  });
  EXPECT_EQ(counts, (Counts{{"run", 151}}));
}

// No door of ours gives a bare shared secret: the multiplication is the library's, and what we
// promise on top is that nothing is sealed to a key that gives the same secret to everybody.
TEST_F(WycheproofVectors, X25519) {
  const Counts counts = RunAll("x25519_test.json", [](const Vector& vector) -> std::string {
    const Bytes expected = vector.Hex("shared");
    const bool degenerate = expected == Bytes(32);
    Bytes shared(32);
    const int multiplied =
        crypto_scalarmult(shared.data(), vector.Hex("private").data(), vector.Hex("public").data());
    EXPECT_EQ(multiplied != 0, degenerate) << vector.id();
    if (!degenerate) {
      EXPECT_EQ(shared, expected) << vector.id();
    }
    BoxPublicKey recipient;
    std::ranges::copy(vector.Hex("public"), recipient.begin());
    const auto box = SealBox(recipient, AsBytes("x"));
    EXPECT_EQ(box.ok(), !degenerate) << vector.id();
    return degenerate ? "degenerate key refused" : "run";
  });
  EXPECT_EQ(counts, (Counts{{"run", 487}, {"degenerate key refused", 31}}));
}

}  // namespace
}  // namespace vault
