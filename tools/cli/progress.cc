#include "tools/cli/progress.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "tools/cli/console.h"

namespace tools {
namespace {

constexpr std::int64_t kQuietMilliseconds = 1000;
constexpr std::int64_t kRedrawMilliseconds = 200;

std::string Amount(std::uint64_t bytes) {
  const char* const units[] = {"bytes", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) return std::to_string(bytes) + " bytes";
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 999.95 && unit < 4) {
    amount /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", amount, units[unit]);
  return text;
}

}  // namespace

ProgressBar::ProgressBar(int descriptor, Ticks ticks)
    : descriptor_(descriptor),
      ticks_(std::move(ticks)),
      watched_(IsTerminal(descriptor)),
      started_(ticks_()),
      last_(started_) {}

ProgressBar::~ProgressBar() {
  if (drawn_) Say(descriptor_, "");
}

void ProgressBar::Advance(std::uint64_t bytes) {
  done_ += bytes;
  if (!watched_) return;
  const std::int64_t now = ticks_();
  if (now - started_ < kQuietMilliseconds || (drawn_ && now - last_ < kRedrawMilliseconds)) return;
  last_ = now;
  const std::string line = "\r" + ProgressLine(done_, total_) + "\x1b[K";
  drawn_ = WriteAll(descriptor_, vault::AsBytes(line)).ok() || drawn_;
}

std::string ProgressLine(std::uint64_t done, std::optional<std::uint64_t> total) {
  if (!total || *total == 0) return Amount(done);
  constexpr std::uint64_t kWidth = 20;
  const double share = done >= *total ? 1 : static_cast<double>(done) / static_cast<double>(*total);
  const auto filled = static_cast<std::size_t>(share * kWidth);
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3d %%", static_cast<int>(share * 100));
  return "[" + std::string(filled, '#') + std::string(kWidth - filled, ' ') + "] " + percent +
         "  " + Amount(done) + " of " + Amount(*total);
}

std::int64_t SteadyTicks() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace tools
