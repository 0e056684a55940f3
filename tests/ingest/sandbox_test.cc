#include "ingest/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>

#include "tests/support/sanitizers.h"

namespace ingest {
namespace {

constexpr ConfinementLimits kLimits = {256u << 20, 5};
constexpr int kSurvived = 42;
constexpr int kNotConfined = 43;

// Confined runs an act in a child that is shut in first, and gives the child's wait status. The
// child leaves by _exit, with what the act returns.
int Confined(const std::function<int()>& act) {
  pid_t child = fork();
  if (child == 0) {
    if (!Confine(kLimits).ok()) _exit(kNotConfined);
    _exit(act());
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

bool KilledByTheFilter(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS; }

TEST(Sandbox, AConfinedProcessCanStillThink) {
  int status = Confined([] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += 'x';
    void* large = std::malloc(8 << 20);
    std::free(large);
    return text.size() == 100'000 && large != nullptr ? kSurvived : 0;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kSurvived);
}

TEST(Sandbox, OpeningAFileEndsIt) {
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    open("/etc/passwd", O_RDONLY);
    return kSurvived;
  })));
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    open("/tmp/strongroom-must-not-exist", O_WRONLY | O_CREAT, 0600);
    return kSurvived;
  })));
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    syscall(SYS_memfd_create, "x", 0);
    return kSurvived;
  })));
}

TEST(Sandbox, ASocketEndsIt) {
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    socket(AF_INET, SOCK_STREAM, 0);
    return kSurvived;
  })));
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    return kSurvived;
  })));
}

TEST(Sandbox, StartingAProcessEndsIt) {
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    syscall(SYS_fork);
    return kSurvived;
  })));
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    execl("/bin/true", "true", nullptr);
    return kSurvived;
  })));
}

TEST(Sandbox, LookingAtOtherProcessesEndsIt) {
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    kill(getppid(), 0);
    return kSurvived;
  })));
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    ptrace(PTRACE_ATTACH, 1, nullptr, nullptr);
    return kSurvived;
  })));
}

TEST(Sandbox, ExecutableMemoryEndsIt) {
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return kSurvived;
  })));
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
    return kSurvived;
  })));
}

TEST(Sandbox, OnlyItsTwoDescriptorsCanBeUsed) {
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    static_cast<void>(!write(STDERR_FILENO, "x", 1));
    return kSurvived;
  })));
  EXPECT_TRUE(KilledByTheFilter(Confined([] {
    char byte;
    static_cast<void>(!read(STDERR_FILENO + 1, &byte, 1));
    return kSurvived;
  })));
}

TEST(Sandbox, InheritedDescriptorsAreClosed) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    if (!Confine(kLimits).ok()) _exit(kNotConfined);
    // Waits for ever unless the parent sees the pipe's other end closed and hangs up.
    char byte;
    static_cast<void>(!read(STDIN_FILENO, &byte, 1));
    _exit(kSurvived);
  }
  close(ends[1]);
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);
  close(ends[0]);
  kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
}

#ifndef STRONGROOM_UNDER_ADDRESS_SANITIZER
// With shadow memory this one limit is off (sandbox.cc).
TEST(Sandbox, MemoryHasALimit) {
  int status = Confined([] {
    void* modest = std::malloc(16 << 20);
    void* large = std::malloc(std::size_t{512} << 20);
    return modest != nullptr && large == nullptr ? kSurvived : 0;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kSurvived);
}
#endif

TEST(Sandbox, ProcessorTimeHasALimit) {
  pid_t child = fork();
  if (child == 0) {
    if (!Confine({std::uint64_t{512} << 20, 1}).ok()) _exit(kNotConfined);
    for (std::atomic<unsigned> spin{0};;) spin.fetch_add(1);
  }
  int status = 0;
  rusage usage{};
  EXPECT_EQ(wait4(child, &status, 0, &usage), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
  EXPECT_LT(usage.ru_utime.tv_sec, 4);
}

}  // namespace
}  // namespace ingest
