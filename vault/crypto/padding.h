// Padding: PADMÉ lengths, which hide a size for at most 12 % more.
#pragma once

#include <cstdint>

namespace vault {

// PadmeLength is the padded length for a payload of n bytes.
// Source: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
// PURBs", PoPETs 2019, section 4.
std::uint64_t PadmeLength(std::uint64_t n);
// PaddedContentLength = PADMÉ(max(content + 8, 16384)), FORMAT.md §4.
std::uint64_t PaddedContentLength(std::uint64_t content_length);

}  // namespace vault
