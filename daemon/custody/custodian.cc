#include "daemon/custody/custodian.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "vault/base/log.h"
#include "vault/keys/cell_record.h"

namespace service {

using vault::Result;
using vault::Status;

namespace {

// Somebody who connects and says nothing holds one of them for as long as the patience lasts.
constexpr int kWorkers = 8;
constexpr int kMostRequests = 4;  // of one connection

}  // namespace

struct Custodian::State {
  State(CustodianOptions wanted, Identity identity) : options(wanted), own(std::move(identity)) {}

  CustodianOptions options;
  Identity own;
  Socket listener;
  int stop = -1;
  std::vector<std::thread> workers;

  std::mutex cell_mutex;
  std::unique_ptr<vault::ErasureCell> cell;

  std::mutex busy_mutex;
  std::set<int> busy;  // the sockets being served
  bool stopping = false;

  void Work();
  void Serve(Socket socket);
  void Converse(Socket socket);
  CustodyAnswer Do(const CustodyRequest& request);
  Status Act(const CustodyRequest& request, CustodyAnswer& answer);
};

void Custodian::State::Work() {
  while (true) {
    pollfd wait[2] = {{listener.get(), POLLIN, 0}, {stop, POLLIN, 0}};
    if (::poll(wait, 2, -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) return;
    Socket socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    // Another worker was faster, or the caller is gone.
    if (socket.get() < 0) continue;
    Serve(std::move(socket));
  }
}

void Custodian::State::Serve(Socket socket) {
  // A second descriptor, ours until the end: Stop must never meet a number that is another's.
  const Socket held(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
  {
    const std::lock_guard lock(busy_mutex);
    if (stopping || held.get() < 0) return;
    busy.insert(held.get());
  }
  Converse(std::move(socket));
  const std::lock_guard lock(busy_mutex);
  busy.erase(held.get());
}

void Custodian::State::Converse(Socket socket) {
  const Deadline deadline = std::chrono::steady_clock::now() + options.patience;
  auto channel = Channel::Accept(std::move(socket), own, options.vault, deadline);
  if (!channel.ok()) {
    vault::Log(vault::LogLevel::kWarning, "a connection was refused: " + channel.error().detail);
    return;
  }
  for (int i = 0; i < kMostRequests; ++i) {
    auto frame = channel.value()->Receive(deadline);
    if (!frame.ok()) return;  // the vault has what it wants
    auto request = DecodeRequest(frame.value().view());
    CustodyAnswer answer;
    if (request.ok()) {
      answer = Do(request.value());
    } else {
      answer.error = request.error();
    }
    if (!channel.value()->Send(EncodeAnswer(answer).view(), deadline).ok()) return;
  }
}

CustodyAnswer Custodian::State::Do(const CustodyRequest& request) {
  const std::lock_guard lock(cell_mutex);
  CustodyAnswer answer;
  const Status done = Act(request, answer);
  if (!done.ok()) {
    vault::LogError("an act of the vault failed", done.error());
    answer.record = {};
    answer.error = done.error();
  }
  answer.cell = cell->cell_class();
  answer.host = options.host;
  return answer;
}

Status Custodian::State::Act(const CustodyRequest& request, CustodyAnswer& answer) {
  switch (request.act) {
    case CustodyAct::kLook:
      return vault::Ok();
    case CustodyAct::kRead: {
      TRY(const auto record, cell->Read(request.slot));
      if (record) answer.record = vault::EncodeCellRecord(*record);
      return vault::Ok();
    }
    case CustodyAct::kWrite: {
      const auto record = vault::DecodeCellRecord(request.record.view());
      if (!record) return vault::Invalid("what is to be written is no record");
      for (unsigned slot = 0; slot < 2; ++slot) {
        TRY(const auto held, cell->Read(slot));
        if (held && held->store != record->store) {
          return vault::Conflict("the cell holds the secret of another vault");
        }
      }
      TRY_VOID(cell->Write(*record));
      vault::Log(vault::LogLevel::kInfo,
                 "the secret of epoch " + std::to_string(record->epoch) + " is written");
      return vault::Ok();
    }
    case CustodyAct::kErase:
      TRY_VOID(cell->Erase(request.slot));
      vault::Log(
          vault::LogLevel::kInfo,
          "the slot of " + std::string(request.slot == 0 ? "even" : "odd") + " epochs is erased");
      return vault::Ok();
  }
  return vault::Invalid("the vault asks for something unknown");
}

Custodian::Custodian(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Custodian>> Custodian::Start(CustodianOptions options, Identity own,
                                                    std::unique_ptr<vault::ErasureCell> cell) {
  auto state = std::make_unique<State>(std::move(options), std::move(own));
  state->cell = std::move(cell);
  TRY(state->listener, Socket::Listen(state->options.listen));
  state->stop = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (state->stop < 0) return vault::Unavailable("the custodian cannot start");
  State* shared = state.get();
  for (int i = 0; i < kWorkers; ++i) state->workers.emplace_back([shared] { shared->Work(); });
  return std::unique_ptr<Custodian>(new Custodian(std::move(state)));
}

Custodian::~Custodian() {
  Stop();
  ::close(state_->stop);
}

std::uint16_t Custodian::port() const { return state_->listener.port(); }

void Custodian::Stop() {
  {
    const std::lock_guard lock(state_->busy_mutex);
    state_->stopping = true;
    for (const int socket : state_->busy) ::shutdown(socket, SHUT_RDWR);
  }
  const std::uint64_t one = 1;
  CHECK(::write(state_->stop, &one, sizeof one) == sizeof one);
  for (std::thread& worker : state_->workers) worker.join();
  state_->workers.clear();
}

}  // namespace service
