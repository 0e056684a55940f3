// PackReaders: who was lent papers for a meeting, and who of them has not opened all of it yet.
//
// What is lent now is asked of the register and the rules; what was opened is told by the log,
// whose lines the caller reads in strides, so that a long log holds the vault for moments only.
// Neither names a paper to anybody: all that comes out are people and counts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/access.h"
#include "vault/audit/event.h"
#include "vault/document_rows.h"
#include "vault/people.h"

namespace vault {

// PackReader is one member of a matter and the papers that a running pack lends them.
struct PackReader {
  std::string matter_ref;
  std::string template_id;
  std::optional<UnixSeconds> meeting;
  std::string email;
  std::string party;  // an agency's id, or chair, group, …
  std::uint64_t lent = 0;
  std::uint64_t unread = 0;
};

// PackReading is the people, and what each of them has not opened as far as the log was read.
class PackReading {
 public:
  // Take counts a line of the log, in any order. Lines of other types change nothing. Who opened a
  // paper as somebody's deputy has opened it for them.
  void Take(const LogFields& entry);
  // since: no line before it can tell of these papers; none: no pack is open.
  const std::optional<UnixSeconds>& since() const { return since_; }
  // people: by matter, party and address.
  const std::vector<PackReader>& people() const { return people_; }

 private:
  friend class PackReaders;
  struct Paper {
    std::size_t reader = 0;  // in people_
    bool opened = false;
  };
  void Expect(const PackReader& reader, const std::vector<std::string>& papers);
  static std::string Key(std::string_view person, std::string_view object,
                         std::string_view version);
  std::vector<PackReader> people_;
  std::map<std::string, Paper> papers_;  // by person, object and version, as the log names them
  std::optional<UnixSeconds> since_;
};

class PackReaders {
 public:
  PackReaders(Core& core, Compartments& compartments, MatterRows& matters, People& people,
              Access& access)
      : core_(core),
        compartments_(compartments),
        matters_(matters),
        people_(people),
        access_(access),
        documents_(core) {}

  // Lent lists what packs lend now, nothing of it opened yet: of every matter for the unit and
  // information governance, of their own party for a co-ordinator. Records are none of it: they are
  // read in a list. Whoever is kept from a subject is lent nothing about it, and told of nothing
  // that is lent to others about it.
  // Errors: kDenied none of these.
  Result<PackReading> Lent(const Actor& actor);

 private:
  // Taken is one matter as it stands, and what is found in it.
  struct Taken {
    const MatterRow& matter;
    MatterFacts events;
    std::vector<DocumentRow> documents;
    PackReading& reading;
  };
  Status TakeMatter(const Actor& actor, const MatterRow& matter, PackReading& reading);
  Status TakeMember(Taken& taken, const MemberRow& member);
  Core& core_;
  Compartments& compartments_;
  MatterRows& matters_;
  People& people_;
  Access& access_;
  DocumentRows documents_;
};

}  // namespace vault
