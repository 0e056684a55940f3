// Limits: how much of a hostile file we are willing to look at. Each number has its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ingest {

// kMaxFile: a form is a few hundred kilobytes; scans pasted into one reach a few megabytes.
inline constexpr std::size_t kMaxFile = 20u << 20;

// Archives. A form by Word has 10 to 30 parts; pasted pictures add one each.
inline constexpr std::size_t kMaxParts = 2000;
inline constexpr std::size_t kMaxPartName = 512;
inline constexpr std::uint64_t kMaxUnpacked = 64u << 20;
// kMaxRatio: text of a form packs 10 to 30 times; a bomb packs 1000 times.
inline constexpr std::uint64_t kMaxRatio = 200;
// kRatioFloor: below this size a ratio says nothing.
inline constexpr std::uint64_t kRatioFloor = 64u << 10;
// kMaxTextPart: the part that holds the text; its tree takes several times its size in memory.
inline constexpr std::size_t kMaxTextPart = 16u << 20;

// Word. Layout tables nest two or three deep.
inline constexpr std::size_t kMaxXmlDepth = 256;
inline constexpr std::size_t kMaxXmlNodes = 1'000'000;
inline constexpr std::size_t kMaxXmlAttributes = 64;
inline constexpr std::size_t kMaxTableDepth = 8;
inline constexpr std::size_t kMaxRows = 20'000;
inline constexpr std::size_t kMaxCellsInRow = 64;

// The form. A field is at most about ten pages.
inline constexpr std::size_t kMaxText = 64u << 10;
inline constexpr std::size_t kMaxPeople = 200;
inline constexpr std::size_t kMaxFindings = 200;
inline constexpr std::size_t kMaxEncodedForm = 2u << 20;
inline constexpr std::size_t kMaxEncodedOutcome = kMaxEncodedForm + 16;

// The pipe. A frame is what one read of an upload gives.
inline constexpr std::size_t kMaxFrame = 1u << 20;

// The process: the tree of a 16 MiB text part fits; a form takes 20 ms.
inline constexpr std::uint64_t kReaderMemory = 512u << 20;
inline constexpr std::uint64_t kReaderSeconds = 10;

}  // namespace ingest
