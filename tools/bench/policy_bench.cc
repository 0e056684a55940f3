// policy_bench: how fast the rules answer, on one core.
//
// Weighs a million documents of a shipped process against its retention rules and decides readings
// with the facts of each made anew, and prints both with their goals. Time is the processor's, so
// that what else the machine does makes no difference.
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/rule_book.h"

namespace {

constexpr std::size_t kDocuments = 1'000'000;
constexpr std::size_t kDecisions = 200'000;
constexpr double kWeighGoalSeconds = 2.0;
constexpr double kDecisionGoalMicroseconds = 20.0;

// Seconds this thread has run.
double Now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// A matter that has run its course, with times an hour apart.
vault::MatterFacts Finished(const policies::ProcessTemplate& rules, vault::UnixSeconds start) {
  vault::MatterFacts matter;
  matter.meeting = start;
  for (const auto& event : rules.Events()) matter.events.push_back({event.name, start += 3600});
  return matter;
}

struct Counts {
  std::size_t kept = 0, proposed = 0, blocked = 0, destroyed = 0;
};

Counts Weigh(const policies::ProcessTemplate& rules) {
  const vault::UnixSeconds start = 1'700'000'000;
  std::vector<vault::MatterFacts> matters;
  for (int i = 0; i < 100; ++i) matters.push_back(Finished(rules, start + 86400 * 7 * i));
  const auto classes = rules.Classes();
  Counts counts;
  for (std::size_t i = 0; i < kDocuments; ++i) {
    vault::RetentionFacts facts;
    facts.version = 1;
    facts.slot = static_cast<std::uint32_t>(i);
    facts.class_code = classes[i % classes.size()].code;
    facts.held = i % 17 == 0;
    facts.approved = i % 3 == 0;
    const vault::UnixSeconds now = start + 86400 * static_cast<vault::UnixSeconds>(i % 4000);
    const auto judgement = rules.Weigh(matters[i % matters.size()], facts, {now, now});
    switch (judgement.verdict.state) {
      case vault::RetentionState::kKeep:
        ++counts.kept;
        break;
      case vault::RetentionState::kProposed:
        ++counts.proposed;
        break;
      case vault::RetentionState::kBlocked:
        ++counts.blocked;
        break;
      case vault::RetentionState::kDestroy:
        ++counts.destroyed;
        break;
    }
  }
  return counts;
}

std::size_t Decide(const policies::ProcessTemplate& rules) {
  const auto classes = rules.Classes();
  const auto roles = rules.Roles();
  const auto events = rules.Events();
  std::size_t opened = 0;
  for (std::size_t i = 0; i < kDecisions; ++i) {
    // The facts are made anew each time, as they are for a request.
    vault::MatterFacts matter;
    const std::size_t happened = i % events.size();
    for (std::size_t e = 0; e <= happened; ++e) {
      matter.events.push_back(
          {events[e].name, 1'700'000'000 + 3600 * static_cast<vault::UnixSeconds>(e)});
    }
    vault::ReadingFacts facts;
    facts.roles = {roles[i % roles.size()].code, roles[(i / 7) % roles.size()].code};
    facts.class_code = classes[(i / 3) % classes.size()].code;
    facts.relation = static_cast<vault::Relation>(i % 3);
    facts.member = facts.attending = facts.participating = true;
    facts.assigned = facts.roles;
    const auto verdict = rules.Read(matter, facts);
    opened += verdict.code != vault::ReadingCode::kNone ? 1 : 0;
  }
  return opened;
}

}  // namespace

int main(int argc, char** argv) {
  const bool json = argc > 1 && std::string_view(argv[1]) == "--json";
  const int first = json ? 2 : 1;
  const std::string folder = argc > first ? argv[first] : STRONGROOM_POLICIES;
  if (argc > first + 1 || folder == "--help") {
    std::printf(
        "Usage: policy_bench [--json] [FOLDER]\n\nMeasures the rules of a folder of policies.\n"
        "Example: policy_bench policies\n");
    return argc > first + 1 ? 2 : 0;
  }
  auto book = policies::TemplateBook::LoadFolder(folder, [](vault::ByteView) { return ""; });
  if (!book.ok()) {
    for (const auto& fault : book.faults()) std::fprintf(stderr, "%s\n", fault.ToText().c_str());
    return 1;
  }
  bool met = true;
  if (!json) {
    std::printf("%-8s %14s %14s %16s\n", "process", "weigh 10^6 s", "decide us",
                "of 10^6 destroyed");
  }
  std::string members;
  for (const auto* rules : book.value()->Templates()) {
    double start = Now();
    const Counts counts = Weigh(*rules);
    const double weighed = Now() - start;
    start = Now();
    const std::size_t opened = Decide(*rules);
    const double decided = (Now() - start) * 1e6 / static_cast<double>(kDecisions);
    met = met && weighed < kWeighGoalSeconds && decided < kDecisionGoalMicroseconds && opened > 0;
    const std::string name(rules->template_id());
    if (json) {
      members += (members.empty() ? "\"" : ", \"") + name +
                 "\": {\"weigh_s\": " + std::to_string(weighed) +
                 ", \"decide_us\": " + std::to_string(decided) + "}";
      continue;
    }
    std::printf("%-8s %14.3f %14.3f %16zu\n", name.c_str(), weighed, decided, counts.destroyed);
  }
  if (json) {
    std::printf("{%s}\n", members.c_str());
  } else {
    std::printf("goals: weigh under %.1f s, decide under %.0f us: %s\n", kWeighGoalSeconds,
                kDecisionGoalMicroseconds, met ? "met" : "missed");
  }
  return met ? 0 : 1;
}
