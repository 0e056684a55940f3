#include "daemon/http/connection.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "daemon/http/chunked.h"
#include "daemon/http/problem.h"
#include "vault/base/log.h"

namespace service {
namespace {

constexpr std::size_t kInputSize = std::size_t{16} << 10;  // one TLS record
constexpr std::size_t kOutputSize = std::size_t{256} << 10;
constexpr std::uint64_t kMostDrained = std::uint64_t{64} << 10;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// RateWatch counts how long we waited for a peer and what it moved meanwhile. Our own slowness (a
// disk, a handler) is not held against anybody.
class RateWatch {
 public:
  explicit RateWatch(const Patience& patience) : patience_(patience) {}

  void Moved(std::size_t bytes) { moved_ += bytes; }
  // Wait waits until the stream is ready for what `io` wants. False: the peer is too slow.
  bool Wait(const TlsStream& stream, Io io) {
    while (true) {
      pollfd wanted{stream.descriptor(),
                    static_cast<short>(io.state == IoState::kWantWrite ? POLLOUT : POLLIN), 0};
      const auto left = patience_.rate_window - std::chrono::floor<Milliseconds>(waited_);
      const auto before = std::chrono::steady_clock::now();
      const int ready =
          ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 1)));
      waited_ += std::chrono::steady_clock::now() - before;
      if (ready < 0 && errno != EINTR) return false;
      if (waited_ >= patience_.rate_window) {
        const auto least = patience_.least_bytes_per_second *
                           static_cast<std::uint64_t>(patience_.rate_window.count()) / 1000;
        if (moved_ < least) return false;
        waited_ = {};
        moved_ = 0;
      }
      if (ready > 0) return true;
    }
  }

 private:
  const Patience& patience_;
  std::chrono::steady_clock::duration waited_{};
  std::uint64_t moved_ = 0;
};

bool Wants(Io io) { return io.state == IoState::kWantRead || io.state == IoState::kWantWrite; }

// Refusals have no kind of their own among the errors.
Response RefusalResponse(const Refusal& refusal) {
  const bool later = refusal.status == 408 || refusal.status == 429 || refusal.status >= 500;
  Response response = ProblemWithStatus(
      refusal.status, later ? vault::Errc::kUnavailable : vault::Errc::kInvalid, refusal.detail);
  if (refusal.status == 429 || refusal.status == 503) response.Add("Retry-After", "1");
  return response;
}

}  // namespace

// StreamBody is the body of a running request, as it comes off the connection.
class Connection::StreamBody : public BodyReader {
 public:
  StreamBody(Connection& connection, const RequestHead& head, std::uint64_t limit)
      : connection_(connection),
        watch_(connection.facts_.patience),
        framing_(head.framing),
        left_(head.framing == Framing::kLength ? head.length : limit),
        continue_(head.expects_continue) {}

  vault::Result<std::size_t> Read(vault::MutableByteView out) override {
    if (fault_.has_value()) return Broken();
    if (done() || out.empty()) return std::size_t{0};
    if (continue_ && connection_.Input().empty()) {
      continue_ = false;
      if (!connection_.WriteAll(vault::AsBytes(kContinue))) {
        return Fail({400, "the connection broke off"});
      }
    }
    return framing_ == Framing::kLength ? ReadLength(out) : ReadChunked(out);
  }

  bool done() const {
    if (framing_ == Framing::kNone) return true;
    return framing_ == Framing::kLength ? left_ == 0 : chunks_.done();
  }
  const std::optional<Refusal>& fault() const { return fault_; }
  // Ending says how the connection can go on behind what the handler left unread.
  Ending AfterAnswer() const {
    if (fault_.has_value()) return {true, 0};
    if (done()) return {false, 0};
    // A peer that waits for our word may send the body or not: there is no telling what is next.
    if (continue_ || framing_ != Framing::kLength || left_ > kMostDrained) return {true, 0};
    return {false, left_};
  }

 private:
  vault::Error Fail(const Refusal& refusal) {
    fault_ = refusal;
    return Broken();
  }
  vault::Error Broken() const { return vault::Invalid(std::string(fault_->detail)); }

  // Pull reads off the stream, waiting as long as the peer keeps up. Nothing: there is a fault.
  std::optional<std::size_t> Pull(vault::MutableByteView out) {
    while (true) {
      const Io io = connection_.stream_->Read(out);
      if (io.state == IoState::kDone) {
        watch_.Moved(io.bytes);
        return io.bytes;
      }
      if (!Wants(io)) {
        fault_ = Refusal{400, "the body broke off"};
        return std::nullopt;
      }
      if (!watch_.Wait(*connection_.stream_, io)) {
        fault_ = Refusal{408, "the body came too slowly"};
        return std::nullopt;
      }
    }
  }

  vault::Result<std::size_t> ReadLength(vault::MutableByteView out) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    std::size_t n = std::min(most, connection_.Input().size());
    if (n != 0) {
      std::memcpy(out.data(), connection_.Input().data(), n);
      connection_.begin_ += n;
    } else {
      const auto pulled = Pull(out.first(most));
      if (!pulled.has_value()) return Broken();
      n = *pulled;
    }
    left_ -= n;
    return n;
  }

  vault::Result<std::size_t> ReadChunked(vault::MutableByteView out) {
    while (true) {
      if (connection_.Input().empty()) {
        connection_.begin_ = connection_.end_ = 0;
        const auto pulled = Pull(connection_.input_.mutable_view());
        if (!pulled.has_value()) return Broken();
        connection_.end_ = *pulled;
      }
      auto step = chunks_.Decode(connection_.Input(), out);
      if (!step.ok()) return Fail({400, "the chunked coding is malformed"});
      connection_.begin_ += step.value().taken;
      const std::size_t given = step.value().given;
      // left_ counts down what the route allows.
      if (given > left_) return Fail({413, "the body is larger than this route takes"});
      left_ -= given;
      if (given != 0 || chunks_.done()) return given;
    }
  }

  Connection& connection_;
  RateWatch watch_;
  Framing framing_;
  std::uint64_t left_;
  bool continue_;
  ChunkDecoder chunks_;
  std::optional<Refusal> fault_;
};

Connection::Connection(Origin origin, const ConnectionFacts& facts, SteadyTime now)
    : stream_(std::move(origin.stream)),
      peer_(std::move(origin.peer)),
      group_(std::move(origin.group)),
      facts_(facts),
      deadline_(now + facts.patience.handshake),
      input_(kInputSize) {}

Io Connection::FillInput() {
  begin_ = end_ = 0;
  const Io io = stream_->Read(input_.mutable_view());
  if (io.state == IoState::kDone) end_ = io.bytes;
  return io;
}

void Connection::AwaitRequest(SteadyTime now) {
  state_ = State::kHeader;
  parser_.Reset();
  head_.reset();
  route_ = nullptr;
  captures_.clear();
  decided_.reset();
  small_body_ = vault::Plaintext();
  deadline_ = now + facts_.patience.idle;
}

Connection::Next Connection::Advance(SteadyTime now) {
  while (true) {
    switch (state_) {
      case State::kHandshake: {
        const Io io = stream_->Handshake();
        if (io.state == IoState::kWantRead) return Next::kWaitRead;
        if (io.state == IoState::kWantWrite) return Next::kWaitWrite;
        if (io.state != IoState::kDone) return Next::kClose;
        AwaitRequest(now);
        continue;
      }
      case State::kHeader:
      case State::kSmallBody:
      case State::kDrain:
        break;
      case State::kLinger: {
        const Io io = stream_->Discard();
        if (io.state == IoState::kDone) continue;
        return io.state == IoState::kWantRead ? Next::kWaitRead : Next::kClose;
      }
      case State::kOver:
        return Next::kClose;
    }
    if (state_ == State::kDrain && drain_ == 0) AwaitRequest(now);
    // Bytes that came behind the last request are the next one, before the socket is asked.
    const bool body_complete = state_ == State::kSmallBody && small_body_.size() == head_->length;
    if (Input().empty() && !body_complete) {
      const Io io = FillInput();
      if (io.state == IoState::kWantRead) return Next::kWaitRead;
      if (io.state == IoState::kWantWrite) return Next::kWaitWrite;
      if (io.state != IoState::kDone) {
        // Between requests that is how a connection ends; inside one it broke off.
        if (state_ == State::kSmallBody && io.state == IoState::kEnd) {
          return Refuse({400, "the body broke off"}, now);
        }
        return Next::kClose;
      }
    }
    const State before = state_;
    Next step = Next::kWaitRead;
    if (before == State::kHeader) {
      step = AdvanceHeader(now);
    } else if (before == State::kSmallBody) {
      step = AdvanceSmallBody();
    } else {
      step = AdvanceDrain(now);
    }
    if (step != Next::kWaitRead) return step;
  }
}

Connection::Next Connection::AdvanceHeader(SteadyTime now) {
  // The clock of a header starts with its first byte and is never put back.
  if (!parser_.started()) deadline_ = now + facts_.patience.header;
  begin_ += parser_.Feed(Input());
  if (parser_.refusal().has_value()) return Refuse(*parser_.refusal(), now);
  if (!parser_.head().has_value()) return Next::kWaitRead;
  head_ = parser_.TakeHead();
  return Direct(now);
}

Connection::Next Connection::Direct(SteadyTime now) {
  const auto decide = [this](Response response) {
    decided_ = std::move(response);
    return Next::kServe;
  };
  if (!facts_.limiter->TakeRequest(group_, now)) {
    return decide(RefusalResponse({429, "too many requests from this address"}));
  }
  auto outcome = facts_.router->Find(head_->method, head_->segments);
  if (std::holds_alternative<Router::NoSuchPath>(outcome)) {
    return decide(Problem(vault::NotFound("there is nothing at this path")));
  }
  if (const auto* others = std::get_if<Router::OtherMethods>(&outcome)) {
    return decide(
        RefusalResponse({405, "the path does not take this method"}).Add("Allow", others->allow));
  }
  auto& match = std::get<Router::Match>(outcome);
  route_ = match.route;
  captures_ = std::move(match.captures);

  const BodyRule& rule = route_->body;
  if (head_->framing == Framing::kLength && head_->length > rule.limit) {
    return decide(RefusalResponse({413, "the body is larger than this route takes"}));
  }
  if (head_->framing == Framing::kChunked) {
    if (rule.kind == BodyRule::Kind::kSmall) {
      return decide(RefusalResponse({411, "this route needs the length of the body"}));
    }
    if (rule.kind == BodyRule::Kind::kNone) {
      return decide(RefusalResponse({413, "this route takes no body"}));
    }
  }
  if (rule.kind != BodyRule::Kind::kSmall || head_->framing == Framing::kNone) return Next::kServe;
  if (head_->expects_continue && Input().empty()) {
    const Io io = stream_->Write(vault::AsBytes(kContinue));
    if (io.state != IoState::kDone || io.bytes != kContinue.size()) return Next::kClose;
  }
  // From here the body is ours to collect, so nobody waits for our word any more.
  head_->expects_continue = false;
  state_ = State::kSmallBody;
  deadline_ = now + facts_.patience.small_body;
  return Next::kWaitRead;
}

Connection::Next Connection::AdvanceSmallBody() {
  const std::uint64_t left = head_->length - small_body_.size();
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left, Input().size()));
  small_body_.Append(Input().first(n));
  begin_ += n;
  return n == left ? Next::kServe : Next::kWaitRead;
}

Connection::Next Connection::AdvanceDrain(SteadyTime now) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(drain_, Input().size()));
  begin_ += n;
  drain_ -= n;
  if (drain_ == 0) AwaitRequest(now);
  return Next::kWaitRead;
}

Connection::Next Connection::Expire(SteadyTime now) {
  if (state_ == State::kHeader && parser_.started()) {
    return Refuse({408, "the header came too slowly"}, now);
  }
  if (state_ == State::kSmallBody) return Refuse({408, "the body came too slowly"}, now);
  if (state_ == State::kLinger) stream_->Reset();
  return Next::kClose;
}

Connection::Next Connection::Refuse(const Refusal& refusal, SteadyTime now) {
  Response response = RefusalResponse(refusal);
  facts_.counts->Answered(response.status());
  const std::string date = HttpDate(facts_.clock->Realtime());
  std::string text = ResponseHead(response, {date, true, false});
  text += response.whole()->text();
  // It fits a fresh socket buffer; a peer that left no room for it does not get it.
  const Io io = stream_->Write(vault::AsBytes(text));
  if (io.state != IoState::kDone || io.bytes != text.size()) {
    stream_->Reset();
    return Next::kClose;
  }
  return Linger(now);
}

Connection::Next Connection::Linger(SteadyTime now) {
  // Closing while the peer still sends would reset the connection and could destroy our answer on
  // its way. So we end our half and let the peer's bytes fall into a pit for a moment.
  stream_->Finish();
  state_ = State::kLinger;
  small_body_ = vault::Plaintext();
  begin_ = end_ = 0;
  deadline_ = now + facts_.patience.linger;
  return Next::kWaitRead;
}

vault::Result<Response> Connection::Answer(BodyReader& body) {
  if (decided_.has_value()) return *std::exchange(decided_, std::nullopt);
  Request request;
  request.method = head_->method;
  request.path = std::move(head_->path);
  request.captures = std::move(captures_);
  request.query = std::move(head_->query);
  request.headers = std::move(head_->headers);
  request.peer = peer_;
  request.body = &body;
  // Our own code does not throw; memory can run out anywhere, and one request must not end all.
  try {
    return route_->handler(request);
  } catch (const std::exception&) {
    vault::Log(vault::LogLevel::kError, "a handler was left by an exception");
    return vault::Unavailable("the request could not be carried out");
  }
}

void Connection::Serve() {
  const bool collected = state_ == State::kSmallBody;
  StreamBody streamed(*this, *head_, route_ == nullptr ? 0 : route_->body.limit);
  MemoryBody memory(std::exchange(small_body_, vault::Plaintext()));
  auto result = Answer(collected ? static_cast<BodyReader&>(memory) : streamed);

  Ending ending = collected ? Ending{} : streamed.AfterAnswer();
  if (!collected && streamed.fault().has_value()) {
    // Whatever the handler made of it: the peer did not send the request that it announced.
    result = RefusalResponse(*streamed.fault());
  }
  if (!result.ok() && result.error().code == vault::Errc::kCorrupt) {
    vault::LogError("a request met stored bytes that fail their check", result.error());
  }
  ending.close = ending.close || head_->close || facts_.stopping->load();
  Send(result.ok() ? std::move(result).value() : Problem(result.error()), ending);
}

bool Connection::WriteAll(vault::ByteView bytes) {
  RateWatch watch(facts_.patience);
  while (!bytes.empty()) {
    const Io io = stream_->Write(bytes);
    if (io.state == IoState::kDone) {
      watch.Moved(io.bytes);
      bytes = bytes.subspan(io.bytes);
    } else if (!Wants(io) || !watch.Wait(*stream_, io)) {
      return false;
    }
  }
  return true;
}

void Connection::Send(Response response, const Ending& ending) {
  facts_.counts->Answered(response.status());
  const bool head_only = head_->method == Method::kHead;
  const std::string date = HttpDate(facts_.clock->Realtime());
  std::string text = ResponseHead(response, {date, ending.close, head_only});
  bool sent = false;
  if (Response::Stream* stream = response.stream(); stream != nullptr) {
    sent = WriteAll(vault::AsBytes(text)) && (head_only || SendBody(*stream));
  } else if (head_only || response.whole()->size() > kInputSize) {
    sent = WriteAll(vault::AsBytes(text)) && (head_only || WriteAll(response.whole()->view()));
  } else {
    // One record for a small answer.
    vault::Plaintext all = vault::Plaintext::CopyOf(vault::AsBytes(text));
    all.Append(response.whole()->view());
    sent = WriteAll(all.view());
  }

  const SteadyTime now = std::chrono::steady_clock::now();
  if (!sent) {
    facts_.counts->BrokeOff();
    stream_->Reset();
    state_ = State::kOver;
  } else if (ending.close) {
    Linger(now);
  } else {
    state_ = State::kDrain;
    drain_ = ending.drain;
    deadline_ = now + facts_.patience.idle;
  }
}

bool Connection::SendBody(Response::Stream& source) {
  // Room for a chunk's size before the content and its line end behind it.
  constexpr std::size_t kFrame = 16;
  vault::Plaintext buffer(kFrame + kOutputSize + kFrame);
  const vault::MutableByteView content = buffer.mutable_view().subspan(kFrame, kOutputSize);
  const bool chunked = !source.length.has_value();
  std::uint64_t left = source.length.value_or(0);
  bool over = false;
  while (!over) {
    std::size_t filled = 0;
    while (!over && filled < content.size()) {
      const auto n = source.source->Read(content.subspan(filled));
      if (!n.ok()) {
        vault::LogError("an answer broke off", n.error());
        return false;
      }
      over = n.value() == 0;
      filled += n.value();
    }
    if (!chunked) {
      if (!over && filled == left) {
        // The last bytes go out only after the source said that it ended well: a client that
        // counts to the announced length would never see a failure behind them.
        const auto n = source.source->Read(buffer.mutable_view().last(kFrame));
        over = n.ok() && n.value() == 0;
        if (!n.ok()) vault::LogError("an answer broke off", n.error());
        if (!over) return false;
      }
      if (filled > left || (over && filled != left)) {
        vault::Log(vault::LogLevel::kError, "an answer was not as long as announced");
        return false;
      }
      left -= filled;
      if (!WriteAll(content.first(filled))) return false;
      continue;
    }
    vault::MutableByteView frame = buffer.mutable_view();
    std::size_t begin = kFrame;
    std::size_t end = kFrame + filled;
    if (filled != 0) {
      const std::string tail = "\r\n";
      std::string size;
      for (std::size_t rest = filled; rest != 0; rest >>= 4) {
        size.insert(size.begin(), "0123456789abcdef"[rest & 15]);
      }
      size += "\r\n";
      begin -= size.size();
      std::memcpy(frame.data() + begin, size.data(), size.size());
      std::memcpy(frame.data() + end, tail.data(), tail.size());
      end += tail.size();
    }
    if (over) {
      constexpr std::string_view kLast = "0\r\n\r\n";
      std::memcpy(frame.data() + end, kLast.data(), kLast.size());
      end += kLast.size();
    }
    if (!WriteAll(frame.subspan(begin, end - begin))) return false;
  }
  return true;
}

}  // namespace service
