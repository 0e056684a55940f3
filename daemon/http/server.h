// Server: HTTPS for handlers that may block, safe from peers that do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/http/connection.h"
#include "daemon/http/limits.h"
#include "daemon/http/router.h"
#include "vault/base/clock.h"
#include "vault/base/result.h"

namespace service {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8443;  // 0: any free one
  std::string certificate_path;
  std::string key_path;
  const vault::SystemClock* clock = nullptr;  // for the Date header; outlives the server
  std::size_t threads = 64;                   // requests answered at once
  std::size_t connections = 1024;             // open at once
  AddressLimits per_address;
  Patience patience;
  Milliseconds stop_grace = std::chrono::seconds(30);   // for running requests at Stop
  std::size_t collected_bytes = std::size_t{64} << 20;  // of small bodies, all together
};

// Server.
//
// One front thread accepts, shakes hands and collects headers and small bodies without ever
// blocking; complete requests go to a bounded pool of workers.
// Threads: Stop from any thread; handlers run on the workers.
class Server {
 public:
  // Start listens and answers at once. The router outlives the server and no longer changes.
  // Errors: those of TlsListener::Open; kUnavailable no thread or descriptor is left.
  static vault::Result<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                      const Router& router);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;
  const RequestCounts& counts() const;

  // Stop takes no new requests, lets running ones finish (for stop_grace at most), closes all
  // connections and returns when every thread has ended.
  void Stop();

 private:
  class Front;
  explicit Server(std::unique_ptr<Front> front);
  std::unique_ptr<Front> front_;
};

}  // namespace service
