// Search: finds matters, subjects and documents by what the unit may know of them, and people by
// name, word for word, without a name standing anywhere in clear.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "vault/core.h"
#include "vault/matter_rows.h"

namespace vault {

// SearchWish names at least one thing; all that are named must fit.
struct SearchWish {
  std::string reference;   // of a matter
  std::string pseudonym;   // of a subject, whole, letters' case aside
  std::string name;        // of a subject: every word of it
  std::string class_code;  // of documents, as the rest
  std::optional<AgencyId> agency;
  std::optional<Day> from;
  std::optional<Day> until;
};

// SearchHit is a document, a subject when none of class, agency and days was asked for, or a matter
// when only a reference was.
struct SearchHit {
  std::string kind;  // matter, subject, document
  ObjectId id;
  std::string matter_ref;
  std::string pseudonym;   // empty: of no subject
  std::string class_code;  // documents
  std::string agency;      // documents
  std::optional<Day> day;  // documents: the newest version's
};
struct SearchAnswer {
  std::vector<SearchHit> hits;
  bool more = false;  // there are more than can be shown: narrow it
};

// NamedSubject is a subject that may be the same person as another.
struct NamedSubject {
  std::string matter_ref;
  std::string template_id;
  std::string pseudonym;
};

// Search.
//
// A name is kept as the keyed digests of its words, sealed as a label under the subject's slot: it
// dies with the slot, and nobody can ask an old register whether somebody was in it. What makes a
// search quick is an index in memory, made of those labels at the first search; of what is
// destroyed it forgets what it knew before the destruction is answered.
class Search {
 public:
  Search(Core& core, MatterRows& matters) : core_(core), matters_(matters) {}

  static constexpr std::size_t kMostHits = 200;

  // Find looks. Subjects kept from the actor are not there. That somebody searched, by what and
  // with how many hits is logged; the words are not.
  // Errors: kDenied neither the unit nor IGO; kInvalid nothing to look for.
  Result<SearchAnswer> Find(const Actor& actor, const SearchWish& wish);

  // Repeated gives the subjects that may be one person in several matters: whose names have the
  // same words, in any order, and of whom no two different quarters of birth are known. Each list
  // is one person; a subject of unknown birth stands in that of every one it may be; subjects
  // without a name, and those kept from the actor, are in none. Errors: kDenied neither the unit
  // nor IGO.
  Result<std::vector<std::vector<NamedSubject>>> Repeated(const Actor& actor);
  // AlsoIn gives the references of the other matters with a subject that may be this one.
  // Errors: as Repeated; kNotFound no such subject.
  Result<std::vector<std::string>> AlsoIn(const Actor& actor, const SubjectId& subject);

  // Forget takes out of memory what a destroyed key kept: a subject's pseudonym and the digests of
  // their name, a matter's reference. What it frees is overwritten first.
  void Forget(const ShredItem& item);

  // IndexSize counts what the index holds.
  struct IndexSize {
    std::size_t subjects = 0;
    std::size_t words = 0;
    std::size_t pseudonyms = 0;
    std::size_t references = 0;
    bool operator==(const IndexSize&) const = default;
  };
  IndexSize Size() const;

  // SealWords is the column of a new subject: the digests of their name's words.
  static Result<Bytes> SealWords(Core& core, SlotNumber slot, const SubjectId& subject,
                                 std::string_view name);

 private:
  Result<bool> ForNamedReaders(const MatterId& matter, std::string_view class_code);
  using Digest = ByteArray<16>;
  struct Known {
    MatterId matter;
    SlotNumber slot = 0;
    std::string pseudonym;
    std::vector<Digest> words;
  };
  static Result<std::vector<Digest>> DigestsOf(Core& core, std::string_view name);
  Status Refresh();
  Result<Known> Read(const SubjectId& id, const MatterId& matter, SlotNumber slot);
  void ForgetSubject(const SubjectId& id);
  void ForgetMatter(const MatterId& id);
  Result<std::vector<SubjectId>> Subjects(const Actor& actor, const SearchWish& wish);
  Status AddDocuments(const Actor& actor, const SearchWish& wish,
                      const std::optional<SubjectId>& subject, SearchAnswer& answer);
  Result<std::string> RefOf(const MatterId& matter);
  bool IsShown(const Actor& actor, const SubjectId& id, const Known& known) const;
  Result<bool> MayBeOne(const SubjectId& one, const SubjectId& other);
  using People = std::vector<std::vector<SubjectId>>;
  // PeopleOf tells subjects of one name apart by their quarters of birth.
  Result<People> PeopleOf(const std::vector<SubjectId>& of_one_name);
  Core& core_;
  MatterRows& matters_;
  std::map<SubjectId, Known> subjects_;
  std::multimap<Digest, SubjectId> by_word_;
  std::multimap<std::string, SubjectId> by_pseudonym_;
  std::map<MatterId, std::string> refs_;
  std::map<std::string, MatterId> by_ref_;
};

}  // namespace vault
