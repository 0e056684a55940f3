#include "tools/cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string_view>

#include "tools/cli/console.h"

namespace tools {
namespace {

using vault::Status;

// RandomEnding is 30 random bits: the file is made only where none has that name already.
std::string RandomEnding() {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  vault::ByteArray<6> random;
  CHECK(::getentropy(random.data(), random.size()) == 0);
  std::string ending = ".";
  for (const std::uint8_t byte : random) ending += kLetters[byte % kLetters.size()];
  return ending;
}

// Of our own failures the person sees the cause: a full disk is theirs to empty.
Status AboutTheOutput(const Status& status) {
  if (status.ok()) return vault::Ok();
  return vault::Unavailable("the output: " + status.error().detail);
}

}  // namespace

vault::Result<OutputFile> OutputFile::Create(const std::string& path) {
  // A device or pipe is written to, never replaced.
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    if (S_ISDIR(there.st_mode)) return vault::Conflict("the output is a folder: name a file");
    const int device = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (device < 0) return vault::Unavailable("the output cannot be opened");
    return OutputFile(device);
  }
  std::string temporary = path + RandomEnding();
  auto file = vault::OutgoingFile::Create(temporary);
  if (!file.ok()) return vault::Unavailable("the output: " + file.error().detail);
  return OutputFile(path, std::move(temporary), std::move(file).value());
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (temporary_.empty()) return;
  file_.reset();  // nothing is written any more
  ::unlink(temporary_.c_str());
}

Status OutputFile::Write(vault::ByteView bytes) {
  if (file_) return AboutTheOutput(file_->Write(bytes));
  if (!WriteAll(descriptor_, bytes).ok()) {
    return vault::Unavailable("the output file cannot be written");
  }
  return vault::Ok();
}

Status OutputFile::Finish() && {
  if (!file_) {
    ::close(std::exchange(descriptor_, -1));
    return vault::Ok();
  }
  TRY_VOID(AboutTheOutput(file_->Finish()));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return vault::Unavailable("the output file cannot be put in its place");
  }
  temporary_.clear();
  file_.reset();
  return vault::Ok();
}

}  // namespace tools
