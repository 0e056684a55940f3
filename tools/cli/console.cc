#include "tools/cli/console.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace tools {
namespace {

using vault::Plaintext;
using vault::Result;

constexpr std::size_t kMaximumSecret = 64 * 1024;
constexpr std::uint8_t kInterrupt = 3;  // Ctrl-C

enum class Until { kNewline, kEnd };

// Bytes are read one at a time up to a newline, so that a second secret on the same input is left.
Result<Plaintext> ReadInput(int descriptor, Until until) {
  Plaintext secret;
  std::uint8_t buffer[4096];
  const std::size_t step = until == Until::kNewline ? 1 : sizeof buffer;
  for (;;) {
    ssize_t n = ::read(descriptor, buffer, step);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return vault::Unavailable("the secret cannot be read");
    if (n == 0) break;
    if (until == Until::kNewline && (buffer[0] == '\n' || buffer[0] == kInterrupt)) {
      if (buffer[0] == kInterrupt) return vault::Invalid("interrupted");
      break;
    }
    secret.Append({buffer, static_cast<std::size_t>(n)});
    vault::WipeMemory(buffer, sizeof buffer);
    if (secret.size() > kMaximumSecret) return vault::Invalid("the secret is longer than 64 KiB");
  }
  return secret;
}

Result<Plaintext> Trimmed(Plaintext secret) {
  std::string_view text = secret.text();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() < secret.size() && text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return vault::Invalid("the secret is empty");
  secret.Resize(text.size());
  return secret;
}

// Echo is off while this lives. Ctrl-C ends the line instead of the process, so that the terminal
// is never left without echo.
class SilentTerminal {
 public:
  explicit SilentTerminal(int descriptor) : descriptor_(descriptor) {
    changed_ = ::tcgetattr(descriptor, &before_) == 0;
    if (!changed_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_lflag |= ICANON;
    silent.c_cc[VEOL] = kInterrupt;
    changed_ = ::tcsetattr(descriptor, TCSAFLUSH, &silent) == 0;
  }
  ~SilentTerminal() {
    if (changed_) ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  bool silent() const { return changed_; }

 private:
  int descriptor_;
  termios before_{};
  bool changed_ = false;
};

Result<Plaintext> Prompt(const Console& console, std::string_view prompt) {
  SilentTerminal terminal(console.in);
  if (!terminal.silent()) return vault::Unavailable("the terminal's echo cannot be switched off");
  std::string text(prompt);
  text += ": ";
  TRY_VOID(WriteAll(console.err, vault::AsBytes(text)));
  auto secret = ReadInput(console.in, Until::kNewline);
  Say(console.err, "");
  if (!secret.ok()) return std::move(secret).error();
  return Trimmed(std::move(secret).value());
}

Result<Plaintext> Read(const Console& console, std::string_view prompt,
                       const std::optional<std::string>& file, Until until) {
  if (file) return ReadSecretFile(*file);
  if (IsTerminal(console.in)) return Prompt(console, prompt);
  TRY(Plaintext secret, ReadInput(console.in, until));
  return Trimmed(std::move(secret));
}

}  // namespace

vault::Status WriteAll(int descriptor, vault::ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return vault::Unavailable("the output cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return vault::Ok();
}

void Say(int descriptor, std::string_view text) {
  std::string line(text);
  line += '\n';
  if (!WriteAll(descriptor, vault::AsBytes(line)).ok()) return;
}

bool IsTerminal(int descriptor) { return ::isatty(descriptor) == 1; }

Result<Plaintext> ReadSecretFile(const std::string& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == EACCES) return vault::Denied("the secret's file may not be read");
    return vault::NotFound("the secret's file cannot be opened");
  }
  auto secret = ReadInput(descriptor, Until::kEnd);
  ::close(descriptor);
  if (!secret.ok()) return std::move(secret).error();
  return Trimmed(std::move(secret).value());
}

std::vector<Plaintext> SecretLines(const Plaintext& text) {
  std::vector<Plaintext> lines;
  std::string_view rest = text.text();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    lines.push_back(Plaintext::CopyOf(vault::AsBytes(line)));
  }
  return lines;
}

Result<Plaintext> ReadSecret(const Console& console, std::string_view prompt,
                             const std::optional<std::string>& file) {
  return Read(console, prompt, file, Until::kEnd);
}

Result<Plaintext> ReadSecretLine(const Console& console, std::string_view prompt,
                                 const std::optional<std::string>& file) {
  return Read(console, prompt, file, Until::kNewline);
}

}  // namespace tools
