#include "policies/ranking.h"

#include <algorithm>
#include <map>
#include <set>

namespace policies {

using vault::RecordFacts;

Ranking Rank(const RankingRule& rule, std::span<const RecordFacts> records) {
  struct Known {
    std::set<std::string> different;
    std::string latest;
  };
  std::map<std::string, Known> people;
  for (const RecordFacts& record : records) {
    if (record.kind != rule.of) continue;
    const std::string subject(record.First(rule.subject));
    if (subject.empty()) continue;
    Known& known = people[subject];  // who is on the list and known to nobody counts 0
    const bool counts = std::all_of(rule.where.begin(), rule.where.end(),
                                    [&record](const Guard& guard) { return guard.Holds(record); });
    if (!counts) continue;
    known.different.emplace(record.First(rule.distinct));
    if (rule.tie_break.empty()) continue;
    // Dates written YYYY-MM-DD sort as text.
    known.latest = std::max(known.latest, std::string(record.First(rule.tie_break)));
  }
  Ranking ranking;
  for (const auto& [subject, known] : people) {
    ranking.list.push_back(
        {subject, static_cast<int>(known.different.size()), known.latest, false});
  }
  std::stable_sort(ranking.list.begin(), ranking.list.end(), [](const Ranked& a, const Ranked& b) {
    return a.count != b.count ? a.count > b.count : a.latest > b.latest;
  });
  const auto take = std::min(static_cast<std::size_t>(rule.take), ranking.list.size());
  for (std::size_t i = 0; i < take; ++i) ranking.list[i].chosen = true;
  if (take == 0 || take == ranking.list.size()) return ranking;
  const Ranked& last = ranking.list[take - 1];
  const Ranked& next = ranking.list[take];
  if (last.count != next.count) return ranking;
  for (const Ranked& line : ranking.list) {
    if (line.count == last.count) ranking.tied.push_back(line.subject);
  }
  ranking.settled = last.latest != next.latest;
  return ranking;
}

}  // namespace policies
