// TokenFile: the session a person carries from one command to the next.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace tools {

// Variables answers for the environment.
using Variables = std::function<std::optional<std::string>(std::string_view)>;

// DefaultTokenFile is $XDG_STATE_HOME/strongroom/token, else ~/.local/state/strongroom/token.
// Errors: kInvalid neither variable is set.
vault::Result<std::string> DefaultTokenFile(const Variables& variables);
// WriteTokenFile replaces the file in one step, readable by its owner only; missing folders are
// made the same way. Errors: kUnavailable it cannot be written.
vault::Status WriteTokenFile(const std::string& path, const vault::Plaintext& token);
// ReadTokenFile. Errors: kDenied there is none: nobody is signed in; kInvalid it holds no token.
vault::Result<vault::Plaintext> ReadTokenFile(const std::string& path);
// RemoveTokenFile: an absent file is no error. Errors: kUnavailable.
vault::Status RemoveTokenFile(const std::string& path);

}  // namespace tools
