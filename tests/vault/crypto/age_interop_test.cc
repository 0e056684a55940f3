// The distribution's `age` opens our containers: the format is age's, not only ours.
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/crypto_environment.h"
#include "tests/support/memory_file.h"
#include "tests/support/temp_folder.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/age_header.h"
#include "vault/crypto/container.h"
#include "vault/crypto/hkdf.h"
#include "vault/crypto/padding.h"
#include "vault/crypto/sealed_box.h"

namespace vault {
namespace {

// RunCommand gives the exit code; the arguments are our own paths, without characters a shell
// minds.
int RunCommand(const std::string& command) {
  const int status = std::system(command.c_str());  // NOLINT(cert-env33-c): a test's own command
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Bytes ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return Bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
}

void WriteFile(const std::string& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary) << AsText(bytes);
}

// RecipientOf finds the public key `age-keygen` wrote into its file and takes off the Bech32: 52
// digits of 5 bits after "age1" and before 6 digits of checksum.
BoxPublicKey RecipientOf(const std::string& identity) {
  constexpr std::string_view kDigits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  const std::string digits = identity.substr(identity.find("age1") + 4, 52);
  BoxPublicKey key{};
  std::size_t bit = 0;
  for (char c : digits) {
    const std::size_t value = kDigits.find(c);
    CHECK(value != std::string_view::npos);
    for (int shift = 4; shift >= 0 && bit < 256; --shift, ++bit) {
      if ((value >> shift & 1u) != 0) key[bit / 8] |= static_cast<std::uint8_t>(0x80u >> (bit % 8));
    }
  }
  return key;
}

// WrapFor is the X25519 stanza of the age specification.
AgeStanza WrapFor(const BoxPublicKey& recipient, const FileKey& key, RandomSource& random) {
  const BoxKeyPair ephemeral = NewBoxKeyPair(random);
  Bytes shared(32);
  CHECK(crypto_scalarmult(shared.data(), ephemeral.secret_key.view().data(), recipient.data()) ==
        0);
  Bytes salt = ToBytes(ephemeral.public_key);
  salt.insert(salt.end(), recipient.begin(), recipient.end());
  Bytes wrap_key(32);
  HkdfSha256(salt, shared, AsBytes("age-encryption.org/v1/X25519"), wrap_key);
  Bytes body(16 + 16);
  const ByteArray<12> nonce{};
  crypto_aead_chacha20poly1305_ietf_encrypt(body.data(), nullptr, key.view().data(), 16, nullptr, 0,
                                            nullptr, nonce.data(), wrap_key.data());
  return {{"X25519", EncodeBase64Raw(ephemeral.public_key)}, body};
}

TEST(AgeInterop, TheAgeProgramOpensOurContainerToThePaddedContent) {
  ASSERT_EQ(RunCommand("command -v age >/dev/null && command -v age-keygen >/dev/null"), 0)
      << "the program age is not installed; tools/setup --with-tests installs it";
  const TempFolder folder;
  const std::string base = folder.path();
  ASSERT_EQ(RunCommand("age-keygen -o " + base + "/identity 2>" + base + "/keygen.err"), 0);
  const BoxPublicKey recipient = RecipientOf(ToString(ReadFile(base + "/identity")));

  SystemRandom random;
  const FileKey key = FileKey::Random(random);
  ContainerHeader header;
  header.slot = 17;
  header.document = random.NewId<DocumentId>();
  header.version = 1;
  header.boxes.push_back({random.NewId<MatterId>(), random.NewId<PartyId>(), Bytes(104, 5)});
  for (std::size_t size : {0, 5, 65528, 65529, 300000}) {
    Bytes content(size);
    random.Fill(content);
    Bytes ours;
    auto writer = ContainerWriter::Start(key, header, random, [&ours](ByteView bytes) {
      ours.insert(ours.end(), bytes.begin(), bytes.end());
      return Ok();
    });
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer.value().Write(content).ok());
    ASSERT_TRUE(writer.value().Finish().ok());

    // The copy's header gains a recipient that age knows how to unwrap.
    const auto parsed = ParseAgeHeader(ours);
    ASSERT_TRUE(parsed.ok());
    std::vector<AgeStanza> stanzas = parsed.value().stanzas;
    stanzas.push_back(WrapFor(recipient, key, random));
    std::string text = EncodeAgeStanzas(stanzas);
    text += EncodeAgeMacLine(ComputeAgeMac(key, AsBytes(text)));
    Bytes copy = ToBytes(AsBytes(text));
    copy.insert(copy.end(), ours.begin() + static_cast<std::ptrdiff_t>(parsed.value().size),
                ours.end());
    WriteFile(base + "/copy.age", copy);
    ASSERT_EQ(
        RunCommand("age -d -i " + base + "/identity -o " + base + "/plain " + base + "/copy.age"),
        0);

    Bytes padded = content;
    padded.resize(PaddedContentLength(size) - 8);
    const Bytes length = WireWriter().U64(size).bytes();
    padded.insert(padded.end(), length.begin(), length.end());
    EXPECT_EQ(ReadFile(base + "/plain"), padded) << size;

    // Ours has one spelling: a foreign recipient is refused, however authentic.
    EXPECT_FALSE(
        ContainerReader::Open(key, header, std::make_unique<MemoryFile>(std::move(copy))).ok());
  }
}

}  // namespace
}  // namespace vault
