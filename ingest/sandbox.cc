#include "ingest/sandbox.h"

#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace ingest {
namespace {

// kSanitized marks all that differs in builds with a sanitizer: no limit on address space, and one
// more system call.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

bool Limit(__rlimit_resource_t resource, std::uint64_t value) {
  rlimit limit{value, value};
  return setrlimit(resource, &limit) == 0;
}

// Landlock without a single allowed path: even if a system call slipped through the filter, there
// would be no file to reach. Kernels without it answer with an error, and the filter stands alone.
void ShutFiles() {
  long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return;
  constexpr std::uint64_t kFirstVersion = (1ull << 13) - 1;  // thirteen rights
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = kFirstVersion;
  if (version >= 2) rules.handled_access_fs |= 1ull << 13;  // refer
  if (version >= 3) rules.handled_access_fs |= 1ull << 14;  // truncate
  // The first member alone: what later kernels add to the structure is not ours to size.
  long ruleset = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules.handled_access_fs), 0);
  if (ruleset < 0) return;
  syscall(SYS_landlock_restrict_self, ruleset, 0);
  close(static_cast<int>(ruleset));
}

// FilterCalls lists what is left. Everything else ends the process.
bool FilterCalls() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  if (filter == nullptr) return false;
  bool ok = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0;
  for (int call : {
           SCMP_SYS(exit_group),
           SCMP_SYS(exit),
           SCMP_SYS(rt_sigreturn),
           SCMP_SYS(brk),
           SCMP_SYS(munmap),
           SCMP_SYS(mremap),
           SCMP_SYS(madvise),
           SCMP_SYS(futex),
           SCMP_SYS(clock_gettime),
           SCMP_SYS(getrandom),
       }) {
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
  }
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
                              SCMP_A0_32(SCMP_CMP_EQ, STDIN_FILENO, 0)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                              SCMP_A0_32(SCMP_CMP_EQ, STDOUT_FILENO, 0)) == 0;
  // Memory may be had, and never made executable.
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                              SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS)) == 0;
  // Sanitizers look at the signal stack before a call that does not return.
  if (kSanitized) {
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sigaltstack), 0) == 0;
  }
  ok = ok && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return ok;
}

}  // namespace

vault::Status Confine(const ConfinementLimits& limits) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return vault::Unavailable("the process's privileges cannot be given up");
  }
  if (close_range(STDERR_FILENO + 1, ~0u, 0) != 0) {
    return vault::Unavailable("inherited descriptors cannot be closed");
  }
  // Libraries that turn dates round ask for the zone's file, each time anew unless a zone is named.
  if (setenv("TZ", "UTC0", 1) != 0) return vault::Unavailable("the time zone cannot be settled");
  tzset();
  // Name spaces are extra: many systems and containers forbid them, and nothing rests on them.
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) != 0) {
    static_cast<void>(unshare(CLONE_NEWNET | CLONE_NEWIPC));
  }
  ShutFiles();
  // Sanitizer builds: their shadow memory is terabytes of address space.
  bool memory = kSanitized || Limit(RLIMIT_AS, limits.memory);
  bool limited = memory && Limit(RLIMIT_CPU, limits.seconds) && Limit(RLIMIT_FSIZE, 0) &&
                 Limit(RLIMIT_NPROC, 0) && Limit(RLIMIT_CORE, 0) && Limit(RLIMIT_NOFILE, 0);
  if (!limited) return vault::Unavailable("limits cannot be set");
  if (!FilterCalls()) return vault::Unavailable("the system call filter cannot be installed");
  return vault::Ok();
}

}  // namespace ingest
