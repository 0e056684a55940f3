// Transfer: documents on their way between files and the daemon, never whole in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/cli/console.h"
#include "tools/cli/http_exchange.h"
#include "tools/cli/output_file.h"
#include "tools/cli/progress.h"

namespace tools {

// FileSource reads an upload from a file, or from a descriptor such as standard input.
class FileSource final : public BodySource {
 public:
  // Open. Errors: kNotFound no such file; kDenied it may not be read; kInvalid it is a folder.
  static vault::Result<FileSource> Open(const Console& console, const std::string& path);
  // Over takes a descriptor that it does not close.
  static FileSource Over(const Console& console, int descriptor);
  FileSource(FileSource&& other) noexcept;
  ~FileSource() override;

  vault::Result<std::size_t> Read(vault::MutableByteView buffer) override;
  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  enum class Owned { kYes, kNo };
  FileSource(const Console& console, int descriptor, Owned owned,
             std::optional<std::uint64_t> size);
  int descriptor_;
  Owned owned_;
  std::optional<std::uint64_t> size_;
  std::unique_ptr<ProgressBar> progress_;
};

// FileSink writes a download to a file, which appears only when Finish says so, or to the
// console's output when there is no path.
class FileSink final : public BodySink {
 public:
  FileSink(const Console& console, std::optional<std::string> path);

  vault::Status Begin(const HttpHead& head, std::optional<std::uint64_t> size) override;
  vault::Status Write(vault::ByteView bytes) override;
  // Finish puts the file in its place.
  vault::Status Finish();
  std::uint64_t bytes() const { return bytes_; }

 private:
  int output_;
  std::optional<std::string> path_;
  std::optional<OutputFile> file_;
  ProgressBar progress_;
  std::uint64_t bytes_ = 0;
};

}  // namespace tools
