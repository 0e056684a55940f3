#include "daemon/http/limits.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "vault/base/result.h"

namespace service {
namespace {
// Above this many groups, those at rest are forgotten.
constexpr std::size_t kTidyAbove = 4096;
}  // namespace

std::string AddressGroup(std::string_view numeric_address) {
  const std::string text(numeric_address.substr(0, numeric_address.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::string(numeric_address);
  std::array<char, INET6_ADDRSTRLEN> out{};
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    CHECK(inet_ntop(AF_INET, bytes.data() + 12, out.data(), out.size()) != nullptr);
    return out.data();
  }
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  CHECK(inet_ntop(AF_INET6, bytes.data(), out.data(), out.size()) != nullptr);
  return std::string(out.data()) + "/64";
}

void AddressLimiter::Refill(Entry& entry, SteadyTime now) const {
  const std::chrono::duration<double> passed = now - entry.refilled;
  entry.allowance = std::min(static_cast<double>(limits_.burst),
                             entry.allowance + passed.count() * limits_.requests_per_second);
  entry.refilled = now;
}

void AddressLimiter::Tidy(SteadyTime now) {
  if (entries_.size() < kTidyAbove) return;
  for (auto& [group, entry] : entries_) Refill(entry, now);
  std::erase_if(entries_, [&](const auto& item) {
    return item.second.connections == 0 &&
           item.second.allowance >= static_cast<double>(limits_.burst);
  });
}

bool AddressLimiter::Enter(const std::string& group, SteadyTime now) {
  Tidy(now);
  const auto [place, fresh] = entries_.try_emplace(group);
  if (fresh) place->second = {0, static_cast<double>(limits_.burst), now};
  if (place->second.connections >= limits_.connections) return false;
  ++place->second.connections;
  return true;
}

void AddressLimiter::Leave(const std::string& group) {
  const auto place = entries_.find(group);
  if (place != entries_.end() && place->second.connections > 0) --place->second.connections;
}

bool AddressLimiter::TakeRequest(const std::string& group, SteadyTime now) {
  const auto [place, fresh] = entries_.try_emplace(group);
  if (fresh) place->second = {0, static_cast<double>(limits_.burst), now};
  Refill(place->second, now);
  if (place->second.allowance < 1) return false;
  place->second.allowance -= 1;
  return true;
}

std::optional<std::chrono::seconds> FailureLimiter::Begin(const std::string& key, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= limits_.keys && !entries_.contains(key)) {
    std::erase_if(entries_, [&](const auto& item) { return item.second.ends <= now; });
    // Still full: whoever filled it is guessing. What ends soonest is given up.
    if (entries_.size() >= limits_.keys) {
      entries_.erase(std::min_element(
          entries_.begin(), entries_.end(),
          [](const auto& a, const auto& b) { return a.second.ends < b.second.ends; }));
    }
  }
  Entry& entry = entries_[key];
  if (entry.failures == 0 || entry.ends <= now) entry = {0, now + limits_.window};
  if (entry.failures >= limits_.failures) {
    return std::max(std::chrono::ceil<std::chrono::seconds>(entry.ends - now),
                    std::chrono::seconds(1));
  }
  ++entry.failures;
  return std::nullopt;
}

void FailureLimiter::Succeeded(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto place = entries_.find(key);
  if (place == entries_.end()) return;
  if (place->second.failures > 0) --place->second.failures;
  if (place->second.failures == 0) entries_.erase(place);
}

}  // namespace service
