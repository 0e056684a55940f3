#include "vault/keys/unseal_share.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "vault/base/wire.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

constexpr std::string_view kMagic = "SUS1";
constexpr std::string_view kPrefix = "SR1";
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kCheckedSize = 1 + 1 + 4 + 4 + UnsealKey::kSize;
constexpr std::size_t kCheckSize = 3;
constexpr std::size_t kShareSize = kCheckedSize + kCheckSize;
constexpr std::size_t kCharacters = kShareSize * 8 / 5;
constexpr std::size_t kGroup = 4;
static_assert(kShareSize * 8 % 5 == 0 && kCharacters == 72);
constexpr std::size_t kFileHeader = 4 + 1 + 1 + 2 + 4;
// A share with a blank after every character is shorter than this.
constexpr std::size_t kLongestTyped = 400;

Error Mistyped() {
  return Invalid("the share was mistyped: it begins with SR1 and has 18 groups of 4 characters");
}

ByteArray<kCheckSize> CheckOf(ByteView checked) {
  // The message is wiped: it holds the share.
  Plaintext message = Plaintext::CopyOf(AsBytes("strongroom/v1/share-check"));
  const std::uint8_t end = 0;
  message.Append({&end, 1});
  message.Append(checked);
  const auto digest = Blake2b<16>({}, message.view());
  return {digest[0], digest[1], digest[2]};
}

ByteArray<32> CommitmentOf(const SharePoint& point, const StoreId& store, const ShareSetId& set) {
  WireWriter message;
  message.Text("strongroom/v1/share").U8(0).Raw(store.view()).Raw(set).U8(point.x);
  return Blake2b<32>(point.values.view(), message.bytes());
}

// Looked up by comparing with every letter, so that time and cache lines tell nothing of a share.
std::uint8_t LetterOf(unsigned value) {
  unsigned letter = 0;
  for (unsigned i = 0; i < kAlphabet.size(); ++i) {
    const unsigned same = 0u - static_cast<unsigned>(i == value);
    letter |= same & static_cast<unsigned char>(kAlphabet[i]);
  }
  return static_cast<std::uint8_t>(letter);
}

constexpr unsigned kNoLetter = 32;
unsigned ValueOf(std::uint8_t character) {
  unsigned c = character;
  c -= 32u & (0u - static_cast<unsigned>(c >= 'a' && c <= 'z'));
  unsigned value = kNoLetter;
  for (unsigned i = 0; i < kAlphabet.size(); ++i) {
    const unsigned same = 0u - static_cast<unsigned>(static_cast<unsigned char>(kAlphabet[i]) == c);
    value = (value & ~same) | (i & same);
  }
  // What is easily taken for a digit.
  if (c == 'O') value = 0;
  if (c == 'I' || c == 'L') value = 1;
  return value;
}

Plaintext FormatShare(const UnsealShare& share) {
  SecretBytes bytes(kShareSize);
  WireWriter head;
  head.U8(share.threshold).U8(share.point.x).Raw(share.store).Raw(share.set);
  MutableByteView out = bytes.mutable_view();
  std::copy(head.bytes().begin(), head.bytes().end(), out.begin());
  const ByteView values = share.point.values.view();
  std::copy(values.begin(), values.end(), out.begin() + head.bytes().size());
  const auto check = CheckOf(bytes.view().first(kCheckedSize));
  std::copy(check.begin(), check.end(), out.begin() + kCheckedSize);

  Plaintext text = Plaintext::CopyOf(AsBytes(kPrefix));
  const std::uint8_t hyphen = '-';
  unsigned held = 0;
  unsigned bits = 0;
  std::size_t written = 0;
  for (const std::uint8_t byte : bytes.view()) {
    held = held << 8 | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5, ++written) {
      if (written % kGroup == 0) text.Append({&hyphen, 1});
      const std::uint8_t letter = LetterOf((held >> (bits - 5)) & 31u);
      text.Append({&letter, 1});
      held &= (1u << (bits - 5)) - 1;
    }
  }
  return text;
}

}  // namespace

Status CheckShareCount(ShareCount shares) {
  if (shares.count > kMostShares) {
    return Invalid("there are at most " + std::to_string(kMostShares) + " shares");
  }
  // With a threshold of one each share would be the key itself.
  if (shares.threshold < 2 || shares.threshold > shares.count) {
    return Invalid("the threshold lies between 2 and the number of shares");
  }
  return Ok();
}

Result<SplitKey> SplitUnsealKey(const UnsealKey& key, ShareCount shares, const StoreId& store,
                                RandomSource& random) {
  TRY_VOID(CheckShareCount(shares));
  TRY(std::vector<SharePoint> points, SplitSecret(key.view(), shares, random));
  ShareSetId set;
  random.Fill(set);
  WireWriter file;
  file.Text(kMagic).U8(shares.threshold).U8(shares.count).Zeros(2).Raw(set);
  SplitKey split;
  for (SharePoint& point : points) {
    file.Raw(CommitmentOf(point, store, set));
    UnsealShare share{shares.threshold, {}, set, std::move(point)};
    std::copy_n(store.view().begin(), share.store.size(), share.store.begin());
    split.texts.push_back(FormatShare(share));
  }
  split.file = std::move(file).Take();
  return split;
}

bool IsShareFile(ByteView file) {
  return file.size() >= kMagic.size() && AsText(file.first(kMagic.size())) == kMagic;
}

Result<ShareSet> ParseShareFile(ByteView file) {
  const Error damaged = Corrupt("the unseal file is no SUS1 file");
  if (!IsShareFile(file) || file.size() < kFileHeader) return damaged;
  WireReader reader(file.subspan(kMagic.size()));
  ShareSet set;
  set.shares.threshold = reader.U8();
  set.shares.count = reader.U8();
  const std::uint16_t zero = reader.U16();
  set.id = reader.Array<4>();
  if (zero != 0 || set.shares.threshold < 2 || set.shares.threshold > set.shares.count ||
      set.shares.count > kMostShares) {
    return damaged;
  }
  for (unsigned i = 0; i < set.shares.count; ++i) set.commitments.push_back(reader.Array<32>());
  if (!reader.Finish().ok()) return damaged;
  return set;
}

Result<UnsealShare> ParseUnsealShare(ByteView text) {
  if (text.size() > kLongestTyped) return Mistyped();
  SecretBytes bytes(kShareSize);
  std::size_t seen = 0;
  std::size_t filled = 0;
  unsigned held = 0;
  unsigned bits = 0;
  for (const std::uint8_t c : text) {
    if (c == ' ' || c == '-' || c == '\t' || c == '\r') continue;
    if (seen < kPrefix.size()) {
      // S and R in either case.
      const unsigned upper = c >= 'a' && c <= 'z' ? c - 32u : c;
      if (upper != static_cast<unsigned char>(kPrefix[seen])) return Mistyped();
      ++seen;
      continue;
    }
    const unsigned value = ValueOf(c);
    if (value == kNoLetter || filled == kShareSize) return Mistyped();
    ++seen;
    held = held << 5 | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.mutable_view()[filled++] = static_cast<std::uint8_t>(held >> bits);
      held &= (1u << bits) - 1;
    }
  }
  if (seen != kPrefix.size() + kCharacters) return Mistyped();
  const ByteView checked = bytes.view().first(kCheckedSize);
  if (!EqualConstantTime(CheckOf(checked), bytes.view().subspan(kCheckedSize))) return Mistyped();
  WireReader reader(checked);
  UnsealShare share;
  share.threshold = reader.U8();
  share.point.x = reader.U8();
  share.store = reader.Array<4>();
  share.set = reader.Array<4>();
  share.point.values = SecretBytes::CopyOf(reader.Raw(UnsealKey::kSize));
  return share;
}

Status CheckUnsealShare(const UnsealShare& share, const ShareSet& set, const StoreId& store) {
  if (!EqualConstantTime(share.store, store.view().first(share.store.size()))) {
    return Denied("this share belongs to another vault");
  }
  if (share.set != set.id) {
    return Denied("this share is not of the present set: the shares have been made anew since");
  }
  const Error forged = Denied("this share is not one of those that were given out");
  if (share.threshold != set.shares.threshold || share.point.x == 0 ||
      share.point.x > set.shares.count) {
    return forged;
  }
  if (!EqualConstantTime(CommitmentOf(share.point, store, set.id),
                         set.commitments[share.point.x - 1])) {
    return forged;
  }
  return Ok();
}

Result<UnsealKey> JoinUnsealShares(std::span<const UnsealShare> shares) {
  if (shares.empty() || shares.size() != shares.front().threshold) {
    return Invalid("shares are missing");
  }
  std::vector<SharePoint> points;
  for (const UnsealShare& share : shares) {
    points.push_back({share.point.x, SecretBytes::CopyOf(share.point.values.view())});
  }
  TRY(const SecretBytes joined, JoinSecret(points));
  return UnsealKey::FromBytes(joined.view());
}

}  // namespace vault
