#include "daemon/http/metrics_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/http/message.h"
#include "daemon/http/parser.h"
#include "daemon/http/problem.h"
#include "vault/base/log.h"

namespace service {

using vault::Result;

namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::string_view kType = "text/plain; version=0.0.4; charset=utf-8";

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<Address> LoopbackAddress(std::string_view host, std::uint16_t port) {
  const std::string text(host);
  Address address;
  auto* const four = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    if ((ntohl(four->sin_addr.s_addr) >> 24) != 127) return std::nullopt;
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
    return address;
  }
  auto* const six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) != 1) return std::nullopt;
  if (!IN6_IS_ADDR_LOOPBACK(&six->sin6_addr)) return std::nullopt;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  address.size = sizeof(sockaddr_in6);
  return address;
}

// Awaits says whether a descriptor became ready before the moment.
bool Awaits(int descriptor, short events, std::chrono::steady_clock::time_point until) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{descriptor, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

bool IsLoopback(std::string_view host) { return LoopbackAddress(host, 0).has_value(); }

struct MetricsListener::State {
  State(Descriptor the_socket, Descriptor the_wake, const vault::SystemClock* the_clock,
        Page the_page)
      : socket(std::move(the_socket)),
        wake(std::move(the_wake)),
        clock(the_clock),
        page(std::move(the_page)) {}

  void Run() {
    while (true) {
      pollfd both[] = {{socket.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}};
      const int ready = ::poll(both, 2, -1);
      if (ready < 0 && errno != EINTR) return;
      if (both[1].revents != 0) return;
      if (ready <= 0 || both[0].revents == 0) continue;
      const Descriptor peer(
          ::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (peer.get() >= 0) Serve(peer.get());
    }
  }

  void Serve(int peer) const {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    RequestParser parser;
    vault::Bytes input(4096);
    while (!parser.head() && !parser.refusal()) {
      if (!Awaits(peer, POLLIN, until)) return;
      const ssize_t got = ::recv(peer, input.data(), input.size(), 0);
      if (got <= 0) return;
      parser.Feed(vault::ByteView(input).first(static_cast<std::size_t>(got)));
    }
    Response response = Answer(parser);
    std::string text = ResponseHead(response, {HttpDate(clock->Realtime()), true, false});
    text += response.whole()->text();
    std::string_view left = text;
    while (!left.empty()) {
      if (!Awaits(peer, POLLOUT, until)) return;
      const ssize_t sent = ::send(peer, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    ::shutdown(peer, SHUT_WR);
  }

  Response Answer(const RequestParser& parser) const {
    if (parser.refusal()) {
      return ProblemWithStatus(parser.refusal()->status, vault::Errc::kInvalid,
                               parser.refusal()->detail);
    }
    const RequestHead& head = *parser.head();
    if (head.segments != std::vector<std::string>{"metrics"}) {
      return Problem(vault::NotFound("there is nothing but /metrics here"));
    }
    if (head.method != Method::kGet) {
      return ProblemWithStatus(405, vault::Errc::kInvalid, "GET alone").Add("Allow", "GET");
    }
    const auto text = page();
    if (!text.ok()) return Problem(text.error());
    return Response::Of(200, kType, text.value());
  }

  const Descriptor socket;
  const Descriptor wake;
  const vault::SystemClock* const clock;
  const Page page;
  std::thread thread;
};

MetricsListener::MetricsListener(std::unique_ptr<State> state) : state_(std::move(state)) {}

MetricsListener::~MetricsListener() { Stop(); }

Result<std::unique_ptr<MetricsListener>> MetricsListener::Start(const MetricsPlace& place,
                                                                Page page) {
  CHECK(place.clock != nullptr);
  const auto address = LoopbackAddress(place.host, place.port);
  if (!address)
    return vault::Invalid("metrics are given to this machine alone: 127.0.0.1 or [::1]");
  Descriptor socket(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (socket.get() < 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->size) !=
          0 ||
      ::listen(socket.get(), 16) != 0) {
    return vault::Unavailable("the address for metrics cannot be listened on");
  }
  Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.get() < 0) return vault::Unavailable("no descriptor is left");
  auto state =
      std::make_unique<State>(std::move(socket), std::move(wake), place.clock, std::move(page));
  try {
    state->thread = std::thread([raw = state.get()] { raw->Run(); });
  } catch (const std::system_error&) {
    return vault::Unavailable("no thread is left");
  }
  return std::unique_ptr<MetricsListener>(new MetricsListener(std::move(state)));
}

std::uint16_t MetricsListener::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  CHECK(::getsockname(state_->socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

void MetricsListener::Stop() {
  if (!state_->thread.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(state_->wake.get(), &one, sizeof one);
  state_->thread.join();
}

}  // namespace service
