// strongroom-reader: reads one file from standard input, answers with its form on standard output
// and exits. It is shut in before the first byte is read (sandbox.h).
//
// Exit: 0 answered; 1 the request was cut short; 2 wrong usage; 3 not confined, nothing was read.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include "ingest/form_wire.h"
#include "ingest/frames.h"
#include "ingest/limits.h"
#include "ingest/reading.h"
#include "ingest/sandbox.h"
#include "vault/base/wiped.h"

namespace {

constexpr int kAnswered = 0;
constexpr int kCutShort = 1;
constexpr int kWrongUsage = 2;
constexpr int kNotConfined = 3;

void Say(int descriptor, std::string_view text) {
  // Nobody is left to tell if this fails.
  static_cast<void>(!write(descriptor, text.data(), text.size()));
}

bool ReadAll(std::uint8_t* to, std::size_t size) {
  while (size > 0) {
    ssize_t got = read(STDIN_FILENO, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool WriteAll(vault::ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t put = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

// ReadRequest gives the file, or nothing when the other side went away or does not keep to the
// protocol. A file over the limit is read to its end and given one byte too large.
std::optional<vault::Plaintext> ReadRequest() {
  vault::Plaintext file;
  for (;;) {
    ingest::FrameHead head;
    if (!ReadAll(head.data(), head.size())) return std::nullopt;
    std::size_t length = ingest::DecodeFrameHead(head);
    if (length == 0) return file;
    if (length > ingest::kMaxFrame) return std::nullopt;
    std::size_t before = std::min(file.size(), ingest::kMaxFile + 1);
    file.Resize(before + length);
    if (!ReadAll(file.mutable_view().data() + before, length)) return std::nullopt;
  }
}

ingest::ReadOutcome Read(vault::ByteView file) {
  try {
    return ingest::ReadFile(file);
  } catch (const std::bad_alloc&) {
    // The memory limit: what was taken is free again by now.
    return ingest::Unreadable::kTooComplex;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
    Say(STDOUT_FILENO, "strongroom-reader " STRONGROOM_VERSION "\n");
    return kAnswered;
  }
  if (argc == 2 && std::strcmp(argv[1], "--help") == 0) {
    Say(STDOUT_FILENO,
        "usage: strongroom-reader\n"
        "Reads one file in frames from standard input and writes the form in it to standard\n"
        "output. Started by strongroomd; of no use by hand.\n");
    return kAnswered;
  }
  if (argc != 1) {
    Say(STDERR_FILENO, "strongroom: invalid: strongroom-reader takes no arguments\n");
    return kWrongUsage;
  }
  auto confined = ingest::Confine({ingest::kReaderMemory, ingest::kReaderSeconds});
  if (!confined.ok()) {
    Say(STDERR_FILENO, "strongroom: unavailable: the reader cannot be confined\n");
    return kNotConfined;
  }
  int code = kCutShort;
  if (auto file = ReadRequest()) {
    vault::Plaintext answer = ingest::EncodeOutcome(Read(file->view()));
    auto head = ingest::EncodeFrameHead(static_cast<std::uint32_t>(answer.size()));
    if (WriteAll(head) && WriteAll(answer.view())) code = kAnswered;
  }
  // Not return: what runs at the exit of a process (a sanitizer's leak check, for one) makes calls
  // that the filter forbids, and there is nothing left to tidy.
  _exit(code);
}
