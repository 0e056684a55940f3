#include "ingest/reader_client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "ingest/form_wire.h"
#include "ingest/frames.h"
#include "vault/base/wiped.h"

namespace ingest {
namespace {

constexpr int kExitNotConfined = 3;
constexpr std::size_t kMaxAnswer = sizeof(FrameHead) + kMaxEncodedOutcome;

// Spawn starts the program with our socket as its input and output.
std::optional<pid_t> Spawn(const std::string& program, int socket) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions) != 0) return std::nullopt;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return std::nullopt;
  }
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  // Its own process group: a Ctrl-C meant for the daemon does not end a reading half way.
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
  bool ok = posix_spawnattr_setflags(&attributes, flags) == 0 &&
            posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
            posix_spawnattr_setsigdefault(&attributes, &all) == 0 &&
            posix_spawnattr_setpgroup(&attributes, 0) == 0 &&
            posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO) == 0 &&
            posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO) == 0 &&
            posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) == 0;
  std::string argument = program;
  std::array<char*, 2> arguments = {argument.data(), nullptr};
  std::array<char*, 1> environment = {nullptr};
  pid_t process = -1;
  ok = ok && posix_spawn(&process, program.c_str(), &actions, &attributes, arguments.data(),
                         environment.data()) == 0;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (!ok) return std::nullopt;
  return process;
}

}  // namespace

Reading::Reading(ReaderLimits limits, int socket, pid_t process)
    : limits_(limits), patience_(limits.patience), socket_(socket), process_(process) {}

Reading::Reading(Unreadable reason) : reason_(reason) {}

Reading::Reading(Reading&& other) noexcept
    : limits_(other.limits_),
      written_(other.written_),
      patience_(other.patience_),
      socket_(std::exchange(other.socket_, -1)),
      process_(std::exchange(other.process_, -1)),
      broken_(other.broken_),
      reason_(other.reason_) {}

Reading::~Reading() { End(); }

std::optional<int> Reading::End() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
  if (process_ < 0) return std::nullopt;
  // A process that has exited already keeps the status it exited with.
  kill(process_, SIGKILL);
  int status = 0;
  pid_t reaped = -1;
  do {
    reaped = waitpid(process_, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  bool known = reaped == process_;
  process_ = -1;
  return known ? std::optional<int>(status) : std::nullopt;
}

void Reading::Fail(Unreadable reason) {
  if (!reason_) reason_ = reason;
  End();
}

// Await waits until the socket is ready, out of what patience is left.
bool Reading::Await(short events) {
  while (patience_.count() > 0) {
    pollfd waiting{socket_, events, 0};
    auto begin = std::chrono::steady_clock::now();
    int timeout = static_cast<int>(std::min<std::int64_t>(patience_.count(), 1'000'000));
    int ready = poll(&waiting, 1, timeout);
    int error = errno;
    auto spent = std::chrono::steady_clock::now() - begin;
    patience_ -= std::chrono::ceil<std::chrono::milliseconds>(spent);
    if (ready > 0) return true;
    if (ready < 0 && error != EINTR) return false;
  }
  return false;
}

bool Reading::Send(vault::ByteView bytes) {
  while (!bytes.empty()) {
    // A socket and not a pipe, so that no signal comes when the process is gone.
    ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (sent < 0 && errno == EINTR) {
      continue;
    } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (Await(POLLOUT)) continue;
      Fail(Unreadable::kReaderTooSlow);
      return false;
    } else {
      broken_ = true;
      return false;
    }
  }
  return true;
}

void Reading::Write(vault::ByteView bytes) {
  while (!bytes.empty() && !reason_ && !broken_) {
    vault::ByteView frame = bytes.first(std::min(bytes.size(), kMaxFrame));
    bytes = bytes.subspan(frame.size());
    if (frame.size() > limits_.file - written_) return Fail(Unreadable::kTooLarge);
    written_ += frame.size();
    FrameHead head = EncodeFrameHead(static_cast<std::uint32_t>(frame.size()));
    if (!Send(head) || !Send(frame)) return;
  }
}

ReadOutcome Reading::Finish() && {
  FrameHead last = EncodeFrameHead(0);
  if (!reason_ && !broken_ && Send(last)) shutdown(socket_, SHUT_WR);
  if (reason_) return *reason_;

  vault::Plaintext answer;
  std::array<std::uint8_t, 16384> block;
  bool complete = false;
  while (answer.size() <= kMaxAnswer) {
    ssize_t got = recv(socket_, block.data(), block.size(), MSG_DONTWAIT);
    if (got > 0) {
      answer.Append(vault::ByteView(block.data(), static_cast<std::size_t>(got)));
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (Await(POLLIN)) continue;
      Fail(Unreadable::kReaderTooSlow);
      break;
    } else {
      complete = got == 0;
      break;
    }
  }
  vault::WipeMemory(block.data(), block.size());
  if (reason_) return *reason_;

  auto status = End();
  if (status && WIFEXITED(*status) && WEXITSTATUS(*status) == kExitNotConfined) {
    return Unreadable::kReaderUnavailable;
  }
  bool exited_well = status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
  if (!complete || !exited_well || answer.size() < sizeof(FrameHead)) {
    return Unreadable::kReaderStopped;
  }
  FrameHead head;
  std::copy_n(answer.view().begin(), head.size(), head.begin());
  vault::ByteView body = answer.view().subspan(head.size());
  if (DecodeFrameHead(head) != body.size()) return Unreadable::kReaderStopped;
  auto outcome = DecodeOutcome(body);
  if (!outcome.ok()) return Unreadable::kReaderStopped;
  return std::move(outcome).value();
}

vault::Result<Reader> Reader::At(std::string program, ReaderLimits limits) {
  // A relative path would name another program after a change of folder.
  if (!program.starts_with('/')) return vault::Invalid("the reader's path is not absolute");
  if (access(program.c_str(), X_OK) != 0) return vault::NotFound("the reader is not installed");
  return Reader(std::move(program), limits);
}

Reading Reader::Start() const {
  std::array<int, 2> ends;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Reading(Unreadable::kReaderUnavailable);
  }
  auto process = Spawn(program_, ends[1]);
  close(ends[1]);
  if (!process) {
    close(ends[0]);
    return Reading(Unreadable::kReaderUnavailable);
  }
  return Reading(limits_, ends[0], *process);
}

ReadOutcome Reader::Read(vault::ByteView file) const {
  Reading reading = Start();
  reading.Write(file);
  return std::move(reading).Finish();
}

}  // namespace ingest
