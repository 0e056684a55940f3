// Channel: one TLS 1.3 connection between two hosts that know each other's keys.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/custody/identity.h"
#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/crypto/secret.h"

namespace service {

// HostPort is where somebody listens.
struct HostPort {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
};
// ParseHostPort reads "HOST:PORT" or "[ADDRESS]:PORT". Errors: kInvalid.
vault::Result<HostPort> ParseHostPort(std::string_view text);

// Socket owns a connected or listening socket.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();
  int get() const { return descriptor_; }

  // Listen takes the first address of the host. Port 0: any free one. Errors: kUnavailable.
  static vault::Result<Socket> Listen(const HostPort& place);
  std::uint16_t port() const;

 private:
  int descriptor_ = -1;
};

using Deadline = std::chrono::steady_clock::time_point;

// Channel carries frames: u32 length | bytes, at most kMostFrame. TLS 1.3 only, keys of each
// session fresh (ECDHE), no tickets, no resumption; the other end proves the key of the pin, both
// ways.
//
// Errors of all: kUnavailable whatever happens: refused, cut off, too slow, or not the pinned key.
// Threads: one at a time.
class Channel {
 public:
  static constexpr std::size_t kMostFrame = 4096;

  static vault::Result<std::unique_ptr<Channel>> Connect(const HostPort& place, const Identity& own,
                                                         const Pin& other, Deadline deadline);
  // Accept answers on a connection that somebody opened.
  static vault::Result<std::unique_ptr<Channel>> Accept(Socket socket, const Identity& own,
                                                        const Pin& other, Deadline deadline);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  vault::Status Send(vault::ByteView frame, Deadline deadline);
  vault::Result<vault::SecretBytes> Receive(Deadline deadline);

 private:
  enum class Side : std::uint8_t { kClient, kServer };
  struct State;
  explicit Channel(std::unique_ptr<State> state);
  static vault::Result<std::unique_ptr<Channel>> Start(Socket socket, const Identity& own,
                                                       const Pin& other, Side side,
                                                       Deadline deadline);
  std::unique_ptr<State> state_;
};

}  // namespace service
