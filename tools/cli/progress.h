// Progress: a bar on standard error for work that takes longer than a second.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tools {

// ProgressBar draws how many of the bytes are done. It stays silent when no person watches, and in
// the first second.
class ProgressBar {
 public:
  // Milliseconds that only go forward.
  using Ticks = std::function<std::int64_t()>;

  ProgressBar(int descriptor, Ticks ticks);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Expect(std::optional<std::uint64_t> total) { total_ = total; }
  void Advance(std::uint64_t bytes);

 private:
  int descriptor_;
  Ticks ticks_;
  bool watched_;
  bool drawn_ = false;
  std::int64_t started_;
  std::int64_t last_;
  std::uint64_t done_ = 0;
  std::optional<std::uint64_t> total_;
};

// ProgressLine is the text of the bar: "[#####               ]  25 %  1.5 MB of 6.0 MB".
std::string ProgressLine(std::uint64_t done, std::optional<std::uint64_t> total);
// SteadyTicks reads the machine's steady clock.
std::int64_t SteadyTicks();

}  // namespace tools
