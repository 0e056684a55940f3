// Stopwatch: what a piece of work costs, for the bench programs.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

namespace vault {

// Cost is time by the clock and time of the processor (user and system), in seconds.
struct Cost {
  double wall = 0;
  double cpu = 0;
};

// Stopwatch starts when it is made.    Threads: the processor time is that of the whole process.
class Stopwatch {
 public:
  Stopwatch() : wall_(std::chrono::steady_clock::now()), cpu_(Cpu()) {}
  Cost Read() const {
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - wall_;
    return {wall.count(), Cpu() - cpu_};
  }

 private:
  static double Cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  std::chrono::steady_clock::time_point wall_;
  double cpu_;
};

// Median of several turns, wall and processor time each by itself.
inline Cost MedianOf(std::vector<Cost> turns) {
  const auto middle = [&turns](auto member) {
    std::sort(turns.begin(), turns.end(),
              [&](const Cost& a, const Cost& b) { return a.*member < b.*member; });
    return turns[turns.size() / 2].*member;
  };
  return {middle(&Cost::wall), middle(&Cost::cpu)};
}

// PeakMemory is the most memory this process ever held, in bytes.
inline std::size_t PeakMemory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

// Json writes one flat object of numbers, which is all that the bench script reads.
class Json {
 public:
  void Add(const std::string& name, double value) {
    text_ += (text_.empty() ? "{\"" : ",\"") + name + "\":" + std::to_string(value);
  }
  void Add(const std::string& name, const Cost& cost) {
    Add(name + "_wall_ms", cost.wall * 1e3);
    Add(name + "_cpu_ms", cost.cpu * 1e3);
  }
  std::string Text() const { return text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace vault
