#include "daemon/http/tls_stream.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace service {
namespace {

int ClampedSize(std::size_t size) {
  return static_cast<int>(
      std::min(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

Io Outcome(int n) {
  if (n > 0) return {IoState::kDone, static_cast<std::size_t>(n)};
  if (n == Poco::Net::SecureStreamSocket::ERR_SSL_WANT_READ) return {IoState::kWantRead, 0};
  if (n == Poco::Net::SecureStreamSocket::ERR_SSL_WANT_WRITE) return {IoState::kWantWrite, 0};
  return {n == 0 ? IoState::kEnd : IoState::kFailed, 0};
}

// An encrypted key would make OpenSSL ask at the terminal, where nobody sits.
int NoPassphrase(char*, int, int, void*) { return 0; }

vault::Result<Poco::Net::Context::Ptr> MakeContext(const ListenFacts& facts) {
  Poco::Net::Context::Params params;
  params.verificationMode = Poco::Net::Context::VERIFY_NONE;
  Poco::Net::Context::Ptr context(
      new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, params));
  SSL_CTX* ssl = context->sslContext();
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(ssl, NoPassphrase);
  const bool loaded =
      SSL_CTX_use_certificate_chain_file(ssl, facts.certificate_path.c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(ssl, facts.key_path.c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_check_private_key(ssl) == 1;
  ERR_clear_error();
  if (!loaded) {
    return vault::Invalid("the tls certificate and key cannot be read or do not belong together");
  }
  CHECK(SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1);
  // Tickets would keep key material for hours and lie unread in the socket of a client that is
  // about to close. Plaintext is cleared in OpenSSL's own buffers too.
  SSL_CTX_set_num_tickets(ssl, 0);
  SSL_CTX_set_options(ssl, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION);
  // One read of the socket for several records, not two for each.
  SSL_CTX_set_read_ahead(ssl, 1);
  SSL_CTX_set_default_read_buffer_len(ssl, std::size_t{128} << 10);
  SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Without automatic retries a flood of messages that carry no data gives control back each time,
  // so that deadlines are seen.
  SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
  return context;
}

}  // namespace

// A plain socket that does not block, and TLS attached to it. Poco's secure server socket cannot
// make such a pair: its blocking flag and that of the socket inside it are two, and a timeout on a
// blocking socket begins anew with every byte.
struct TlsStream::Sockets {
  Poco::Net::StreamSocket plain;
  Poco::Net::SecureStreamSocket secure;
};

TlsStream::TlsStream(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {}

TlsStream::~TlsStream() {
  try {
    sockets_.reset();
  } catch (const std::exception&) {
    // Nobody is left to tell.
  }
}

int TlsStream::descriptor() const { return sockets_->plain.impl()->sockfd(); }

Io TlsStream::Handshake() {
  try {
    // OpenSSL reads its outcome off a queue of errors that every other user of this thread shares.
    ERR_clear_error();
    return Outcome(sockets_->secure.completeHandshake());
  } catch (const std::exception&) {
    return {};
  }
}

Io TlsStream::Read(vault::MutableByteView out) {
  try {
    ERR_clear_error();
    return Outcome(sockets_->secure.receiveBytes(out.data(), ClampedSize(out.size())));
  } catch (const std::exception&) {
    return {};
  }
}

Io TlsStream::Write(vault::ByteView bytes) {
  try {
    ERR_clear_error();
    const Io io = Outcome(sockets_->secure.sendBytes(bytes.data(), ClampedSize(bytes.size())));
    return io.state == IoState::kEnd ? Io{} : io;
  } catch (const std::exception&) {
    return {};
  }
}

void TlsStream::Finish() {
  try {
    ERR_clear_error();
    sockets_->secure.shutdown();
  } catch (const std::exception&) {
    // A peer that is gone cannot be told.
  }
  ::shutdown(descriptor(), SHUT_WR);
}

Io TlsStream::Discard() {
  std::array<std::uint8_t, 16384> pit;
  const ssize_t n = ::recv(descriptor(), pit.data(), pit.size(), MSG_DONTWAIT);
  if (n > 0) return {IoState::kDone, static_cast<std::size_t>(n)};
  if (n == 0) return {IoState::kEnd, 0};
  if (errno == EAGAIN || errno == EINTR) return {IoState::kWantRead, 0};
  return {};
}

void TlsStream::Reset() {
  const linger at_once{1, 0};
  // After the shutdown nothing of ours goes out any more, not even the closing message that the
  // library sends when the socket goes; closing it with this option then sends the reset.
  ::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::shutdown(descriptor(), SHUT_RDWR);
}

void TlsStream::Interrupt() { ::shutdown(descriptor(), SHUT_RDWR); }

struct TlsListener::Sockets {
  Poco::Net::Context::Ptr context;
  Poco::Net::ServerSocket server;
};

TlsListener::TlsListener(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {}

TlsListener::~TlsListener() = default;

vault::Result<std::unique_ptr<TlsListener>> TlsListener::Open(const ListenFacts& facts) {
  // Never undone: streams outlive their listener, and others in the process use OpenSSL too.
  Poco::Net::initializeSSL();
  std::unique_ptr<TlsListener> listener(new TlsListener(std::make_unique<Sockets>()));
  Sockets& sockets = *listener->sockets_;
  try {
    TRY(sockets.context, MakeContext(facts));
  } catch (const std::exception&) {
    return vault::Invalid("tls cannot be set up");
  }
  Poco::Net::SocketAddress address;
  try {
    address = Poco::Net::SocketAddress(facts.host, facts.port);
  } catch (const std::exception&) {
    return vault::Invalid("the address to listen on is not known");
  }
  try {
    constexpr int kBacklog = 256;
    // Sharing the port, which Poco couples with reusing the address, would let any process of the
    // same user take connections from us.
    sockets.server.bind(address, true, false);
    sockets.server.listen(kBacklog);
    sockets.server.setBlocking(false);
  } catch (const std::exception&) {
    return vault::Unavailable("the address to listen on is taken or may not be used");
  }
  ::fcntl(listener->descriptor(), F_SETFD, FD_CLOEXEC);
  return listener;
}

vault::Result<std::optional<TlsListener::Accepted>> TlsListener::Accept() {
  sockaddr_storage from{};
  socklen_t size = sizeof(from);
  // Not through Poco: the descriptor must never be inherited by a program started meanwhile.
  const int descriptor = ::accept4(this->descriptor(), reinterpret_cast<sockaddr*>(&from), &size,
                                   SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (descriptor < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return vault::Unavailable("no descriptor is left for a connection");
    }
    return std::optional<Accepted>();  // gone again, or none waits
  }
  try {
    Poco::Net::StreamSocket plain(new Poco::Net::StreamSocketImpl(descriptor));
    plain.setBlocking(false);
    plain.setNoDelay(true);
    const Poco::Net::SocketAddress peer(reinterpret_cast<const sockaddr*>(&from), size);
    auto secure = Poco::Net::SecureStreamSocket::attach(plain, sockets_->context);
    auto sockets = std::make_unique<TlsStream::Sockets>(TlsStream::Sockets{plain, secure});
    std::unique_ptr<TlsStream> stream(new TlsStream(std::move(sockets)));
    return std::optional(Accepted{std::move(stream), peer.host().toString()});
  } catch (const std::exception&) {
    return std::optional<Accepted>();
  }
}

std::uint16_t TlsListener::port() const { return sockets_->server.address().port(); }

int TlsListener::descriptor() const { return sockets_->server.impl()->sockfd(); }

}  // namespace service
