// ClientBench: the client program run inside a test, with pipes for its input and outputs.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/memory_descriptor.h"
#include "tests/support/temp_folder.h"
#include "tools/cli/client.h"

namespace tools {

// ClientBench keeps what one command prints. The environment holds only what a test puts there.
class ClientBench {
 public:
  struct Outcome {
    int exit = -1;
    std::string out;
    std::string err;
  };

  std::map<std::string, std::string, std::less<>> environment;
  std::string input;

  ClientBench() { environment["HOME"] = folder_.path(); }
  const std::string& folder() const { return folder_.path(); }
  std::string At(const std::string& name) const { return folder_.At(name); }
  std::string Write(const std::string& name, std::string_view text) const {
    const std::string path = At(name);
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(file >= 0 && WriteAll(file, vault::AsBytes(text)).ok());
    ::close(file);
    return path;
  }

  std::string Read(const std::string& name) const {
    std::ifstream in(At(name), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  Outcome Run(const std::vector<std::string>& arguments) const {
    vault::MemoryDescriptor in(input);
    vault::MemoryDescriptor out("");
    vault::MemoryDescriptor err("");
    const auto variables = [this](std::string_view name) -> std::optional<std::string> {
      auto found = environment.find(name);
      if (found == environment.end()) return std::nullopt;
      return found->second;
    };
    Client client({in.get(), out.get(), err.get()}, variables, "9.9.9");
    client.policy_folder = STRONGROOM_SOURCE_DIR "/policies";
    Outcome outcome;
    outcome.exit = RunClient(arguments, client);
    outcome.out = out.Text();
    outcome.err = err.Text();
    return outcome;
  }

 private:
  vault::TempFolder folder_;
};

}  // namespace tools
