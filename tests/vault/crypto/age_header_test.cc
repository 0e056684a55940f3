#include "vault/crypto/age_header.h"

#include <gtest/gtest.h>

#include "tests/support/crypto_environment.h"

namespace vault {
namespace {

constexpr std::string_view kMacLine = "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";

std::string WithStanza(std::string_view stanza) {
  std::string text = "age-encryption.org/v1\n";
  text += stanza;
  text += kMacLine;
  return text;
}

bool Parses(std::string_view text) { return ParseAgeHeader(AsBytes(text)).ok(); }

// Reencode is the inverse of parsing: what parses has one spelling.
std::string Reencode(const AgeHeader& header) {
  return EncodeAgeStanzas(header.stanzas) + EncodeAgeMacLine(header.mac);
}

TEST(ParseAgeHeader, FindsStanzasMacAndWhereThePayloadStarts) {
  const std::string text = WithStanza("-> first a b\nAQID\n-> second\n\n");
  const auto header = ParseAgeHeader(AsBytes(text + "payload"));
  ASSERT_TRUE(header.ok());
  ASSERT_EQ(header.value().stanzas.size(), 2u);
  EXPECT_EQ(header.value().stanzas[0], (AgeStanza{{"first", "a", "b"}, {1, 2, 3}}));
  EXPECT_EQ(header.value().stanzas[1], (AgeStanza{{"second"}, {}}));
  EXPECT_EQ(header.value().mac, (ByteArray<32>{}));
  EXPECT_EQ(header.value().size, text.size());
  EXPECT_EQ(header.value().authenticated_size, text.size() - kMacLine.size() + 3);
}

TEST(ParseAgeHeader, EveryBodyLengthSurvivesTheRoundTrip) {
  for (std::size_t size = 0; size <= 200; ++size) {
    const std::vector<AgeStanza> stanzas = {{{"t", "x"}, Bytes(size, 0xa5)}, {{"u"}, Bytes(1)}};
    const std::string text = EncodeAgeStanzas(stanzas) + EncodeAgeMacLine({});
    const auto header = ParseAgeHeader(AsBytes(text));
    ASSERT_TRUE(header.ok()) << size;
    EXPECT_EQ(header.value().stanzas, stanzas) << size;
    EXPECT_EQ(Reencode(header.value()), text) << size;
  }
}

TEST(ParseAgeHeader, RefusesEveryOtherSpelling) {
  ASSERT_TRUE(Parses(WithStanza("-> t\nAQID\n")));
  const std::string full(64, 'A');
  ASSERT_TRUE(Parses(WithStanza("-> t\n" + full + "\n\n")));
  const std::string bad_stanzas[] = {
      "",                         // no stanza at all
      "->\n\n",                   // no argument
      "-> \n\n",                  // an empty argument
      "-> t \n\n",                // a trailing blank
      "-> t  u\n\n",              // a double blank
      " -> t\n\n",                // a leading blank
      "-> t\r\n\n",               // a carriage return
      "-> t\x7f\n\n",             // a control character
      "-> t\xc3\xa9\n\n",         // not ASCII
      "-> t\n",                   // no body
      "-> t\n" + full + "\n",     // no short last line
      "-> t\n" + full + "A\n\n",  // a long line
      "-> t\nAQID\nAQID\n",       // two short lines
      "-> t\nAQI=\n",             // padding
      "-> t\nAQIDA\n",            // no base64 length
      "-> t\nAR\n",               // trailing bits
      "-> t\nAQ-D\n",             // the other alphabet
      "-> t\n\n\n",               // an empty line between
  };
  for (const std::string& stanza : bad_stanzas) EXPECT_FALSE(Parses(WithStanza(stanza))) << stanza;
}

TEST(ParseAgeHeader, RefusesOtherVersionsAndMacLines) {
  const std::string stanza = "-> t\n\n";
  const std::string mac(43, 'A');
  const std::string first = "age-encryption.org/v1\n";
  ASSERT_TRUE(Parses(first + stanza + "--- " + mac + "\n"));
  EXPECT_FALSE(Parses("age-encryption.org/v2\n" + stanza + "--- " + mac + "\n"));
  EXPECT_FALSE(Parses("age-encryption.org/v1\r\n" + stanza + "--- " + mac + "\n"));
  EXPECT_FALSE(Parses(stanza + "--- " + mac + "\n"));
  for (const std::string& line :
       {"--- " + mac, "---" + mac + "\n", "---  " + mac + "\n", "--- " + mac + " \n",
        "--- " + mac + "=\n", "--- " + mac.substr(1) + "\n", "--- " + mac.substr(1) + "B\n",
        "--- " + mac + "A\n", std::string("---\n"), std::string("--- \n"), std::string("")}) {
    EXPECT_FALSE(Parses(first + stanza + line)) << line;
  }
}

TEST(ParseAgeHeader, RefusesEveryTruncation) {
  const std::string text = WithStanza("-> first a b\nAQID\n-> second\n\n");
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(Parses(std::string_view(text).substr(0, size))) << size;
  }
}

TEST(ParseAgeHeader, ReadsUpToTheBoundAndNotBeyond) {
  const std::string shell = WithStanza("-> t\n\n");
  const std::string fits(kMaxAgeHeaderSize - shell.size(), 'x');
  EXPECT_TRUE(Parses(WithStanza("-> t" + fits + "\n\n")));
  EXPECT_FALSE(Parses(WithStanza("-> tx" + fits + "\n\n")));
}

TEST(ComputeAgeMac, DependsOnTheKeyAndEveryByte) {
  const FileKey key = FileKey::FromBytes(Bytes(16, 1)).value();
  const FileKey other = FileKey::FromBytes(Bytes(16, 2)).value();
  const auto mac = ComputeAgeMac(key, AsBytes("age-encryption.org/v1\n---"));
  EXPECT_NE(mac, ComputeAgeMac(other, AsBytes("age-encryption.org/v1\n---")));
  EXPECT_NE(mac, ComputeAgeMac(key, AsBytes("age-encryption.org/v1\n--")));
}

}  // namespace
}  // namespace vault
