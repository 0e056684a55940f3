#include "vault/store/page_search.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cstring>
#include <map>
#include <unordered_map>
#include <utility>

#include "vault/base/wiped.h"
#include "vault/base/wire.h"
#include "vault/crypto/page_cipher.h"

namespace vault {
namespace {

// The file format: sqlite.org/fileformat2, and SQLCipher 4's design: the last 80 bytes of a page
// are its initialisation vector and its authenticator, the first 16 of the file its salt.
constexpr std::size_t kPage = 4096;
constexpr std::size_t kReserved = 80;
constexpr std::size_t kSalt = 16;
constexpr std::size_t kLogHeader = 32;
constexpr std::size_t kFrameHeader = 24;

std::uint32_t U32At(ByteView bytes, std::size_t at) {
  return WireReader(bytes.subspan(at, 4)).U32();
}

// Sieve finds which needles stand in a page: two bytes rule out nearly every place.
class Sieve {
 public:
  explicit Sieve(std::span<const Needle> needles) : needles_(needles) {
    for (std::size_t i = 0; i < needles.size(); ++i) {
      first_.set(Short(needles[i].data()));
      by_head_.emplace(Long(needles[i].data()), i);
    }
  }
  void Look(ByteView page, std::set<std::size_t>& found) const {
    for (std::size_t at = 0; at + sizeof(Needle) <= page.size(); ++at) {
      const std::uint8_t* const here = page.data() + at;
      if (!first_.test(Short(here))) continue;
      const auto [begin, end] = by_head_.equal_range(Long(here));
      for (auto it = begin; it != end; ++it) {
        const Needle& needle = needles_[it->second];
        if (std::memcmp(needle.data(), here, needle.size()) == 0) found.insert(it->second);
      }
    }
  }

 private:
  static std::size_t Short(const std::uint8_t* at) {
    return static_cast<std::size_t>(at[0]) << 8 | at[1];
  }
  static std::uint64_t Long(const std::uint8_t* at) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, sizeof out);
    return out;
  }
  std::span<const Needle> needles_;
  std::bitset<65536> first_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_head_;
};

}  // namespace

std::vector<Needle> NeedlesOf(ByteView value) {
  std::vector<Needle> needles;
  for (std::size_t at = 0; at < 2 * sizeof(Needle); at += sizeof(Needle)) {
    if (at + sizeof(Needle) > value.size()) break;
    Needle needle;
    std::copy_n(value.data() + at, needle.size(), needle.data());
    needles.push_back(needle);
  }
  return needles;
}

struct PageSearch::State {
  std::string path;
  std::uint64_t whole_up_to = 0;
  std::unique_ptr<DeviceFile> file;
  std::optional<PageCipher> cipher;
  std::set<std::uint32_t> noted;

  // Plain gives a page's own bytes, without what the cipher needs of it.
  Bytes Plain(ByteView page, bool first) {
    if (!cipher) return ToBytes(page);
    const std::size_t from = first ? kSalt : 0;
    ByteArray<16> iv;
    std::copy_n(page.data() + kPage - kReserved, iv.size(), iv.data());
    Bytes out(kPage - kReserved);
    cipher->Open(iv, page.subspan(from, kPage - kReserved - from),
                 MutableByteView(out).subspan(from));
    return out;
  }
  // Page reads a page of the file, from 1. Empty: the file ends before.
  Result<Bytes> Page(std::uint32_t number) {
    Bytes page(kPage);
    TRY(const std::size_t got, file->Read(std::uint64_t{number - 1} * kPage, page));
    if (got < kPage) return Bytes();
    return Plain(page, number == 1);
  }
  // FreePages walks the list of free pages: trunk = next | count | count × leaf.
  Result<std::set<std::uint32_t>> FreePages(ByteView first) {
    std::set<std::uint32_t> free;
    std::uint32_t trunk = U32At(first, 32);
    while (trunk != 0) {
      TRY(const Bytes page, Page(trunk));
      if (page.empty() || !free.insert(trunk).second) {
        return Corrupt("a database's list of free pages leads nowhere");
      }
      const std::size_t room = page.size() / 4 - 2;
      const std::size_t count = std::min<std::size_t>(U32At(page, 4), room);
      for (std::size_t i = 0; i < count; ++i) free.insert(U32At(page, 8 + 4 * i));
      trunk = U32At(page, 0);
    }
    return free;
  }
  // EachFrame visits the frames of the log, written in whatever round of it.
  template <class Visit>
  Status EachFrame(const Visit& visit) const {
    auto log = OpenRegular(path + "-wal", O_RDONLY, 0);
    if (!log.ok()) {
      if (log.error().code == Errc::kNotFound) return Ok();
      return std::move(log).error();
    }
    TRY(const std::uint64_t size, SizeOf(log.value()));
    Bytes frame(kFrameHeader + kPage);
    for (std::uint64_t at = kLogHeader; at + frame.size() <= size; at += frame.size()) {
      TRY_VOID(ReadWhole(log.value(), at, frame));
      visit(U32At(frame, 0), ByteView(frame).subspan(kFrameHeader));
    }
    return Ok();
  }
};

PageSearch::PageSearch(std::unique_ptr<State> state) : state_(std::move(state)) {}
PageSearch::~PageSearch() = default;

Result<std::unique_ptr<PageSearch>> PageSearch::Open(const std::string& path,
                                                     const std::optional<DatabaseKey>& key,
                                                     std::uint64_t whole_up_to) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->whole_up_to = whole_up_to;
  TRY(state->file, DeviceFile::Open(path));
  if (key) state->cipher.emplace(key->key.view());
  return std::unique_ptr<PageSearch>(new PageSearch(std::move(state)));
}

Status PageSearch::NoteLog() {
  return state_->EachFrame(
      [this](std::uint32_t number, ByteView /*page*/) { state_->noted.insert(number); });
}

Result<PageFindings> PageSearch::Find(std::span<const Needle> needles) {
  State& state = *state_;
  state.file->Forget();
  const Sieve sieve(needles);
  PageFindings findings;
  TRY(Bytes first, state.Page(1));
  if (first.empty()) return Corrupt("a database's file is cut off");
  // The header says how many pages there are; what lies behind them is searched as well.
  const auto look = [&](std::uint32_t number) -> Result<bool> {
    TRY(Bytes page, state.Page(number));
    if (page.empty()) return false;
    sieve.Look(page, findings.found);
    WipeMemory(page.data(), page.size());
    ++findings.pages;
    return true;
  };
  findings.whole = std::uint64_t{U32At(first, 28)} * kPage <= state.whole_up_to;
  if (findings.whole) {
    for (std::uint32_t number = 1;; ++number) {
      TRY(const bool there, look(number));
      if (!there) break;
    }
  } else {
    TRY(std::set<std::uint32_t> pages, state.FreePages(first));
    pages.insert(state.noted.begin(), state.noted.end());
    pages.insert(1);
    for (const std::uint32_t number : pages) TRY_VOID(look(number));
  }
  TRY_VOID(state.EachFrame([&](std::uint32_t number, ByteView sealed) {
    Bytes page = state.Plain(sealed, number == 1);
    sieve.Look(page, findings.found);
    WipeMemory(page.data(), page.size());
    ++findings.pages;
  }));
  state.noted.clear();
  WipeMemory(first.data(), first.size());
  return findings;
}

}  // namespace vault
