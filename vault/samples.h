// Samples: drawing some of many matters by lot, so that anybody can draw them again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/core.h"

namespace vault {

// SampleWish says how many are drawn, of what. The names are codes of a template.
struct SampleWish {
  std::string template_id;
  std::string measure;      // what the candidates have in common
  std::optional<Day> from;  // and when
  std::optional<Day> until;
  std::uint64_t size = 0;
  std::string seed;  // empty: made up
};

struct Sample {
  std::string seed;
  std::uint64_t candidates = 0;
  std::vector<std::string> drawn;  // references, in the order they were drawn
};

// DrawOf is the lot: the references whose SHA-256 of seed, a line end and the reference comes
// first, in that order. It asks nothing but its arguments, so that `sha256sum` draws the same.
std::vector<std::string> DrawOf(std::string_view seed, std::uint64_t size,
                                std::vector<std::string> references);

class Samples {
 public:
  explicit Samples(Core& core) : core_(core) {}

  // Draw logs who draws, of what, under which seed, of how many and how many, and then draws: who
  // draws until they like the sample is seen to. Not more are drawn than there are.
  // Errors: kDenied neither the unit nor IGO; kInvalid a size of none, or a seed that is not of 1
  // to 64 letters, digits, dots, hyphens and underscores.
  Result<Sample> Draw(const Actor& actor, const SampleWish& wish,
                      std::vector<std::string> references);

 private:
  Core& core_;
};

}  // namespace vault
