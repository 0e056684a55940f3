// ClientParser: the client's own command line, to be asked and tried without running anything.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/commands.h"

namespace tools {

class ClientParser {
 public:
  ClientParser()
      : client_(
            {-1, -1, -1}, [](std::string_view) { return std::nullopt; }, "9.9.9") {
    BuildParser(app_, client_);
  }
  ClientParser(const ClientParser&) = delete;
  ClientParser& operator=(const ClientParser&) = delete;
  // Parse gives what is wrong with a command line; empty when nothing is.
  std::string Parse(std::vector<std::string> words) {
    try {
      app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::CallForHelp&) {
    } catch (const CLI::ParseError& wrong) {
      return wrong.what();
    }
    return "";
  }
  const CLI::App& app() const { return app_; }

 private:
  CLI::App app_;
  Client client_;
};

}  // namespace tools
