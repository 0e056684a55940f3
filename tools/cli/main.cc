#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tools/cli/client.h"

int main(int argc, char** argv) {
  // A server that closes early is an error to report, not a reason to vanish.
  ::signal(SIGPIPE, SIG_IGN);
  tools::Variables variables = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  tools::Client client({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}, variables, STRONGROOM_VERSION);
  client.policy_folder = STRONGROOM_POLICIES;
  return tools::RunClient(std::vector<std::string>(argv + 1, argv + argc), client);
}
