// OutputFile: a file that appears whole or not at all, readable by its owner only.
#pragma once

#include <string>
#include <utility>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace tools {

// OutputFile collects bytes under a temporary name beside the target (mode 0600) and takes the
// target's place at the end. Dropped before that, it leaves nothing behind.
class OutputFile {
 public:
  // Errors: kUnavailable the folder is absent or full, or may not be written.
  static vault::Result<OutputFile> Create(const std::string& path);
  OutputFile(OutputFile&& other) noexcept
      : path_(std::move(other.path_)),
        temporary_(std::exchange(other.temporary_, {})),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  vault::Status Write(vault::ByteView bytes);
  // Finish syncs the bytes and renames the file. Uses up: the file.
  vault::Status Finish() &&;

 private:
  OutputFile(std::string path, std::string temporary, int descriptor)
      : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}
  std::string path_;
  std::string temporary_;
  int descriptor_;
};

}  // namespace tools
