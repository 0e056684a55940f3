// MetricsListener: one page of text over plain HTTP, for a scraper on the same machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vault/base/clock.h"
#include "vault/base/result.h"

namespace service {

// IsLoopback says whether a host is a numeric address of this machine alone.
bool IsLoopback(std::string_view host);

struct MetricsPlace {
  std::string host;        // a loopback address
  std::uint16_t port = 0;  // 0: any free one
  const vault::SystemClock* clock = nullptr;
};

// MetricsListener answers GET /metrics, one peer after the other, and nothing else. A peer has two
// seconds for its request.
//
// Threads: its own, which makes the page; Stop from any thread.
class MetricsListener {
 public:
  using Page = std::function<vault::Result<std::string>()>;
  // Errors: kInvalid the host is not a loopback address: the page is neither encrypted nor asks who
  // reads it; kUnavailable the address is taken.
  static vault::Result<std::unique_ptr<MetricsListener>> Start(const MetricsPlace& place,
                                                               Page page);
  ~MetricsListener();  // stops
  MetricsListener(const MetricsListener&) = delete;
  MetricsListener& operator=(const MetricsListener&) = delete;
  std::uint16_t port() const;
  void Stop();

 private:
  struct State;
  explicit MetricsListener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace service
