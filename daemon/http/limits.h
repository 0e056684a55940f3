// Limits: how much one address may ask for, and how often somebody may guess.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace service {

using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

// AddressGroup is what one party can be assumed to hold: an IPv4 address, or an IPv6 /64. An
// address that is none stands for itself.
std::string AddressGroup(std::string_view numeric_address);

struct AddressLimits {
  std::size_t connections = 64;  // open at once
  std::size_t burst = 200;       // requests at once
  double requests_per_second = 50;
};

// AddressLimiter counts connections and requests by address group.    Threads: one.
class AddressLimiter {
 public:
  explicit AddressLimiter(AddressLimits limits) : limits_(limits) {}

  // Enter counts a connection. False: the group has all it may have, nothing is counted.
  bool Enter(const std::string& group, SteadyTime now);
  void Leave(const std::string& group);
  // TakeRequest takes one request out of the group's allowance. False: there is none left.
  bool TakeRequest(const std::string& group, SteadyTime now);

 private:
  struct Entry {
    std::size_t connections = 0;
    double allowance = 0;
    SteadyTime refilled;
  };
  void Refill(Entry& entry, SteadyTime now) const;
  void Tidy(SteadyTime now);

  AddressLimits limits_;
  std::map<std::string, Entry> entries_;
};

struct FailureLimits {
  std::size_t failures = 10;
  std::chrono::seconds window = std::chrono::minutes(15);
  std::size_t keys = 100'000;  // remembered at once
};

// FailureLimiter counts failures by key: an address, an account, or both joined by the caller.
//
// A try is counted as failed when it begins and taken back when it succeeds, so that many tries at
// once cannot pass together before the first has failed.    Threads: safe from any thread.
class FailureLimiter {
 public:
  explicit FailureLimiter(FailureLimits limits) : limits_(limits) {}

  // Begin counts a try, or says how long to wait (at least a second) and counts nothing.
  std::optional<std::chrono::seconds> Begin(const std::string& key, SteadyTime now);
  // Succeeded takes back one try that Begin counted.
  void Succeeded(const std::string& key);

 private:
  struct Entry {
    std::size_t failures = 0;
    SteadyTime ends;  // the window begins with its first failure
  };
  FailureLimits limits_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace service
