#include "vault/store/database_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#define SQLITE_HAS_CODEC 1
#include <sqlcipher/sqlite3.h>

#include "vault/base/log.h"
#include "vault/base/result.h"

// SQLCipher can lock and wipe by itself (cipher_memory_security). It then locks and unlocks the
// pages of each block it takes and frees: two system calls a block, most of the time of a small
// filing, and a page stays unlocked although its other blocks still hold rows, because the kernel
// does not count locks. So we lock large chunks once and hand out pieces of them.
namespace vault {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::size_t kChunk = std::size_t{1} << 20;
// Sizes grow by a quarter of a power of two, so at most a fifth of a block is lost.
constexpr std::size_t kSmallest = 32;
constexpr std::size_t kLargest = std::size_t{64} << 10;

// ClassOf numbers the sizes of blocks: 32, 40, 48, 56, 64, 80, …, 64 KiB.
constexpr std::size_t ClassOf(std::size_t size) {
  if (size <= kSmallest) return 0;
  const auto power = static_cast<std::size_t>(std::bit_width(size - 1)) - 1;
  const std::size_t quarter = std::size_t{1} << (power - 2);
  const std::size_t step = (size - (std::size_t{1} << power) + quarter - 1) / quarter;
  return (power - 5) * 4 + step;
}
constexpr std::size_t SizeOfClass(std::size_t number) {
  const std::size_t power = std::size_t{32} << (number / 4);
  return power + (number % 4) * (power / 4);
}
constexpr std::size_t kClasses = ClassOf(kLargest) + 1;
static_assert(SizeOfClass(ClassOf(kLargest)) == kLargest);
static_assert(SizeOfClass(ClassOf(33)) == 40 && SizeOfClass(ClassOf(4097)) == 5120);

// Sizes that are no multiple of the header would misalign what follows in a chunk.
constexpr std::size_t BlockSize(std::size_t number) {
  return (SizeOfClass(number) + kHeader - 1) / kHeader * kHeader;
}

struct Header {
  std::uint64_t size;  // what the library may use
  std::uint64_t home;  // its class, or kOwnMapping
};
static_assert(sizeof(Header) == kHeader);
constexpr std::uint64_t kOwnMapping = ~std::uint64_t{0};

struct Extent {
  void* start;
  std::size_t size;
  bool locked;
};

class Arena {
 public:
  void* Take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const std::size_t whole = size + kHeader;
    if (whole > kLargest) return TakeMapping(whole);
    const std::size_t number = ClassOf(whole);
    void* block = free_[number];
    if (block != nullptr) {
      std::memcpy(&free_[number], static_cast<std::uint8_t*>(block) + kHeader, sizeof(void*));
    } else {
      block = Carve(BlockSize(number));
      if (block == nullptr) return nullptr;
    }
    held_ += BlockSize(number);
    return Mark(block, {BlockSize(number) - kHeader, number});
  }

  void GiveBack(void* memory) {
    const std::lock_guard lock(mutex_);
    void* const block = static_cast<std::uint8_t*>(memory) - kHeader;
    Header header{};
    std::memcpy(&header, block, kHeader);
    ::explicit_bzero(memory, header.size);
    held_ -= header.size + kHeader;
    if (header.home == kOwnMapping) return GiveBackMapping(block, header.size + kHeader);
    CHECK(header.home < kClasses);
    std::memcpy(memory, &free_[header.home], sizeof(void*));
    free_[header.home] = block;
  }

  static std::size_t SizeOf(const void* memory) {
    Header header{};
    std::memcpy(&header, static_cast<const std::uint8_t*>(memory) - kHeader, kHeader);
    return header.size;
  }

  void Relock() {
    const std::lock_guard lock(mutex_);
    for (Extent& extent : extents_) {
      extent.locked = ::mlock(extent.start, extent.size) == 0;
    }
  }

  DatabaseMemoryUse Use() {
    const std::lock_guard lock(mutex_);
    DatabaseMemoryUse use{held_, 0, 0};
    for (const Extent& extent : extents_) {
      use.taken += extent.size;
      if (!extent.locked) use.not_locked += extent.size;
    }
    return use;
  }

 private:
  static void* Mark(void* block, const Header& header) {
    std::memcpy(block, &header, kHeader);
    return static_cast<std::uint8_t*>(block) + kHeader;
  }

  void* Map(std::size_t size) {
    void* const start =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return nullptr;
    ::madvise(start, size, MADV_DONTDUMP);
    const bool locked = ::mlock(start, size) == 0;
    if (!locked && !warned_) {
      // As with SQLCipher's own locks the work goes on; `doctor` refuses such a machine.
      warned_ = true;
      Log(LogLevel::kWarning, "memory of the database cannot be locked: raise the limit memlock");
    }
    extents_.push_back({start, size, locked});
    return start;
  }

  void* TakeMapping(std::size_t whole) {
    const std::size_t size = (whole + 4095) / 4096 * 4096;
    void* const block = Map(size);
    if (block == nullptr) return nullptr;
    held_ += size;
    return Mark(block, {size - kHeader, kOwnMapping});
  }
  void GiveBackMapping(void* block, std::size_t size) {
    std::erase_if(extents_, [block](const Extent& extent) { return extent.start == block; });
    CHECK(::munmap(block, size) == 0);
  }

  void* Carve(std::size_t size) {
    if (left_ < size) {
      // What is left of the old chunk is less than a block of this size, at most 6 % of it.
      void* const chunk = Map(kChunk);
      if (chunk == nullptr) return nullptr;
      next_ = static_cast<std::uint8_t*>(chunk);
      left_ = kChunk;
    }
    void* const block = next_;
    next_ += size;
    left_ -= size;
    return block;
  }

  std::mutex mutex_;
  std::array<void*, kClasses> free_{};
  std::vector<Extent> extents_;
  std::uint8_t* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t held_ = 0;
  bool warned_ = false;
};

// The library has one allocator for the process and takes functions without a context, so this is
// the one object that lives for the whole process. It is never destroyed: connections may be
// closed after main returns.
Arena& TheArena() {
  static Arena* const arena = new Arena;
  return *arena;
}

void* Take(int size) {
  return size <= 0 ? nullptr : TheArena().Take(static_cast<std::size_t>(size));
}
void GiveBack(void* memory) {
  if (memory != nullptr) TheArena().GiveBack(memory);
}
int SizeOf(void* memory) { return memory == nullptr ? 0 : static_cast<int>(Arena::SizeOf(memory)); }
void* Resize(void* memory, int size) {
  const auto wanted = static_cast<std::size_t>(size);
  const std::size_t now = Arena::SizeOf(memory);
  // The library asks for less only to save memory; a shorter block in place saves us a copy.
  if (wanted <= now && wanted * 2 > now) return memory;
  void* const larger = Take(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, memory, std::min(now, wanted));
  GiveBack(memory);
  return larger;
}
// RoundUp tells the library what it would get, so that it can use all of it.
int RoundUp(int size) {
  const std::size_t whole = static_cast<std::size_t>(size) + kHeader;
  if (whole > kLargest) return static_cast<int>((whole + 4095) / 4096 * 4096 - kHeader);
  return static_cast<int>(BlockSize(ClassOf(whole)) - kHeader);
}
int Start(void* /*context*/) { return SQLITE_OK; }
void Stop(void* /*context*/) {}

}  // namespace

void UseDatabaseMemory() {
  static std::once_flag once;
  std::call_once(once, [] {
    const sqlite3_mem_methods methods = {Take,    GiveBack, Resize, SizeOf,
                                         RoundUp, Start,    Stop,   nullptr};
    // The arena has its own lock; counting in the library would take a second one each time.
    CHECK(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK);
    CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
  });
}

void RelockDatabaseMemory() { TheArena().Relock(); }

DatabaseMemoryUse DatabaseMemoryInUse() { return TheArena().Use(); }

}  // namespace vault
