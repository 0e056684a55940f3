#include "tools/cli/token_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "tools/cli/console.h"
#include "tools/cli/output_file.h"

namespace tools {
namespace {

constexpr std::size_t kTokenSize = 43;  // base64url of 32 bytes

// Made by hand: the library's version would give new folders the mode of the umask alone.
vault::Status MakePrivateFolders(const std::filesystem::path& folder) {
  std::filesystem::path made;
  for (const auto& part : folder) {
    made /= part;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES) {
      return vault::Unavailable("the folder of the token file cannot be made");
    }
  }
  return vault::Ok();
}

}  // namespace

vault::Result<std::string> DefaultTokenFile(const Variables& variables) {
  if (auto state = variables("XDG_STATE_HOME"); state && state->starts_with('/')) {
    return *state + "/strongroom/token";
  }
  if (auto home = variables("HOME"); home && !home->empty()) {
    return *home + "/.local/state/strongroom/token";
  }
  return vault::Invalid("name a token file with --token-file");
}

vault::Status WriteTokenFile(const std::string& path, const vault::Plaintext& token) {
  TRY_VOID(MakePrivateFolders(std::filesystem::path(path).parent_path()));
  TRY(OutputFile file, OutputFile::Create(path));
  TRY_VOID(file.Write(token.view()));
  TRY_VOID(file.Write(vault::AsBytes("\n")));
  return std::move(file).Finish();
}

vault::Result<vault::Plaintext> ReadTokenFile(const std::string& path) {
  auto token = ReadSecretFile(path);
  if (!token.ok()) {
    if (token.error().code == vault::Errc::kNotFound) {
      return vault::Denied("nobody is signed in: use strongroom login");
    }
    return vault::Error{token.error().code, "the token file cannot be read"};
  }
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const std::string_view text = token.value().text();
  if (text.size() != kTokenSize || text.find_first_not_of(kAlphabet) != std::string_view::npos) {
    return vault::Invalid("the token file holds no token");
  }
  return token;
}

vault::Status RemoveTokenFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return vault::Unavailable("the token file cannot be removed");
  }
  return vault::Ok();
}

}  // namespace tools
