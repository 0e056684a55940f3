// Custodian: holds an erasure cell for one vault on another host, and does what that vault asks.
#pragma once

#include <chrono>
#include <memory>

#include "daemon/custody/channel.h"
#include "daemon/custody/messages.h"
#include "vault/keys/erasure_cell.h"

namespace service {

struct CustodianOptions {
  HostPort listen;
  Pin vault{};                                 // the one key that may ask
  std::chrono::milliseconds patience{10'000};  // for one whole connection
  HostMark host = ThisHost();
};

// Custodian.
//
// Invariants: nothing is answered to anybody but the pinned key; a record of another store than the
// one the cell holds is refused; a failed act is reported and not repeated.
// Threads: safe from any thread.
class Custodian {
 public:
  // Errors: kUnavailable the address cannot be listened on.
  static vault::Result<std::unique_ptr<Custodian>> Start(CustodianOptions options, Identity own,
                                                         std::unique_ptr<vault::ErasureCell> cell);
  ~Custodian();
  Custodian(const Custodian&) = delete;
  Custodian& operator=(const Custodian&) = delete;

  std::uint16_t port() const;
  // Stop ends what runs and waits for it.
  void Stop();

 private:
  struct State;
  explicit Custodian(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace service
