// RequestCounts: how many answers went out, by the first digit of their status.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace service {

// RequestCounts.    Threads: safe from any thread.
class RequestCounts {
 public:
  void Answered(int status) {
    const int digit = status / 100;
    if (digit >= 1 && digit <= 5) ++by_digit_[static_cast<std::size_t>(digit)];
  }
  // BrokeOff counts an answer that began and could not be finished.
  void BrokeOff() { ++broken_; }
  std::uint64_t answered(int digit) const { return by_digit_[static_cast<std::size_t>(digit)]; }
  std::uint64_t broken() const { return broken_; }

 private:
  std::array<std::atomic<std::uint64_t>, 6> by_digit_ = {};
  std::atomic<std::uint64_t> broken_{0};
};

}  // namespace service
