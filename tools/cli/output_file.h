// OutputFile: a file that appears whole or not at all, readable by its owner only.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/outgoing_file.h"

namespace tools {

// OutputFile collects bytes under a temporary name beside the target (mode 0600) and takes the
// target's place at the end. Dropped before that, it leaves nothing behind. A device or pipe is
// written to at once, never replaced.
class OutputFile {
 public:
  // Errors: kUnavailable the folder is absent or full, or may not be written.
  static vault::Result<OutputFile> Create(const std::string& path);
  OutputFile(OutputFile&& other) noexcept
      : path_(std::move(other.path_)),
        temporary_(std::exchange(other.temporary_, {})),
        file_(std::exchange(other.file_, std::nullopt)),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  // Write takes the next bytes. Errors: kUnavailable these or earlier ones could not be written;
  // Finish tells of the last ones.
  vault::Status Write(vault::ByteView bytes);
  // Finish syncs the bytes and renames the file. Uses up: the file.
  vault::Status Finish() &&;

 private:
  explicit OutputFile(int device) : descriptor_(device) {}
  OutputFile(std::string path, std::string temporary, vault::OutgoingFile file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}
  std::string path_;
  std::string temporary_;                    // until it has taken the target's place
  std::optional<vault::OutgoingFile> file_;  // absent for a device
  int descriptor_ = -1;                      // the device
};

}  // namespace tools
