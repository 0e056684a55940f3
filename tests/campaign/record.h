// Record: what happened to the files of one history, in memory that all its processes share.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "vault/base/result.h"
#include "vault/store/disk.h"

namespace vault {

// Record keeps the steps that reached the disk, whichever process took them, and survives its end.
// It also carries the verdicts of the history out of the process that found them.
//
// Threads: one writer at a time; the processes of a history take turns.
class Record {
 public:
  explicit Record(std::size_t capacity) : capacity_(capacity) {
    // Pages are taken when they are touched, so an ample capacity costs nothing.
    void* memory = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    head_ = static_cast<Head*>(memory);
    base_ = static_cast<std::uint8_t*>(memory) + sizeof(Head);
    capacity_ -= sizeof(Head);
  }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
  ~Record() { ::munmap(head_, capacity_ + sizeof(Head)); }

  void Clear() { *head_ = Head(); }

  // Append takes a step whose paths begin with `root`, which is left out.
  void Append(const DiskStep& step, std::string_view root) {
    const std::string_view path = Below(step.path, root);
    const std::string_view target = Below(step.target, root);
    const std::size_t size = sizeof(Step) + path.size() + target.size() + step.bytes.size();
    CHECK(head_->used + size <= capacity_);
    std::uint8_t* at = base_ + head_->used;
    const Step head{step.action, static_cast<std::uint32_t>(path.size()),
                    static_cast<std::uint32_t>(target.size()),
                    static_cast<std::uint32_t>(step.bytes.size()), step.offset};
    std::memcpy(at, &head, sizeof(head));
    at += sizeof(head);
    for (const ByteView part : {AsBytes(path), AsBytes(target), step.bytes}) {
      if (!part.empty()) std::memcpy(at, part.data(), part.size());
      at += part.size();
    }
    head_->used += size;
    ++head_->steps;
  }

  // Drain shows every step appended since the last call, and forgets it.
  template <class Visit>
  void Drain(const Visit& visit) {
    for (std::size_t at = 0; at < head_->used;) {
      Step head;
      std::memcpy(&head, base_ + at, sizeof(head));
      const char* text = reinterpret_cast<const char*>(base_ + at + sizeof(head));
      DiskStep step{head.action, {text, head.path}, head.offset, {}, {}};
      step.target = {text + head.path, head.target};
      step.bytes = {base_ + at + sizeof(head) + head.path + head.target, head.bytes};
      visit(step);
      at += sizeof(head) + head.path + head.target + head.bytes;
    }
    head_->used = 0;
  }

  std::uint64_t steps() const { return head_->steps; }

  // Struck and survivor say how far the process that met a fault came.
  void MarkStruck() { head_->struck = 1; }
  bool TakeStruck() { return std::exchange(head_->struck, 0u) != 0; }
  std::uint32_t survivor() const { return head_->survivor; }
  void SetSurvivor(std::uint32_t number) { head_->survivor = number; }

  // Report adds a line; what does not fit is counted all the same.
  void Report(std::string_view line) {
    ++head_->violations;
    const std::size_t room = sizeof(head_->report) - head_->report_size;
    if (line.size() + 1 > room) return;
    std::memcpy(head_->report + head_->report_size, line.data(), line.size());
    head_->report_size += static_cast<std::uint32_t>(line.size());
    head_->report[head_->report_size++] = '\n';
  }
  std::uint32_t violations() const { return head_->violations; }
  std::string report() const { return {head_->report, head_->report_size}; }

  // Count adds to one of the campaign's tallies.
  enum Tally : unsigned {
    kCrashes,
    kEpochs,
    kJudgements,
    kFiled,
    kRecords,    // written
    kDestroyed,  // versions of documents
    kLoans,      // ended
    kLinks,      // ended
    kBoxes,      // withdrawn from running loans
    kNamed,      // of named readers who ended or got a new key pair
    kDetails,    // of subjects and matters
    kSecrets,    // passwords and tokens that were taken back
    kBackups,
    kRestores,
    kStandbys,  // attached
    kEvictions,
    kPromotions,
    kRecovered,  // orphans
    kEnded,      // orphans, by two people
    kSuccessions,
    kTallies
  };
  void Count(Tally tally, std::uint64_t more) { head_->tallies[tally] += more; }
  std::uint64_t tally(Tally tally) const { return head_->tallies[tally]; }

 private:
  struct Head {
    std::uint64_t used = 0;
    std::uint64_t steps = 0;
    std::uint32_t survivor = 0;
    std::uint32_t struck = 0;
    std::uint32_t violations = 0;
    std::uint32_t report_size = 0;
    std::uint64_t tallies[kTallies] = {};
    char report[16384] = {};
  };
  struct Step {
    DiskAction action;
    std::uint32_t path;
    std::uint32_t target;
    std::uint32_t bytes;
    std::uint64_t offset;
  };
  static std::string_view Below(std::string_view path, std::string_view root) {
    if (path == root) return "";
    if (!path.starts_with(root) || path[root.size()] != '/') return path;
    return path.substr(root.size() + 1);
  }

  std::size_t capacity_;
  Head* head_;
  std::uint8_t* base_;
};

}  // namespace vault
