// Router: which handler answers which method and path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/http/message.h"

namespace service {

// BodyRule says what body a route takes.
struct BodyRule {
  enum class Kind : std::uint8_t {
    kNone,      // any body is refused (413)
    kSmall,     // the server collects it before a thread is spent; it needs a length (411)
    kStreamed,  // the handler reads it as it comes, with a length or chunked
  };
  Kind kind = Kind::kNone;
  std::uint64_t limit = 0;  // bytes of content
};
inline BodyRule NoBody() { return {}; }
inline BodyRule SmallBody(std::uint64_t limit) { return {BodyRule::Kind::kSmall, limit}; }
inline BodyRule StreamedBody(std::uint64_t limit) { return {BodyRule::Kind::kStreamed, limit}; }

// Verb is what a route answers to.
enum class Verb : std::uint8_t {
  kGet,      // GET, and HEAD with the same handler, whose body is not sent
  kGetOnly,  // GET alone: for what counts as an opening
  kPost,
  kPut,
  kPatch,
  kDelete,
};

// Route is one line of the table.
//
//   pattern = 1*( "/" part )     part = literal | "{" name "}" | last: "{" name "...}"
//
// {name} stands for one segment, {name...} for one or more, joined by "/"; a segment with an
// encoded slash in it never matches the latter.
struct Route {
  Verb verb = Verb::kGet;
  std::string pattern;
  BodyRule body;
  Handler handler;
};

// Router holds the table. Literals win over captures, so the order of lines does not matter.
class Router {
 public:
  // Add takes a route; its pattern is well formed and not there yet for that verb.
  void Add(Route route);

  struct Match {
    const Route* route = nullptr;
    std::vector<NamedValue> captures;
  };
  struct NoSuchPath {};
  struct OtherMethods {
    std::string allow;  // value of the Allow header
  };
  using Outcome = std::variant<Match, NoSuchPath, OtherMethods>;
  Outcome Find(Method method, const std::vector<std::string>& segments) const;

  // Patterns lists "GET /path" of every route, in order of adding.
  std::vector<std::string> Patterns() const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { kLiteral, kOne, kRest } kind = Kind::kLiteral;
    std::string text;
  };
  struct Entry {
    Route route;
    std::vector<Part> parts;
  };
  std::vector<Entry> entries_;
};

}  // namespace service
