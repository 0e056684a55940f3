#include "daemon/http/server.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/http/tls_stream.h"
#include "vault/base/log.h"

namespace service {
namespace {

constexpr std::uint64_t kListenerKey = 0;
constexpr std::uint64_t kWakeKey = 1;
constexpr std::uint64_t kFirstConnectionKey = 2;
constexpr Milliseconds kAcceptPause{100};

SteadyTime Now() { return std::chrono::steady_clock::now(); }

// A peer that is gone must be an error of the write, not the end of the process.
void BlockPipeSignal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

// Front owns every connection that waits for its peer, and the queue to the workers.
class Server::Front {
 public:
  Front(const ServerOptions& options, const Router& router, std::unique_ptr<TlsListener> listener)
      : options_(options),
        limiter_(options.per_address),
        facts_{&router, options.clock, options.patience, &limiter_, &stopping_, &counts_},
        listener_(std::move(listener)),
        port_(listener_->port()),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  vault::Status Start() {
    if (epoll_.get() < 0 || wake_.get() < 0) return vault::Unavailable("no descriptor is left");
    Watch(EPOLL_CTL_ADD, listener_->descriptor(), kListenerKey, EPOLLIN);
    Watch(EPOLL_CTL_ADD, wake_.get(), kWakeKey, EPOLLIN);
    try {
      for (std::size_t i = 0; i < options_.threads; ++i) {
        workers_.emplace_back([this] { Work(); });
      }
      thread_ = std::thread([this] { Run(); });
    } catch (const std::system_error&) {
      Stop();
      return vault::Unavailable("no thread is left");
    }
    return vault::Ok();
  }

  void Stop() {
    const std::lock_guard once(stop_mutex_);
    stopping_ = true;
    Wake();
    if (thread_.joinable()) thread_.join();
    {
      const std::lock_guard lock(mutex_);
      no_more_work_ = true;
    }
    work_ready_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
  }

  std::uint16_t port() const { return port_; }
  const RequestCounts& counts() const { return counts_; }

 private:
  struct Place {
    std::unique_ptr<Connection> connection;  // null while a worker has it
    SteadyTime deadline;
    std::size_t accounted = 0;
    std::uint32_t events = 0;  // 0: not watched
    std::string group;
  };

  void Watch(int operation, int descriptor, std::uint64_t key, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = key;
    CHECK(::epoll_ctl(epoll_.get(), operation, descriptor, &event) == 0);
  }

  void Wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof(one));
  }

  // The front thread.

  void Run() {
    BlockPipeSignal();
    std::vector<epoll_event> events(256);
    while (true) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     MillisecondsToWait());
      CHECK(count >= 0 || errno == EINTR);
      for (int i = 0; i < count; ++i) {
        const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
        if (key == kListenerKey) {
          Accept();
        } else if (key == kWakeKey) {
          std::uint64_t ignored = 0;
          [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &ignored, sizeof(ignored));
        } else if (const auto place = places_.find(key); place != places_.end()) {
          // A worker may have been given it by an earlier event of this round.
          if (place->second.connection != nullptr) {
            Follow(key, place->second.connection->Advance(Now()));
          }
        }
      }
      TakeBack();
      ExpireThoseDue();
      if (stopping_ && !PrepareStop()) return;
    }
  }

  int MillisecondsToWait() const {
    std::optional<SteadyTime> next;
    if (!deadlines_.empty()) next = deadlines_.begin()->first;
    const auto sooner = [&next](std::optional<SteadyTime> time) {
      if (time.has_value() && (!next.has_value() || *time < *next)) next = time;
    };
    sooner(accept_again_);
    sooner(stop_deadline_);
    if (!next.has_value()) return -1;
    const auto left = std::chrono::ceil<Milliseconds>(*next - Now()).count();
    return left < 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left, 3'600'000));
  }

  void Accept() {
    auto accepted = listener_->Accept();
    if (!accepted.ok()) {
      // The waiting peer would wake us again at once; let others end first.
      vault::LogError("a connection was not accepted", accepted.error());
      Watch(EPOLL_CTL_DEL, listener_->descriptor(), kListenerKey, 0);
      accept_again_ = Now() + kAcceptPause;
      return;
    }
    if (!accepted.value().has_value()) return;
    auto& [stream, peer] = *accepted.value();
    std::string group = AddressGroup(peer);
    const SteadyTime now = Now();
    if (places_.size() >= options_.connections || !limiter_.Enter(group, now)) {
      stream->Reset();
      return;
    }
    const std::uint64_t key = next_key_++;
    Place& place = places_[key];
    place.group = group;
    place.connection = std::make_unique<Connection>(
        Connection::Origin{std::move(stream), std::move(peer), std::move(group)}, facts_, now);
    place.deadline = place.connection->deadline();
    deadlines_.emplace(place.deadline, key);
    Follow(key, place.connection->Advance(now));
  }

  void Follow(std::uint64_t key, Connection::Next next) {
    Place& place = places_.at(key);
    held_ += place.connection->held() - place.accounted;
    place.accounted = place.connection->held();
    if (held_ > options_.collected_bytes && next == Connection::Next::kWaitRead &&
        place.accounted != 0) {
      next = place.connection->Refuse({503, "too many requests at once"}, Now());
      held_ += place.connection->held() - place.accounted;
      place.accounted = place.connection->held();
    }
    switch (next) {
      case Connection::Next::kWaitRead:
        return Await(key, place, EPOLLIN);
      case Connection::Next::kWaitWrite:
        return Await(key, place, EPOLLOUT);
      case Connection::Next::kServe:
        return HandOver(key, place);
      case Connection::Next::kClose:
        return Close(key, place);
    }
  }

  void Await(std::uint64_t key, Place& place, std::uint32_t events) {
    if (place.events != events) {
      Watch(place.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, place.connection->descriptor(), key,
            events);
      place.events = events;
    }
    if (place.connection->deadline() != place.deadline) {
      deadlines_.erase({place.deadline, key});
      place.deadline = place.connection->deadline();
    }
    deadlines_.emplace(place.deadline, key);
  }

  void Unwatch(std::uint64_t key, Place& place) {
    if (place.events != 0) Watch(EPOLL_CTL_DEL, place.connection->descriptor(), key, 0);
    place.events = 0;
    deadlines_.erase({place.deadline, key});
  }

  void HandOver(std::uint64_t key, Place& place) {
    Unwatch(key, place);
    {
      const std::lock_guard lock(mutex_);
      waiting_.emplace_back(key, std::move(place.connection));
    }
    work_ready_.notify_one();
  }

  void Close(std::uint64_t key, Place& place) {
    Unwatch(key, place);
    limiter_.Leave(place.group);
    held_ -= place.accounted;
    places_.erase(key);
  }

  void TakeBack() {
    std::vector<Item> served;
    {
      const std::lock_guard lock(mutex_);
      served.swap(served_);
    }
    for (auto& [key, connection] : served) {
      Place& place = places_.at(key);
      place.connection = std::move(connection);
      Follow(key, place.connection->Advance(Now()));
    }
  }

  void ExpireThoseDue() {
    const SteadyTime now = Now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const std::uint64_t key = deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      Follow(key, places_.at(key).connection->Expire(now));
    }
    if (accept_again_.has_value() && *accept_again_ <= now && !stopping_) {
      accept_again_.reset();
      Watch(EPOLL_CTL_ADD, listener_->descriptor(), kListenerKey, EPOLLIN);
    }
  }

  // PrepareStop drops what is not a running request. False: nothing is left.
  bool PrepareStop() {
    if (!stop_deadline_.has_value() && !interrupted_) {
      listener_.reset();
      accept_again_.reset();
      stop_deadline_ = Now() + options_.stop_grace;
    }
    std::vector<std::uint64_t> idle;
    for (const auto& [key, place] : places_) {
      if (place.connection != nullptr && !place.connection->lingers()) idle.push_back(key);
    }
    for (const std::uint64_t key : idle) Close(key, places_.at(key));
    if (places_.empty()) return false;
    if (stop_deadline_.has_value() && *stop_deadline_ <= Now()) {
      stop_deadline_.reset();
      interrupted_ = true;
      const std::lock_guard lock(mutex_);
      for (Connection* connection : serving_) connection->Interrupt();
      for (auto& [key, connection] : waiting_) connection->Interrupt();
    }
    return true;
  }

  // The workers.

  using Item = std::pair<std::uint64_t, std::unique_ptr<Connection>>;

  void Work() {
    BlockPipeSignal();
    std::unique_lock lock(mutex_);
    while (true) {
      work_ready_.wait(lock, [this] { return no_more_work_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      auto [key, connection] = std::move(waiting_.front());
      waiting_.pop_front();
      serving_.insert(connection.get());
      lock.unlock();
      connection->Serve();
      lock.lock();
      serving_.erase(connection.get());
      served_.emplace_back(key, std::move(connection));
      Wake();
    }
  }

  const ServerOptions options_;
  std::atomic<bool> stopping_{false};
  RequestCounts counts_;
  AddressLimiter limiter_;
  const ConnectionFacts facts_;
  std::unique_ptr<TlsListener> listener_;
  const std::uint16_t port_;
  const Descriptor epoll_;
  const Descriptor wake_;

  // Of the front thread alone.
  std::unordered_map<std::uint64_t, Place> places_;
  std::set<std::pair<SteadyTime, std::uint64_t>> deadlines_;
  std::uint64_t next_key_ = kFirstConnectionKey;
  std::size_t held_ = 0;
  std::optional<SteadyTime> accept_again_;
  std::optional<SteadyTime> stop_deadline_;
  bool interrupted_ = false;

  std::mutex mutex_;
  std::condition_variable work_ready_;
  std::deque<Item> waiting_;
  std::vector<Item> served_;
  std::set<Connection*> serving_;
  bool no_more_work_ = false;

  std::mutex stop_mutex_;
  std::vector<std::thread> workers_;
  std::thread thread_;
};

Server::Server(std::unique_ptr<Front> front) : front_(std::move(front)) {}

Server::~Server() { Stop(); }

vault::Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                     const Router& router) {
  CHECK(options.clock != nullptr);
  CHECK(options.threads > 0);
  TRY(auto listener,
      TlsListener::Open({options.host, options.port, options.certificate_path, options.key_path}));
  auto front = std::make_unique<Front>(options, router, std::move(listener));
  TRY_VOID(front->Start());
  return std::unique_ptr<Server>(new Server(std::move(front)));
}

std::uint16_t Server::port() const { return front_->port(); }

const RequestCounts& Server::counts() const { return front_->counts(); }

void Server::Stop() { front_->Stop(); }

}  // namespace service
