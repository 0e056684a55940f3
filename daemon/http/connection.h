// Connection: one peer, from its handshake to its end.
//
// A connection is with the server's front thread while it waits for a request, and with a worker
// while a request is answered; never with both. The front never blocks and collects headers and
// small bodies, so that a slow peer costs memory, not a thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http/limits.h"
#include "daemon/http/message.h"
#include "daemon/http/parser.h"
#include "daemon/http/request_counts.h"
#include "daemon/http/router.h"
#include "daemon/http/tls_stream.h"
#include "vault/base/clock.h"
#include "vault/base/wiped.h"

namespace service {

// Patience is how long a peer may take.
struct Patience {
  Milliseconds handshake = std::chrono::seconds(10);
  Milliseconds header = std::chrono::seconds(10);      // from its first byte to its last
  Milliseconds small_body = std::chrono::seconds(30);  // from the end of the header
  Milliseconds idle = std::chrono::seconds(3);         // between two requests
  Milliseconds linger = std::chrono::seconds(1);       // after our last byte
  // While a streamed body is on its way, in either direction, each window of waiting must move at
  // least this much.
  Milliseconds rate_window = std::chrono::seconds(30);
  std::uint64_t least_bytes_per_second = 1024;
};

// ConnectionFacts is what all connections of a server share.
struct ConnectionFacts {
  const Router* router = nullptr;
  const vault::SystemClock* clock = nullptr;
  Patience patience;
  AddressLimiter* limiter = nullptr;  // of the front thread
  std::atomic<bool>* stopping = nullptr;
  RequestCounts* counts = nullptr;
};

class Connection {
 public:
  struct Origin {
    std::unique_ptr<TlsStream> stream;
    std::string peer;
    std::string group;
  };
  Connection(Origin origin, const ConnectionFacts& facts, SteadyTime now);

  // Next is what the front does with the connection.
  enum class Next : std::uint8_t {
    kWaitRead,
    kWaitWrite,
    kServe,  // give it to a worker
    kClose,
  };
  // Advance goes on as far as it can without waiting.    Threads: front.
  Next Advance(SteadyTime now);
  // Expire is called when the deadline has passed.    Threads: front.
  Next Expire(SteadyTime now);
  // Refuse answers from the front and closes.    Threads: front.
  Next Refuse(const Refusal& refusal, SteadyTime now);
  SteadyTime deadline() const { return deadline_; }
  // held is the memory that a body takes which the front collects.
  std::size_t held() const { return small_body_.size(); }
  // lingers: the answer is sent, the end of the peer is awaited.
  bool lingers() const { return state_ == State::kLinger; }

  // Serve answers the request that is ready.    Threads: one worker.
  void Serve();

  void Interrupt() { stream_->Interrupt(); }
  int descriptor() const { return stream_->descriptor(); }
  const std::string& group() const { return group_; }

 private:
  enum class State : std::uint8_t { kHandshake, kHeader, kSmallBody, kDrain, kLinger, kOver };
  class StreamBody;

  vault::ByteView Input() const { return input_.view().subspan(begin_, end_ - begin_); }
  // FillInput reads once into the buffer, which is empty.
  Io FillInput();
  Next AdvanceHeader(SteadyTime now);
  Next AdvanceSmallBody();
  Next AdvanceDrain(SteadyTime now);
  // Direct finds what answers the request, or decides the answer itself.
  Next Direct(SteadyTime now);
  void AwaitRequest(SteadyTime now);
  Next Linger(SteadyTime now);

  // The worker's side.
  vault::Result<Response> Answer(BodyReader& body);
  struct Ending {
    bool close = false;
    std::uint64_t drain = 0;
  };
  void Send(Response response, const Ending& ending);
  // SendBody gives false when the connection must be reset.
  bool SendBody(Response::Stream& source);
  bool WriteAll(vault::ByteView bytes);

  std::unique_ptr<TlsStream> stream_;
  std::string peer_;
  std::string group_;
  const ConnectionFacts& facts_;
  State state_ = State::kHandshake;
  SteadyTime deadline_;

  vault::Plaintext input_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  RequestParser parser_;
  std::optional<RequestHead> head_;
  const Route* route_ = nullptr;
  std::vector<NamedValue> captures_;
  std::optional<Response> decided_;  // an answer that needs no handler
  vault::Plaintext small_body_;
  std::uint64_t drain_ = 0;
};

}  // namespace service
