// ReaderClient: has a file read by strongroom-reader, a confined process, while it is being stored.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "ingest/limits.h"
#include "ingest/outcome.h"
#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace ingest {

// ReaderLimits is what one file may cost.
struct ReaderLimits {
  std::size_t file = kMaxFile;
  // patience is how long we wait for the reader, in all. The time in which the upload itself
  // keeps us waiting does not count.
  std::chrono::milliseconds patience = std::chrono::seconds(20);
};

// Reading is one file on its way through a reader process. Nothing that goes wrong with the
// process is an error here: a filing is never lost because a form could not be read.
//
// Invariant: the process is ended and reaped when this goes, however it goes.
class Reading {
 public:
  Reading(Reading&& other) noexcept;
  Reading& operator=(Reading&&) = delete;
  ~Reading();

  // Write hands on the next bytes of the file. Bytes over the limit stop the process; then, and
  // once the process has failed, this does nothing.
  void Write(vault::ByteView bytes);

  // Finish says that the file is complete and gives the outcome.
  ReadOutcome Finish() &&;

 private:
  friend class Reader;
  Reading(ReaderLimits limits, int socket, pid_t process);
  explicit Reading(Unreadable reason);
  bool Send(vault::ByteView bytes);
  bool Await(short events);
  void Fail(Unreadable reason);
  // End kills the process if it still runs and gives its wait status, or nothing if unknown.
  std::optional<int> End();

  ReaderLimits limits_;
  std::size_t written_ = 0;
  std::chrono::milliseconds patience_{0};
  int socket_ = -1;
  pid_t process_ = -1;
  bool broken_ = false;  // the process hung up; its exit says why
  std::optional<Unreadable> reason_;
};

// Reader starts a process for each file.    Threads: safe from any thread.
class Reader {
 public:
  // At names the program strongroom-reader.
  // Errors: kNotFound there is no such program; kInvalid the path is relative.
  static vault::Result<Reader> At(std::string program, ReaderLimits limits);

  // Start begins a reading. The process gets an empty environment, the two ends of our socket and
  // our standard error, and no other descriptor.
  Reading Start() const;

  // Read is Start, Write, Finish for bytes that are in memory already.
  ReadOutcome Read(vault::ByteView file) const;

 private:
  Reader(std::string program, ReaderLimits limits)
      : program_(std::move(program)), limits_(limits) {}
  std::string program_;
  ReaderLimits limits_;
};

}  // namespace ingest
