// Swtpm: a TPM in software, in a process and a folder of the test's own.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "tests/support/temp_folder.h"
#include "vault/base/result.h"
#include "vault/keys/tpm_device.h"

namespace vault {

// Swtpm runs until it goes. Its socket's path must be short, so its folder lies in /tmp.
class Swtpm {
 public:
  Swtpm() {
    SilenceTpmLibrary();
    std::string pattern = "/tmp/swtpm-XXXXXX";
    CHECK(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    Start();
  }
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;
  ~Swtpm() {
    Stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string tcti() const { return "swtpm:path=" + folder_ + "/tpm"; }
  // State is what it keeps on its disk, in clear.
  std::string State() const {
    std::ifstream stream(folder_ + "/tpm2-00.permall", std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  // Restart switches it off and on, as a machine's power does.
  void Restart() {
    Stop();
    std::filesystem::remove(folder_ + "/tpm");
    std::filesystem::remove(folder_ + "/tpm.ctrl");
    Start();
  }
  void Stop() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

 private:
  void Start() {
    child_ = ::fork();
    CHECK(child_ >= 0);
    if (child_ == 0) {
      const std::string state = "dir=" + folder_;
      const std::string server = "type=unixio,path=" + folder_ + "/tpm";
      const std::string control = "type=unixio,path=" + folder_ + "/tpm.ctrl";
      const std::string log = "file=" + folder_ + "/log";
      ::execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state.c_str(), "--server",
               server.c_str(), "--ctrl", control.c_str(), "--log", log.c_str(), "--flags",
               "not-need-init,startup-clear", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    Await();
  }
  // Await returns when it takes connections, and says so when it never will.
  void Await() {
    for (int tries = 0; tries < 1000; ++tries) {
      int state = 0;
      const bool ended = ::waitpid(child_, &state, WNOHANG) == child_;
      CHECK(!ended);  // swtpm is not installed, or cannot start
      if (Listening(folder_ + "/tpm.ctrl") && Listening(folder_ + "/tpm")) return;
      ::poll(nullptr, 0, 10);
    }
    CHECK(false);
  }
  // Listening says whether a socket takes connections: its file is there a moment earlier. A
  // connection made to find out would be a client that leaves.
  static bool Listening(const std::string& path) {
    std::ifstream sockets("/proc/net/unix");
    std::string number, references, protocol, flags, type, state, node, name;
    std::getline(sockets, name);
    for (std::string line; std::getline(sockets, line);) {
      std::istringstream words(line);
      words >> number >> references >> protocol >> flags >> type >> state >> node >> name;
      if (words && name == path && flags == "00010000") return true;
    }
    return false;
  }
  std::string folder_;
  pid_t child_ = 0;
};

}  // namespace vault
