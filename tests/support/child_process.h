// RunInChild: an act that may end in Fatal, run in a process of its own.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <thread>

#include "tests/support/sanitizers.h"
#include "vault/base/result.h"

namespace vault {

// ChildEnd says how the act ended: it returned, returned an error, or stopped the process (Fatal).
// Anything else (a sanitizer's report, another signal) is kBroken.
enum class ChildEnd { kDone, kError, kStopped, kBroken };

// ThreadsListed counts the threads of this process that the kernel lists.
inline std::ptrdiff_t ThreadsListed() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return std::distance(begin(threads), end(threads));
}

// RunInChild forks, runs the act, and waits. The child's messages are dropped. The caller has no
// other thread: the child would have none of them, but every lock that one of them holds just then.
inline ChildEnd RunInChild(const std::function<Status()>& act) {
  // The thread sanitizer keeps a thread of its own.
  if (!kUnderThreadSanitizer) {
    // One that was joined just now may be listed a moment longer.
    for (int i = 0; i < 10000 && ThreadsListed() != 1; ++i) std::this_thread::yield();
    CHECK(ThreadsListed() == 1);
  }
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
    const Status status = act();
    // Without the destructors of the parent's test.
    ::_exit(status.ok() ? 0 : 3);
  }
  int state = 0;
  CHECK(::waitpid(child, &state, 0) == child);
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return ChildEnd::kDone;
  if (WIFEXITED(state) && WEXITSTATUS(state) == 3) return ChildEnd::kError;
  if (WIFSIGNALED(state) && WTERMSIG(state) == SIGABRT) return ChildEnd::kStopped;
  return ChildEnd::kBroken;
}

}  // namespace vault
