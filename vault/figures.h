// Figures: what of each class is kept now, and kept beyond its rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vault/core.h"

namespace vault {

// KeptClass counts the document versions of one class under one version of a process.
struct KeptClass {
  std::string template_id;
  std::uint32_t template_version = 0;
  std::string class_code;
  std::uint64_t versions = 0;
  std::uint64_t held = 0;             // by a hold
  std::uint64_t extended = 0;         // put off when they fell due
  std::optional<Day> extended_until;  // the last of those
};

class Figures {
 public:
  explicit Figures(Core& core) : core_(core) {}
  // Kept counts what lives, by process and class. Errors: kDenied neither the unit, IGO nor DPO.
  Result<std::vector<KeptClass>> Kept(const Actor& actor);

 private:
  Core& core_;
};

}  // namespace vault
