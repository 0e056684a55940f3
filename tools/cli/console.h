// Console: the three descriptors of a command, and secrets read from them without echo.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace tools {

// Console is where a command reads and writes. Not owned; tests hand in pipes.
struct Console {
  int in;
  int out;
  int err;
};

// WriteAll writes every byte. Errors: kUnavailable the descriptor refuses.
vault::Status WriteAll(int descriptor, vault::ByteView bytes);
// Say writes text and a newline; an output nobody reads any more is no error of ours.
void Say(int descriptor, std::string_view text);
// IsTerminal says whether a person sits at the descriptor.
bool IsTerminal(int descriptor);

// ReadSecretFile reads a secret of at most 64 KiB; one trailing newline is left out.
// Errors: kNotFound no such file; kDenied it may not be read; kInvalid too long or empty.
vault::Result<vault::Plaintext> ReadSecretFile(const std::string& path);
// SecretLines takes a secret of one part a line apart; blank lines are passed over.
std::vector<vault::Plaintext> SecretLines(const vault::Plaintext& text);
// ReadSecret takes a secret from the file, else from a prompt without echo when standard input is a
// terminal, else from all of standard input.
// Errors: as ReadSecretFile; kInvalid interrupted or empty.
vault::Result<vault::Plaintext> ReadSecret(const Console& console, std::string_view prompt,
                                           const std::optional<std::string>& file);
// ReadSecretLine is ReadSecret, but takes one line of standard input and leaves the next.
vault::Result<vault::Plaintext> ReadSecretLine(const Console& console, std::string_view prompt,
                                               const std::optional<std::string>& file);

}  // namespace tools
