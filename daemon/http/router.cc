#include "daemon/http/router.h"

#include <algorithm>
#include <optional>

#include "vault/base/text.h"

namespace service {
namespace {

std::string_view VerbName(Verb verb) {
  switch (verb) {
    case Verb::kGet:
    case Verb::kGetOnly:
      return "GET";
    case Verb::kPost:
      return "POST";
    case Verb::kPut:
      return "PUT";
    case Verb::kPatch:
      return "PATCH";
    case Verb::kDelete:
      return "DELETE";
  }
  return "";
}

bool Answers(Verb verb, Method method) {
  if (method == Method::kHead) return verb == Verb::kGet;
  return VerbName(verb) == MethodName(method);
}

}  // namespace

void Router::Add(Route route) {
  CHECK(route.pattern.starts_with('/'));
  CHECK(route.handler != nullptr);
  Entry entry{std::move(route), {}};
  const std::string_view pattern = entry.route.pattern;
  for (std::string_view text : vault::Split(pattern.substr(1), '/')) {
    CHECK(entry.parts.empty() || entry.parts.back().kind != Part::Kind::kRest);
    if (!text.starts_with('{')) {
      CHECK(text.find_first_of("{}") == std::string_view::npos);
      entry.parts.push_back({Part::Kind::kLiteral, std::string(text)});
      continue;
    }
    CHECK(text.ends_with('}'));
    text = text.substr(1, text.size() - 2);
    const bool rest = text.ends_with("...");
    if (rest) text.remove_suffix(3);
    CHECK(!text.empty());
    entry.parts.push_back({rest ? Part::Kind::kRest : Part::Kind::kOne, std::string(text)});
  }
  for (const Entry& other : entries_) {
    CHECK(other.route.pattern != entry.route.pattern ||
          VerbName(other.route.verb) != VerbName(entry.route.verb));
  }
  entries_.push_back(std::move(entry));
}

Router::Outcome Router::Find(Method method, const std::vector<std::string>& segments) const {
  // How a pattern fits, part by part: literals before captures before the rest.
  const auto fit = [&](const Entry& entry) -> std::optional<std::vector<Part::Kind>> {
    std::vector<Part::Kind> kinds;
    for (std::size_t i = 0; i < entry.parts.size(); ++i) {
      const Part& part = entry.parts[i];
      kinds.push_back(part.kind);
      if (i >= segments.size()) return std::nullopt;
      if (part.kind == Part::Kind::kRest) {
        for (std::size_t k = i; k < segments.size(); ++k) {
          if (segments[k].empty() || segments[k].find('/') != std::string::npos) {
            return std::nullopt;
          }
        }
        return kinds;
      }
      if (part.kind == Part::Kind::kLiteral ? part.text != segments[i] : segments[i].empty()) {
        return std::nullopt;
      }
    }
    if (entry.parts.size() != segments.size()) return std::nullopt;
    return kinds;
  };

  // The best pattern decides, then the method: a method that only a worse pattern knows is 405.
  std::optional<std::vector<Part::Kind>> best;
  std::vector<const Entry*> found;
  for (const Entry& entry : entries_) {
    auto kinds = fit(entry);
    if (!kinds.has_value()) continue;
    if (!best.has_value() || *kinds < *best) {
      best = std::move(kinds);
      found.clear();
      found.push_back(&entry);
    } else if (*kinds == *best) {
      found.push_back(&entry);
    }
  }
  if (found.empty()) return NoSuchPath{};

  std::string allow;
  for (const Entry* entry : found) {
    if (!allow.empty()) allow += ", ";
    allow += VerbName(entry->route.verb);
    if (entry->route.verb == Verb::kGet) allow += ", HEAD";
    if (!Answers(entry->route.verb, method)) continue;
    Match match{&entry->route, {}};
    for (std::size_t i = 0; i < entry->parts.size(); ++i) {
      const Part& part = entry->parts[i];
      if (part.kind == Part::Kind::kLiteral) continue;
      std::string value = segments[i];
      if (part.kind == Part::Kind::kRest) {
        for (std::size_t k = i + 1; k < segments.size(); ++k) value += "/" + segments[k];
      }
      match.captures.push_back({part.text, std::move(value)});
    }
    return match;
  }
  return OtherMethods{std::move(allow)};
}

std::vector<std::string> Router::Patterns() const {
  std::vector<std::string> out;
  for (const Entry& entry : entries_) {
    out.push_back(std::string(VerbName(entry.route.verb)) + " " + entry.route.pattern);
  }
  return out;
}

}  // namespace service
