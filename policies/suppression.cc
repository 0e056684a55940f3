#include "policies/suppression.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace policies {
namespace {

// A set of equations over unknown counts: one follows from them exactly when some combination of
// equations leaves it alone. Coefficients are 1 and -1, so counting modulo a large prime is as good
// as counting in fractions. Each equation holds few unknowns of many, so only those are kept.
class Equations {
 public:
  struct Entry {
    std::size_t at = 0;
    std::int64_t value = 0;
  };
  using Row = std::vector<Entry>;  // by `at`, no value 0

  void Add(Row row) {
    for (Entry& entry : row) entry.value = Modulo(entry.value);
    while (!row.empty()) {
      const auto pivot = rows_.find(row.front().at);
      if (pivot != rows_.end()) {
        row = Minus(row, pivot->second, row.front().value);
        continue;
      }
      const std::int64_t factor = Inverse(row.front().value);
      for (Entry& entry : row) entry.value = entry.value * factor % kPrime;
      const std::size_t at = row.front().at;
      rows_.emplace(at, std::move(row));
      return;
    }
  }

  // Followed gives the unknowns that follow from the equations.
  std::vector<std::size_t> Followed() {
    std::vector<std::size_t> alone;
    // From the last to the first: the rows behind hold no other row's first unknown any more.
    for (auto at = rows_.rbegin(); at != rows_.rend(); ++at) {
      const Row before = at->second;
      for (std::size_t i = 1; i < before.size(); ++i) {
        const auto pivot = rows_.find(before[i].at);
        if (pivot == rows_.end()) continue;
        at->second = Minus(at->second, pivot->second, before[i].value);
      }
      if (at->second.size() == 1) alone.push_back(at->first);
    }
    return alone;
  }

 private:
  static constexpr std::int64_t kPrime = 2'147'483'647;

  static std::int64_t Modulo(std::int64_t value) { return ((value % kPrime) + kPrime) % kPrime; }
  static std::int64_t Inverse(std::int64_t value) {
    std::int64_t result = 1;
    std::int64_t power = Modulo(value);
    for (std::int64_t left = kPrime - 2; left > 0; left /= 2) {
      if (left % 2 == 1) result = result * power % kPrime;
      power = power * power % kPrime;
    }
    return result;
  }
  static Row Minus(const Row& row, const Row& other, std::int64_t factor) {
    Row out;
    out.reserve(row.size() + other.size());
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < row.size() || j < other.size()) {
      if (j == other.size() || (i < row.size() && row[i].at < other[j].at)) {
        out.push_back(row[i++]);
        continue;
      }
      const std::int64_t less = other[j].value * factor % kPrime;
      const bool both = i < row.size() && row[i].at == other[j].at;
      const std::int64_t value = Modulo((both ? row[i].value : 0) - less);
      if (value != 0) out.push_back({other[j].at, value});
      if (both) ++i;
      ++j;
    }
    return out;
  }

  std::map<std::size_t, Row> rows_;  // by their first unknown
};

class Hider {
 public:
  Hider(const std::vector<CountCell>& cells, const std::vector<CountSum>& sums, int small)
      : cells_(cells), sums_(sums), small_(small), lines_of_(cells.size()) {
    hidden_.assign(cells.size(), false);
    helpless_.assign(cells.size(), false);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      hidden_[i] = Unseen(i) || (cells[i].kind == CellKind::kCount && Small(i));
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      for (std::size_t cell : Line(i)) lines_of_[cell].push_back(i);
    }
  }

  std::vector<bool> Run() {
    while (Step(Reader::kOfTheTable) || Step(Reader::kWhoKnowsNoughts)) {
    }
    return hidden_;
  }

 private:
  enum class Reader : std::uint8_t { kOfTheTable, kWhoKnowsNoughts };

  bool Unseen(std::size_t cell) const {
    return cells_[cell].kind == CellKind::kRest || cells_[cell].kind == CellKind::kOpen;
  }
  bool Small(std::size_t cell) const { return cells_[cell].count < small_; }
  bool Unknown(std::size_t cell, Reader reader) const {
    return hidden_[cell] && (reader == Reader::kOfTheTable || cells_[cell].count != 0);
  }
  bool Secret(std::size_t cell, Reader reader) const {
    if (helpless_[cell] || cells_[cell].kind == CellKind::kOpen) return false;
    if (reader == Reader::kWhoKnowsNoughts) return Small(cell) && cells_[cell].count != 0;
    // What covers another is no cover once it follows itself.
    return cells_[cell].kind == CellKind::kCount || Small(cell);
  }

  // The parts go first: among equals a part is hidden before its whole, which more depends on.
  std::vector<std::size_t> Line(std::size_t sum) const {
    std::vector<std::size_t> line = sums_[sum].parts;
    line.push_back(sums_[sum].whole);
    return line;
  }

  // Step hides more, as far as something follows for this reader; false: nothing does.
  bool Step(Reader reader) {
    bool hid = false;
    for (std::size_t sum = 0; sum < sums_.size(); ++sum) {
      const std::vector<std::size_t> line = Line(sum);
      std::size_t alone = 0;
      std::size_t unknown = 0;
      for (std::size_t cell : line) {
        if (!Unknown(cell, reader)) continue;
        alone = cell;
        ++unknown;
      }
      if (unknown != 1 || !Secret(alone, reader)) continue;
      std::optional<std::size_t> cover;
      for (std::size_t cell : line) Better(cell, cover);
      if (!cover) continue;
      hidden_[*cover] = true;
      hid = true;
    }
    return hid || StepByEquations(reader);
  }

  bool StepByEquations(Reader reader) {
    bool hid = false;
    std::set<std::size_t> touched;  // sums in which something was hidden just now
    for (std::size_t cell : Followed(reader)) {
      if (!Secret(cell, reader)) continue;
      // It may not follow any more: if it does, the next step finds it.
      const bool waits = std::any_of(lines_of_[cell].begin(), lines_of_[cell].end(),
                                     [&touched](std::size_t sum) { return touched.contains(sum); });
      if (waits) continue;
      const auto cover = Cover(cell);
      if (!cover) {
        helpless_[cell] = true;
        continue;
      }
      hidden_[*cover] = true;
      hid = true;
      touched.insert(lines_of_[*cover].begin(), lines_of_[*cover].end());
    }
    return hid;
  }

  std::vector<std::size_t> Followed(Reader reader) const {
    // What nobody is shown goes first: each of those stands in few sums, so that putting the sums
    // into one another stays cheap.
    std::vector<std::size_t> unknowns;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (Unseen(i) && Unknown(i, reader)) unknowns.push_back(i);
    }
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (!Unseen(i) && Unknown(i, reader)) unknowns.push_back(i);
    }
    std::map<std::size_t, std::size_t> place;
    for (std::size_t i = 0; i < unknowns.size(); ++i) place[unknowns[i]] = i;
    Equations equations;
    for (const CountSum& sum : sums_) {
      std::map<std::size_t, std::int64_t> factors;
      const auto add = [&](std::size_t cell, std::int64_t sign) {
        const auto at = place.find(cell);
        if (at != place.end()) factors[at->second] += sign;
      };
      add(sum.whole, -1);
      for (std::size_t part : sum.parts) add(part, 1);
      Equations::Row row;
      for (const auto& [at, factor] : factors) {
        if (factor != 0) row.push_back({at, factor});
      }
      equations.Add(std::move(row));
    }
    std::vector<std::size_t> cells;
    for (std::size_t at : equations.Followed()) cells.push_back(unknowns[at]);
    return cells;
  }

  // Better takes a shown cell that is smaller. A nought covers nothing from who knows it.
  void Better(std::size_t cell, std::optional<std::size_t>& best) const {
    if (hidden_[cell] || cells_[cell].count == 0) return;
    if (!best || cells_[cell].count < cells_[*best].count) best = cell;
  }

  // Cover gives the smallest shown cell that shares a sum with this one, or else with one that is
  // hidden beside it, and so on. None: nothing but noughts is shown near it, and then every hidden
  // count could be twice as large, so that only a nought follows from noughts.
  std::optional<std::size_t> Cover(std::size_t cell) const {
    std::set<std::size_t> seen = {cell};
    std::vector<std::size_t> ring = {cell};
    while (!ring.empty()) {
      std::optional<std::size_t> best;
      std::vector<std::size_t> next;
      for (std::size_t at : ring) {
        for (std::size_t sum : lines_of_[at]) {
          for (std::size_t other : Line(sum)) {
            Better(other, best);
            if (hidden_[other] && seen.insert(other).second) next.push_back(other);
          }
        }
      }
      if (best) return best;
      ring = std::move(next);
    }
    return std::nullopt;
  }

  const std::vector<CountCell>& cells_;
  const std::vector<CountSum>& sums_;
  const std::int64_t small_;
  std::vector<std::vector<std::size_t>> lines_of_;  // the sums a cell stands in
  std::vector<bool> hidden_;
  std::vector<bool> helpless_;
};

}  // namespace

std::vector<bool> Hide(const std::vector<CountCell>& cells, const std::vector<CountSum>& sums,
                       int small) {
  return Hider(cells, sums, small).Run();
}

}  // namespace policies
