#include "daemon/custody/channel.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <utility>

#include "daemon/custody/tls_objects.h"
#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/digest.h"

namespace service {

using vault::Result;
using vault::Status;

namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> Resolve(const HostPort& place, int flags) {
  addrinfo wish{};
  wish.ai_family = AF_UNSPEC;
  wish.ai_socktype = SOCK_STREAM;
  wish.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string port = std::to_string(place.port);
  if (::getaddrinfo(place.host.c_str(), port.c_str(), &wish, &list) != 0) {
    return vault::Unavailable("the host's name has no address");
  }
  return Addresses(list);
}

// Await waits until the socket is ready or the deadline has come.
Status Await(int socket, short events, Deadline deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return vault::Unavailable("the other host is too slow");
    pollfd wait{socket, events, 0};
    const int ready =
        ::poll(&wait, 1,
               static_cast<int>(std::min<std::int64_t>(left.count() + 1, std::int64_t{3'600'000})));
    if (ready > 0) return vault::Ok();
    if (ready < 0 && errno != EINTR) return vault::Unavailable("a socket cannot be waited for");
  }
}

Result<Socket> ConnectTo(const addrinfo& address, Deadline deadline) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return vault::Unavailable("a socket cannot be made");
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return vault::Unavailable("the other host cannot be reached");
    TRY_VOID(Await(socket.get(), POLLOUT, deadline));
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
      return vault::Unavailable("the other host cannot be reached");
    }
  }
  return socket;
}

// Accepts exactly the pinned key. What a certificate says of names, dates and signers is nothing to
// us: the pin was carried from host to host by a person.
int CheckPin(X509_STORE_CTX* context, void* wanted) {
  const X509* certificate = X509_STORE_CTX_get0_cert(context);
  if (certificate == nullptr) return 0;
  const auto pin = PinOf(certificate);
  if (pin.ok() && vault::EqualConstantTime(pin.value(), *static_cast<const Pin*>(wanted))) return 1;
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

Result<HostPort> ParseHostPort(std::string_view text) {
  const vault::Error bad = vault::Invalid("a host and port are written HOST:PORT");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad;
  std::string_view host = text.substr(0, colon);
  const auto port = vault::ParseDecimal(text.substr(colon + 1));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad;
  }
  if (host.empty() || !port.ok() || port.value() > 65535) return bad;
  return HostPort{std::string(host), static_cast<std::uint16_t>(port.value())};
}

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}
Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<Socket> Socket::Listen(const HostPort& place) {
  TRY(const Addresses list, Resolve(place, AI_PASSIVE));
  Socket socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (socket.get() < 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(socket.get(), 64) != 0) {
    return vault::Unavailable("the address cannot be listened on");
  }
  return socket;
}

std::uint16_t Socket::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  CHECK(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// TLS between two buffers in memory, carried over the socket by us: so that a deadline holds for
// every step, and a connection that breaks is no signal.
struct Channel::State {
  Socket socket;
  Pin other;
  TlsContext context;
  TlsSession tls;  // owns both buffers
  BIO* in = nullptr;
  BIO* out = nullptr;

  Status Flush(Deadline deadline);
  Status Take(Deadline deadline);
  // Run repeats a step of TLS until it is done; 0 and less of `step` are OpenSSL's.
  Status Run(const std::function<int()>& step, Deadline deadline);
};

Status Channel::State::Flush(Deadline deadline) {
  char* data = nullptr;
  long left = BIO_get_mem_data(out, &data);
  while (left > 0) {
    const ssize_t sent = ::send(socket.get(), data, static_cast<std::size_t>(left), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) return vault::Unavailable("the connection broke");
      TRY_VOID(Await(socket.get(), POLLOUT, deadline));
      continue;
    }
    data += sent;
    left -= sent;
  }
  return BIO_reset(out) == 1 ? vault::Ok() : Status(vault::Unavailable("tls fails"));
}

Status Channel::State::Take(Deadline deadline) {
  std::array<unsigned char, 8192> bytes;
  while (true) {
    const ssize_t got = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) {
      if (BIO_write(in, bytes.data(), static_cast<int>(got)) == got) return vault::Ok();
      return vault::Unavailable("tls fails");
    }
    if (got == 0) return vault::Unavailable("the other host ended the connection");
    if (errno != EAGAIN && errno != EINTR) return vault::Unavailable("the connection broke");
    TRY_VOID(Await(socket.get(), POLLIN, deadline));
  }
}

Status Channel::State::Run(const std::function<int()>& step, Deadline deadline) {
  while (true) {
    ERR_clear_error();
    const int result = step();
    const int why = SSL_get_error(tls.get(), result);
    // An alert has to be sent too, before the error is reported.
    const Status flushed = Flush(deadline);
    if (result > 0) return flushed;
    if (why != SSL_ERROR_WANT_READ) {
      ERR_clear_error();
      if (SSL_get_verify_result(tls.get()) != X509_V_OK) {
        return vault::Unavailable("the other host does not have the key that is pinned for it");
      }
      return vault::Unavailable("the other host refuses the connection, or does not speak tls 1.3");
    }
    TRY_VOID(flushed);
    TRY_VOID(Take(deadline));
  }
}

Channel::Channel(std::unique_ptr<State> state) : state_(std::move(state)) {}
Channel::~Channel() {
  // Politely, without waiting: whoever reads knows that nothing was cut off.
  if (SSL_is_init_finished(state_->tls.get()) == 1 && SSL_shutdown(state_->tls.get()) >= 0) {
    [[maybe_unused]] const Status sent = state_->Flush(std::chrono::steady_clock::now());
  }
  ERR_clear_error();
}

Result<std::unique_ptr<Channel>> Channel::Start(Socket socket, const Identity& own,
                                                const Pin& other, Side side, Deadline deadline) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto state = std::make_unique<State>();
  state->socket = std::move(socket);
  state->other = other;
  state->context.reset(
      SSL_CTX_new(side == Side::kClient ? TLS_client_method() : TLS_server_method()));
  SSL_CTX* context = state->context.get();
  CHECK(context != nullptr);
  CHECK(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1);
  CHECK(SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1);
  CHECK(SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, CheckPin, &state->other);
  if (SSL_CTX_use_certificate(context, own.parts_->certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, own.parts_->key.get()) != 1) {
    ERR_clear_error();
    return vault::Unavailable("this host's identity cannot be used");
  }
  state->tls.reset(SSL_new(context));
  CHECK(state->tls != nullptr);
  state->in = BIO_new(BIO_s_mem());
  state->out = BIO_new(BIO_s_mem());
  CHECK(state->in != nullptr && state->out != nullptr);
  BIO_set_mem_eof_return(state->in, -1);
  SSL_set_bio(state->tls.get(), state->in, state->out);
  SSL* tls = state->tls.get();
  TRY_VOID(state->Run([&] { return side == Side::kClient ? SSL_connect(tls) : SSL_accept(tls); },
                      deadline));
  return std::unique_ptr<Channel>(new Channel(std::move(state)));
}

Result<std::unique_ptr<Channel>> Channel::Connect(const HostPort& place, const Identity& own,
                                                  const Pin& other, Deadline deadline) {
  TRY(const Addresses list, Resolve(place, 0));
  vault::Error last = vault::Unavailable("the other host cannot be reached");
  for (const addrinfo* address = list.get(); address != nullptr; address = address->ai_next) {
    auto socket = ConnectTo(*address, deadline);
    if (!socket.ok()) {
      last = socket.error();
      continue;
    }
    return Start(std::move(socket).value(), own, other, Side::kClient, deadline);
  }
  return last;
}

Result<std::unique_ptr<Channel>> Channel::Accept(Socket socket, const Identity& own,
                                                 const Pin& other, Deadline deadline) {
  return Start(std::move(socket), own, other, Side::kServer, deadline);
}

Status Channel::Send(vault::ByteView frame, Deadline deadline) {
  CHECK(frame.size() <= kMostFrame);
  // In one record, in locked memory: a frame may hold E.
  vault::SecretBytes whole(4 + frame.size());
  vault::WireWriter length;
  length.U32(static_cast<std::uint32_t>(frame.size()));
  std::copy(length.bytes().begin(), length.bytes().end(), whole.mutable_view().begin());
  std::copy(frame.begin(), frame.end(), whole.mutable_view().begin() + 4);
  return state_->Run(
      [&] {
        return SSL_write(state_->tls.get(), whole.view().data(), static_cast<int>(whole.size()));
      },
      deadline);
}

Result<vault::SecretBytes> Channel::Receive(Deadline deadline) {
  const auto fill = [&](vault::MutableByteView out) -> Status {
    while (!out.empty()) {
      int got = 0;
      TRY_VOID(state_->Run(
          [&] {
            got = SSL_read(state_->tls.get(), out.data(), static_cast<int>(out.size()));
            return got;
          },
          deadline));
      out = out.subspan(static_cast<std::size_t>(got));
    }
    return vault::Ok();
  };
  vault::Bytes length(4);
  TRY_VOID(fill(length));
  const std::uint32_t size = vault::WireReader(length).U32();
  if (size == 0 || size > kMostFrame) {
    return vault::Unavailable("the other host speaks another protocol");
  }
  vault::SecretBytes frame(size);
  TRY_VOID(fill(frame.mutable_view()));
  return frame;
}

}  // namespace service
