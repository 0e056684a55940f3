// Replays inputs through the fuzz target: the law holds in every ordinary run of the tests.
#include "tests/fuzz/container_header_fuzz.cc"  // NOLINT(bugprone-suspicious-include)

#include <gtest/gtest.h>

#include <random>

#include "tests/support/crypto_environment.h"

namespace vault {
namespace {

void Replay(std::string_view input) {
  EXPECT_EQ(LLVMFuzzerTestOneInput(AsBytes(input).data(), input.size()), 0);
}

std::string GoodHeader() {
  ContainerHeader header;
  header.slot = 0xabcdef01;
  header.document = DocumentId(ByteArray<16>{7});
  header.version = 12;
  header.boxes.push_back({MatterId(ByteArray<16>{8}), PartyId(ByteArray<16>{9}), Bytes(104, 3)});
  header.boxes.push_back({MatterId(ByteArray<16>{8}), PartyId(ByteArray<16>{4}), Bytes(48, 3)});
  return EncodeAgeStanzas(ContainerStanzas(header).value()) + EncodeAgeMacLine({});
}

TEST(ContainerHeaderFuzz, WhatParsesReencodesToTheSameBytes) {
  ASSERT_TRUE(ParseAgeHeader(AsBytes(GoodHeader())).ok());
  Replay(GoodHeader());
  Replay(GoodHeader() + "payload");
  Replay("");
  Replay("age-encryption.org/v1\n---");
  Replay("age-encryption.org/v1\n-> X25519 a\nAQID\n" + GoodHeader());
  Replay(std::string(70000, '\n'));
}

// Single edits of a good header are where a second spelling would hide.
TEST(ContainerHeaderFuzz, NoEditOfAGoodHeaderIsASecondSpelling) {
  const std::string good = GoodHeader();
  constexpr std::string_view kBytes("\n\r \t=-+/Aa0>\0\x7f\xff", 16);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (char c : kBytes) {
      std::string changed = good;
      changed[at] = c;
      Replay(changed);
      Replay(good.substr(0, at) + c + good.substr(at));
    }
    Replay(good.substr(0, at) + good.substr(at + 1));
  }
}

TEST(ContainerHeaderFuzz, SplicesOfHeadersKeepTheLaw) {
  std::mt19937_64 random(3);  // NOLINT(cert-msc51-cpp): the same splices in every run
  const std::string good = GoodHeader();
  for (int i = 0; i < 20000; ++i) {
    const std::size_t cut = random() % good.size();
    const std::size_t from = random() % good.size();
    Replay(good.substr(0, cut) + good.substr(from));
  }
}

}  // namespace
}  // namespace vault
