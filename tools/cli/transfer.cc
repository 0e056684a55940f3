#include "tools/cli/transfer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tools {

using vault::Result;
using vault::Status;

FileSource::FileSource(const Console& console, int descriptor, Owned owned,
                       std::optional<std::uint64_t> size)
    : descriptor_(descriptor),
      owned_(owned),
      size_(size),
      progress_(std::make_unique<ProgressBar>(console.err, SteadyTicks)) {
  progress_->Expect(size);
}

FileSource::FileSource(FileSource&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      owned_(other.owned_),
      size_(other.size_),
      progress_(std::move(other.progress_)) {}

FileSource::~FileSource() {
  if (descriptor_ >= 0 && owned_ == Owned::kYes) ::close(descriptor_);
}

Result<FileSource> FileSource::Open(const Console& console, const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == EACCES) return vault::Denied("the file may not be read");
    return vault::NotFound("no such file");
  }
  struct stat there {};
  std::optional<std::uint64_t> size;
  if (::fstat(descriptor, &there) == 0 && S_ISREG(there.st_mode)) {
    size = static_cast<std::uint64_t>(there.st_size);
  }
  FileSource source(console, descriptor, Owned::kYes, size);
  if (S_ISDIR(there.st_mode)) return vault::Invalid("a folder cannot be filed");
  return source;
}

FileSource FileSource::Over(const Console& console, int descriptor) {
  return FileSource(console, descriptor, Owned::kNo, std::nullopt);
}

Result<std::size_t> FileSource::Read(vault::MutableByteView buffer) {
  for (;;) {
    const ssize_t n = ::read(descriptor_, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return vault::Unavailable("the file cannot be read");
    progress_->Advance(static_cast<std::uint64_t>(n));
    return static_cast<std::size_t>(n);
  }
}

FileSink::FileSink(const Console& console, std::optional<std::string> path)
    : output_(console.out), path_(std::move(path)), progress_(console.err, SteadyTicks) {}

// The file is made when the answer begins, so that a refusal leaves nothing behind.
Status FileSink::Begin(const HttpHead&, std::optional<std::uint64_t> size) {
  progress_.Expect(size);
  if (!path_) return vault::Ok();
  TRY(OutputFile file, OutputFile::Create(*path_));
  file_.emplace(std::move(file));
  return vault::Ok();
}

Status FileSink::Write(vault::ByteView bytes) {
  TRY_VOID(file_ ? file_->Write(bytes) : WriteAll(output_, bytes));
  bytes_ += bytes.size();
  progress_.Advance(bytes.size());
  return vault::Ok();
}

Status FileSink::Finish() {
  if (!file_) return vault::Ok();
  return std::move(*file_).Finish();
}

}  // namespace tools
