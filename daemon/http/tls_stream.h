// TlsStream: sockets that speak TLS 1.3 and never block. The only place that knows Poco's sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace service {

// Io is what one step on a stream came to.
enum class IoState : std::uint8_t {
  kDone,       // bytes were moved, or the handshake is complete
  kWantRead,   // wait until the socket can be read
  kWantWrite,  // wait until it can be written
  kEnd,        // the other end has closed its half
  kFailed,     // the stream is of no further use
};
struct Io {
  IoState state = IoState::kFailed;
  std::size_t bytes = 0;
};

// TlsStream is one accepted connection.
//
// Threads: one at a time; only Interrupt may come from another. The descriptor stays open until
//          the stream goes, so Interrupt can never hit a descriptor that was given out again.
class TlsStream {
 public:
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Io Handshake();
  Io Read(vault::MutableByteView out);
  // Write may take less than all. After kWantWrite the next call brings the same bytes.
  Io Write(vault::ByteView bytes);

  // Finish ends our half cleanly: TLS says that nothing was cut off. Then only Discard is left.
  void Finish();
  // Discard reads and forgets what the other end still sends.
  Io Discard();
  // Reset ends the stream so that the other end can tell: no closing message, a TCP reset.
  void Reset();
  // Interrupt makes whoever waits for the stream wake up and fail.
  void Interrupt();

  int descriptor() const;

 private:
  friend class TlsListener;
  struct Sockets;
  explicit TlsStream(std::unique_ptr<Sockets> sockets);
  std::unique_ptr<Sockets> sockets_;
};

struct ListenFacts {
  std::string host;  // numeric, or a name
  std::uint16_t port = 0;
  std::string certificate_path;  // PEM, the chain after it
  std::string key_path;          // PEM, unencrypted, any kind
};

// TlsListener accepts connections.    Threads: one.
class TlsListener {
 public:
  // Open listens. Errors: kInvalid certificate and key cannot be read or do not belong together, or
  // the host is not known; kUnavailable the address is taken or may not be used.
  static vault::Result<std::unique_ptr<TlsListener>> Open(const ListenFacts& facts);
  ~TlsListener();
  TlsListener(const TlsListener&) = delete;
  TlsListener& operator=(const TlsListener&) = delete;

  struct Accepted {
    std::unique_ptr<TlsStream> stream;
    std::string peer;  // numeric address
  };
  // Accept gives a waiting connection, before its handshake; nothing when none waits.
  // Errors: kUnavailable there are no descriptors or no memory left; try again later.
  vault::Result<std::optional<Accepted>> Accept();

  std::uint16_t port() const;
  int descriptor() const;

 private:
  struct Sockets;
  explicit TlsListener(std::unique_ptr<Sockets> sockets);
  std::unique_ptr<Sockets> sockets_;
};

}  // namespace service
