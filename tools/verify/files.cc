#include "tools/verify/files.h"

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
  // One byte more than allowed shows that there is more, whatever the size was said to be.
  std::string bytes(limit + 1, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad()) return vault::Unavailable("the file cannot be read");
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  if (bytes.size() > limit) return vault::Invalid("the file is too large");
  return bytes;
}

}  // namespace tools
