#include "tools/cli/output_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/cli/console.h"

namespace tools {

vault::Result<OutputFile> OutputFile::Create(const std::string& path) {
  // A device or pipe is written to, never replaced.
  struct stat there {};
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    if (S_ISDIR(there.st_mode)) return vault::Conflict("the output is a folder: name a file");
    const int device = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (device < 0) return vault::Unavailable("the output cannot be opened");
    return OutputFile(path, {}, device);
  }
  std::string temporary = path + ".XXXXXX";
  const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);  // mode 0600
  if (descriptor < 0) return vault::Unavailable("the output file cannot be created");
  return OutputFile(path, std::move(temporary), descriptor);
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

vault::Status OutputFile::Write(vault::ByteView bytes) {
  if (!WriteAll(descriptor_, bytes).ok()) {
    return vault::Unavailable("the output file cannot be written");
  }
  return vault::Ok();
}

vault::Status OutputFile::Finish() && {
  if (!temporary_.empty() &&
      (::fsync(descriptor_) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0)) {
    return vault::Unavailable("the output file cannot be put in its place");
  }
  ::close(std::exchange(descriptor_, -1));
  return vault::Ok();
}

}  // namespace tools
