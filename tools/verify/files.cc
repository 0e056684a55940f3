#include "tools/verify/files.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tools {

vault::Result<std::string> ReadSmallFile(const std::string& path, std::uint64_t limit) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  if (!std::filesystem::exists(status)) return vault::NotFound("no such file");
  // A link is followed only when the user names one; below an exported log there are none.
  if (!std::filesystem::is_regular_file(std::filesystem::status(path, error))) {
    return vault::Invalid("not a regular file");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return vault::Unavailable("the file cannot be opened");
  std::string bytes;
  std::array<char, 65536> chunk{};
  // Read until the limit is passed, whatever size the file system says: it may be growing.
  while (stream && bytes.size() <= limit) {
    stream.read(chunk.data(), chunk.size());
    bytes.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) return vault::Unavailable("the file cannot be read");
  if (bytes.size() > limit) return vault::Invalid("the file is too large");
  return bytes;
}

}  // namespace tools
