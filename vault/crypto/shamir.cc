#include "vault/crypto/shamir.h"

#include <cstddef>

namespace vault {

// Masks instead of branches and tables: neither time nor cache lines depend on a secret.
std::uint8_t MultiplyInField(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  unsigned shifted = a;
  for (unsigned bit = 0; bit < 8; ++bit) {
    const unsigned take = 0u - ((unsigned{b} >> bit) & 1u);
    product ^= shifted & take;
    const unsigned reduce = 0u - (shifted >> 7);
    shifted = ((shifted << 1) & 0xffu) ^ (reduce & 0x1bu);
  }
  return static_cast<std::uint8_t>(product);
}

// a^254, for the group has 255 elements.
std::uint8_t InverseInField(std::uint8_t a) {
  std::uint8_t power = a;
  std::uint8_t inverse = 1;
  for (unsigned bit = 1; bit < 8; ++bit) {
    power = MultiplyInField(power, power);
    inverse = MultiplyInField(inverse, power);
  }
  return inverse;
}

Result<std::vector<SharePoint>> SplitSecret(ByteView secret, ShareCount shares,
                                            RandomSource& random) {
  if (shares.threshold < 2 || shares.threshold > shares.count) {
    return Invalid("the threshold of shares lies between 2 and their number");
  }
  // Coefficients from the highest power down to the first; the secret itself is the last.
  SecretBytes coefficients((std::size_t{shares.threshold} - 1) * secret.size());
  random.Fill(coefficients.mutable_view());
  std::vector<SharePoint> points;
  for (unsigned x = 1; x <= shares.count; ++x) {
    SharePoint point{static_cast<std::uint8_t>(x), SecretBytes(secret.size())};
    for (std::size_t i = 0; i < secret.size(); ++i) {
      std::uint8_t value = 0;
      for (std::size_t power = 0; power + 1 < shares.threshold; ++power) {
        const std::uint8_t coefficient = coefficients.view()[power * secret.size() + i];
        value = MultiplyInField(static_cast<std::uint8_t>(value ^ coefficient), point.x);
      }
      point.values.mutable_view()[i] = static_cast<std::uint8_t>(value ^ secret[i]);
    }
    points.push_back(std::move(point));
  }
  return points;
}

Result<SecretBytes> JoinSecret(std::span<const SharePoint> points) {
  if (points.empty()) return Invalid("no share");
  const std::size_t size = points.front().values.size();
  SecretBytes secret(size);
  for (const SharePoint& point : points) {
    if (point.x == 0 || point.values.size() != size) return Invalid("a share is malformed");
    // Lagrange's weight of this point at 0; minus is plus in this field. Numbers are public.
    std::uint8_t weight = 1;
    for (const SharePoint& other : points) {
      if (&other == &point) continue;
      if (other.x == point.x) return Invalid("a share was given twice");
      const auto apart = static_cast<std::uint8_t>(other.x ^ point.x);
      weight = MultiplyInField(weight, MultiplyInField(other.x, InverseInField(apart)));
    }
    for (std::size_t i = 0; i < size; ++i) {
      secret.mutable_view()[i] ^= MultiplyInField(weight, point.values.view()[i]);
    }
  }
  return secret;
}

}  // namespace vault
