// Recorder: everything that was ever written, in order, and a search through all of it.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/wire.h"
#include "vault/store/disk.h"

namespace vault {

// RecordedStep is a DiskStep that owns its bytes.
struct RecordedStep {
  DiskAction action;
  std::string path;
  std::uint64_t offset = 0;
  Bytes bytes;
  std::string target;
};

// Recorder keeps every step that reached the disk. Threads: safe from any thread.
//
// It keeps them in memory, or appends them to a file descriptor, so that what a child process wrote
// before it died can be read by its parent (FromRecord). `next`, if any, decides what happens.
class Recorder final : public DiskObserver {
 public:
  explicit Recorder(DiskObserver* next) : next_(next) {}
  Recorder(DiskObserver* next, int descriptor) : next_(next), descriptor_(descriptor) {}

  // FromRecord reads what a recorder appended to a descriptor.
  static std::vector<RecordedStep> FromRecord(ByteView record) {
    std::vector<RecordedStep> steps;
    WireReader reader(record);
    while (!reader.failed() && reader.remaining() > 0) {
      RecordedStep step;
      step.action = static_cast<DiskAction>(reader.U8());
      step.offset = reader.U64();
      step.path = ToString(reader.Raw(reader.U32()));
      step.target = ToString(reader.Raw(reader.U32()));
      step.bytes = ToBytes(reader.Raw(reader.U32()));
      // A record cut short is the step during which the process died.
      if (!reader.failed()) steps.push_back(std::move(step));
    }
    return steps;
  }

  // CountIn counts where `marker` ever stood in a file, also across the seam of two writes, or in
  // a name. A place written twice counts twice.
  static std::size_t CountIn(const std::vector<RecordedStep>& steps, std::string_view marker) {
    std::map<std::string, std::string> files;
    std::size_t count = 0;
    for (const RecordedStep& step : steps) {
      count += Occurrences(step.path, marker) + Occurrences(step.target, marker);
      std::string& file = files[step.path];
      if (step.action == DiskAction::kTruncate) file.resize(step.offset);
      if (step.action == DiskAction::kRename) {
        files[step.target] = file;
        files.erase(step.path);
      }
      if (step.action != DiskAction::kWrite) continue;
      const std::size_t end = step.offset + step.bytes.size();
      if (file.size() < end) file.resize(end);
      file.replace(step.offset, step.bytes.size(), AsText(step.bytes));
      const std::size_t reach = marker.size() - 1;
      const std::size_t from = step.offset > reach ? step.offset - reach : 0;
      count += Occurrences(std::string_view(file).substr(from, end + reach - from), marker);
    }
    return count;
  }

  DiskVerdict OnStep(const DiskStep& step) override {
    const DiskVerdict verdict = next_ == nullptr ? DiskVerdict::kProceed : next_->OnStep(step);
    if (verdict == DiskVerdict::kLose) return verdict;
    const std::lock_guard<std::mutex> lock(mutex_);
    RecordedStep recorded{step.action, std::string(step.path), step.offset, ToBytes(step.bytes),
                          std::string(step.target)};
    if (descriptor_ >= 0) {
      Append(recorded);
    } else {
      steps_.push_back(std::move(recorded));
    }
    return verdict;
  }

  // Search counts the marker in everything recorded in memory.
  std::size_t Search(std::string_view marker) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return CountIn(steps_, marker);
  }
  std::vector<RecordedStep> steps() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return steps_;
  }
  std::size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return steps_.size();
  }

 private:
  static std::size_t Occurrences(std::string_view text, std::string_view marker) {
    std::size_t count = 0;
    for (auto at = text.find(marker); at != text.npos; at = text.find(marker, at + 1)) ++count;
    return count;
  }

  void Append(const RecordedStep& step) {
    WireWriter writer;
    writer.U8(static_cast<std::uint8_t>(step.action)).U64(step.offset);
    writer.U32(static_cast<std::uint32_t>(step.path.size())).Text(step.path);
    writer.U32(static_cast<std::uint32_t>(step.target.size())).Text(step.target);
    writer.U32(static_cast<std::uint32_t>(step.bytes.size())).Raw(step.bytes);
    ByteView rest = writer.bytes();
    while (!rest.empty()) {
      const ssize_t put = ::write(descriptor_, rest.data(), rest.size());
      CHECK(put > 0);
      rest = rest.subspan(static_cast<std::size_t>(put));
    }
  }

  DiskObserver* next_;
  const int descriptor_ = -1;
  mutable std::mutex mutex_;
  std::vector<RecordedStep> steps_;
};

}  // namespace vault
