#include "vault/search.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "vault/agencies.h"
#include "vault/base/text.h"
#include "vault/register.h"

namespace vault {
namespace {

constexpr std::size_t kMostWords = 32;
constexpr std::size_t kDigest = 16;

// Fold lowers the letters of English and of Latin-1, so that names are found however they are
// written; accents stay.
std::string Fold(std::string_view text) {
  std::string folded(text);
  for (std::size_t i = 0; i < folded.size(); ++i) {
    const auto c = static_cast<unsigned char>(folded[i]);
    if (c >= 'A' && c <= 'Z') folded[i] = static_cast<char>(c + 32);
    if (c == 0xC3 && i + 1 < folded.size()) {
      const auto next = static_cast<unsigned char>(folded[i + 1]);
      if (next >= 0x80 && next <= 0x9E && next != 0x97)
        folded[i + 1] = static_cast<char>(next + 32);
      ++i;
    }
  }
  return folded;
}

// WordsOf cuts a name where a letter, digit or apostrophe no longer stands; an apostrophe is left
// out, so that O'Brien is found as OBrien too.
std::vector<std::string> WordsOf(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty() && words.size() < kMostWords) words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : Fold(name)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'') continue;
    if (byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      word += c;
    } else {
      finish();
    }
  }
  finish();
  return words;
}

Core::Place WordsPlace(SlotNumber slot, const SubjectId& subject) {
  return {slot, AsObject(subject), "subject", "words"};
}

std::string FieldsOf(const SearchWish& wish) {
  std::string fields;
  const auto add = [&](bool given, std::string_view name) {
    if (!given) return;
    if (!fields.empty()) fields += '+';
    fields += name;
  };
  add(!wish.reference.empty(), "reference");
  add(!wish.pseudonym.empty(), "pseudonym");
  add(!wish.name.empty(), "name");
  add(wish.agency.has_value(), "agency");
  add(!wish.class_code.empty(), "class");
  add(wish.from || wish.until, "day");
  return fields;
}

bool OfDocuments(const SearchWish& wish) {
  return wish.agency || !wish.class_code.empty() || wish.from || wish.until;
}

}  // namespace

Result<std::vector<Search::Digest>> Search::DigestsOf(Core& core, std::string_view name) {
  std::vector<Digest> digests;
  for (const std::string& word : WordsOf(name)) {
    TRY(const ByteArray<32> hash,
        core.keeper->LookupHash(core.pseudonym_slot, "name word\n" + word));
    Digest digest;
    std::copy(hash.begin(), hash.begin() + kDigest, digest.begin());
    digests.push_back(digest);
  }
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
  return digests;
}

Result<Bytes> Search::SealWords(Core& core, SlotNumber slot, const SubjectId& subject,
                                std::string_view name) {
  TRY(const std::vector<Digest> digests, DigestsOf(core, name));
  std::string text;
  for (const Digest& digest : digests) text += AsText(digest);
  return core.SealLabel(WordsPlace(slot, subject), text);
}

Result<Search::Known> Search::Read(const SubjectId& id, const MatterId& matter, SlotNumber slot) {
  Known known{matter, slot, "", {}};
  auto query =
      core_.database->Prepare("SELECT pseudonym, words FROM subject WHERE id = ?").Bind(id);
  TRY(const bool found, query.Step());
  if (!found) return NotFound("no such subject");
  TRY(known.pseudonym,
      core_.OpenLabel({slot, AsObject(id), "subject", "pseudonym"}, query.Blob(0)));
  if (query.IsNull(1)) return known;
  TRY(const std::string words, core_.OpenLabel(WordsPlace(slot, id), query.Blob(1)));
  for (std::size_t at = 0; at + kDigest <= words.size(); at += kDigest) {
    Digest digest;
    std::copy_n(AsBytes(words).begin() + static_cast<std::ptrdiff_t>(at), kDigest, digest.begin());
    known.words.push_back(digest);
  }
  return known;
}

void Search::ForgetSubject(const SubjectId& id) {
  const auto at = subjects_.find(id);
  if (at == subjects_.end()) return;
  // A key is taken out to be overwritten: what is freed is not cleared by itself.
  const auto drop = [&id](auto& index, const auto& key) {
    const auto [first, last] = index.equal_range(key);
    for (auto it = first; it != last;) {
      const auto next = std::next(it);
      if (it->second == id) {
        auto node = index.extract(it);
        WipeMemory(node.key().data(), node.key().size());
      }
      it = next;
    }
  };
  Known& known = at->second;
  for (Digest& word : known.words) {
    drop(by_word_, word);
    WipeMemory(word.data(), word.size());
  }
  std::string folded = Fold(known.pseudonym);
  drop(by_pseudonym_, folded);
  WipeMemory(folded.data(), folded.size());
  WipeMemory(known.pseudonym.data(), known.pseudonym.size());
  subjects_.erase(at);
}

void Search::ForgetMatter(const MatterId& id) {
  const auto at = refs_.find(id);
  if (at == refs_.end()) return;
  for (auto it = by_ref_.begin(); it != by_ref_.end();) {
    const auto next = std::next(it);
    if (it->second == id) {
      auto node = by_ref_.extract(it);
      WipeMemory(node.key().data(), node.key().size());
    }
    it = next;
  }
  WipeMemory(at->second.data(), at->second.size());
  refs_.erase(at);
}

void Search::Forget(const ShredItem& item) {
  const Core::Lock lock = core_.Locked();
  if (item.type == EntryType::kSubject) ForgetSubject(SubjectId(item.object.bytes()));
  if (item.type == EntryType::kMatter) ForgetMatter(MatterId(item.object.bytes()));
}

Search::IndexSize Search::Size() const {
  const Core::Lock lock = core_.Locked();
  return {subjects_.size(), by_word_.size(), by_pseudonym_.size(), refs_.size()};
}

// Refresh opens the labels of what came since the last search and forgets what went; what is known
// already costs a look at its id.
Status Search::Refresh() {
  std::set<SubjectId> gone;
  for (const auto& [id, known] : subjects_) gone.insert(id);
  struct New {
    SubjectId id;
    MatterId matter;
    SlotNumber slot;
  };
  std::vector<New> fresh;
  {
    auto query =
        core_.database->Prepare("SELECT id, matter, slot FROM subject WHERE state = 'live'");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      const auto id = query.IdAt<SubjectId>(0);
      if (gone.erase(id) != 0) continue;
      fresh.push_back({id, query.IdAt<MatterId>(1), query.U32(2)});
    }
  }
  for (const SubjectId& id : gone) ForgetSubject(id);
  for (const New& one : fresh) {
    TRY(Known known, Read(one.id, one.matter, one.slot));
    for (const Digest& word : known.words) by_word_.emplace(word, one.id);
    by_pseudonym_.emplace(Fold(known.pseudonym), one.id);
    subjects_.emplace(one.id, std::move(known));
  }
  std::vector<MatterId> unknown;
  std::set<MatterId> gone_matters;
  for (const auto& [id, ref] : refs_) gone_matters.insert(id);
  {
    auto query = core_.database->Prepare("SELECT id FROM matter WHERE state = 'live'");
    while (true) {
      TRY(const bool more, query.Step());
      if (!more) break;
      const auto id = query.IdAt<MatterId>(0);
      if (gone_matters.erase(id) == 0) unknown.push_back(id);
    }
  }
  for (const MatterId& id : gone_matters) ForgetMatter(id);
  for (const MatterId& id : unknown) {
    TRY(const MatterRow row, matters_.Load(id));
    refs_.emplace(id, row.ref);
    by_ref_.emplace(Fold(row.ref), id);
  }
  return Ok();
}

Result<std::string> Search::RefOf(const MatterId& matter) {
  const auto known = refs_.find(matter);
  return known == refs_.end() ? std::string() : known->second;
}

Result<std::vector<SubjectId>> Search::Subjects(const Actor& actor, const SearchWish& wish) {
  std::vector<SubjectId> candidates;
  TRY(const std::vector<Digest> words, DigestsOf(core_, wish.name));
  if (!wish.pseudonym.empty()) {
    const auto [first, last] = by_pseudonym_.equal_range(Fold(wish.pseudonym));
    for (auto it = first; it != last; ++it) candidates.push_back(it->second);
  } else {
    // The rarest word gives the fewest to look at.
    const Digest* rarest = nullptr;
    for (const Digest& word : words) {
      if (rarest == nullptr || by_word_.count(word) < by_word_.count(*rarest)) rarest = &word;
    }
    if (rarest == nullptr) return candidates;
    const auto [first, last] = by_word_.equal_range(*rarest);
    for (auto it = first; it != last; ++it) candidates.push_back(it->second);
  }
  std::vector<SubjectId> found;
  for (const SubjectId& id : candidates) {
    const Known& known = subjects_.at(id);
    if (actor.Excluded(id)) continue;
    if (!std::includes(known.words.begin(), known.words.end(), words.begin(), words.end())) {
      continue;
    }
    // Its key may have gone since the labels were read.
    if (!CheckLiveSlot(*core_.keeper, known.slot, EntryType::kSubject, AsObject(id)).ok()) continue;
    if (!wish.reference.empty()) {
      const auto matter = by_ref_.find(Fold(wish.reference));
      if (matter == by_ref_.end() || matter->second != known.matter) continue;
    }
    found.push_back(id);
  }
  return found;
}

Result<bool> Search::ForNamedReaders(const MatterId& id, std::string_view class_code) {
  TRY(const MatterRow matter, matters_.Load(id));
  TRY(const ClassRule rule, matter.rules->Class(class_code));
  return rule.named_readers;
}

// Each condition that is not asked for still takes its parameter, so that one binding fits all.
Status Search::AddDocuments(const Actor& actor, const SearchWish& wish,
                            const std::optional<SubjectId>& subject, SearchAnswer& answer) {
  std::optional<MatterId> matter;
  if (!wish.reference.empty()) {
    const auto at = by_ref_.find(Fold(wish.reference));
    if (at == by_ref_.end()) return Ok();
    matter = at->second;
  }
  const auto when = [](bool asked, std::string_view condition, std::string_view parameter) {
    return " AND " + (asked ? std::string(condition) : std::string(parameter) + " IS NULL");
  };
  const bool days = wish.from || wish.until;
  // The unit administers what it may not read, and knows that it exists.
  const bool officer = actor.in_unit() && actor.Has("BUO");
  std::optional<std::string> class_code;
  if (!wish.class_code.empty()) class_code = wish.class_code;
  std::optional<std::int64_t> from;
  std::optional<std::int64_t> until;
  if (days) {
    from = wish.from ? wish.from->number() : INT32_MIN;
    until = wish.until ? wish.until->number() : INT32_MAX;
  }
  const std::string sql =
      "SELECT document.id, document.matter, document.subject, document.class, document.owner, "
      "version.day FROM document JOIN version ON version.document = document.id AND "
      "version.version = document.latest WHERE document.state = 'live'" +
      when(matter.has_value(), "document.matter = ?1", "?1") +
      when(subject.has_value(), "document.subject = ?2", "?2") +
      when(class_code.has_value(), "document.class = ?3", "?3") +
      when(wish.agency.has_value(), "document.owner = ?4", "?4") +
      when(days, "version.day >= ?5", "?5") + when(days, "version.day <= ?6", "?6") + " LIMIT " +
      std::to_string(kMostHits + 1);
  auto query =
      core_.database->Prepare(sql).Bind(matter, subject, class_code, wish.agency, from, until);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return Ok();
    std::string pseudonym;
    if (!query.IsNull(2)) {
      const auto of = query.IdAt<SubjectId>(2);
      if (actor.Excluded(of)) continue;
      const auto known = subjects_.find(of);
      if (known != subjects_.end()) pseudonym = known->second.pseudonym;
    }
    TRY(const bool named, ForNamedReaders(query.IdAt<MatterId>(1), query.Text(3)));
    if (named && !officer) continue;
    if (answer.hits.size() == kMostHits) {
      answer.more = true;
      return Ok();
    }
    TRY(std::string ref, RefOf(query.IdAt<MatterId>(1)));
    answer.hits.push_back({"document", query.IdAt<ObjectId>(0), std::move(ref),
                           std::move(pseudonym), query.Text(3), query.Text(4),
                           Day::FromNumber(static_cast<std::int32_t>(query.Int(5)))});
  }
}

bool Search::IsShown(const Actor& actor, const SubjectId& id, const Known& known) const {
  // Its key may have gone since the labels were read, and its matter may end before it does.
  return !known.words.empty() && !actor.Excluded(id) && refs_.contains(known.matter) &&
         CheckLiveSlot(*core_.keeper, known.slot, EntryType::kSubject, AsObject(id)).ok();
}

Result<bool> Search::MayBeOne(const SubjectId& one, const SubjectId& other) {
  TRY(const std::optional<Day> born, matters_.Born(one));
  TRY(const std::optional<Day> other_born, matters_.Born(other));
  return !born || !other_born || *born == *other_born;
}

// Whoever's birth nobody knows may be each of the others, and is listed with every one of them.
Result<Search::People> Search::PeopleOf(const std::vector<SubjectId>& of_one_name) {
  std::map<std::int32_t, std::vector<SubjectId>> by_birth;
  std::vector<SubjectId> unknown;
  for (const SubjectId& id : of_one_name) {
    TRY(const std::optional<Day> born, matters_.Born(id));
    (born ? by_birth[born->number()] : unknown).push_back(id);
  }
  if (by_birth.empty()) return People{std::move(unknown)};
  People people;
  for (auto& [day, person] : by_birth) {
    person.insert(person.end(), unknown.begin(), unknown.end());
    people.push_back(std::move(person));
  }
  return people;
}

Result<std::vector<std::vector<NamedSubject>>> Search::Repeated(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  TRY_VOID(Refresh());
  // They are sorted where they are: a copy of the digests would be one more to overwrite.
  std::vector<std::pair<const SubjectId, Known>*> named;
  for (auto& entry : subjects_) {
    if (IsShown(actor, entry.first, entry.second)) named.push_back(&entry);
  }
  std::stable_sort(named.begin(), named.end(),
                   [](const auto* a, const auto* b) { return a->second.words < b->second.words; });
  std::vector<std::vector<NamedSubject>> repeated;
  for (std::size_t at = 0; at < named.size();) {
    std::vector<SubjectId> of_one_name;
    std::size_t end = at;
    for (; end < named.size() && named[end]->second.words == named[at]->second.words; ++end) {
      of_one_name.push_back(named[end]->first);
    }
    at = end;
    // Most names stand there once: nothing is asked for them.
    if (of_one_name.size() < 2) continue;
    TRY(const People people, PeopleOf(of_one_name));
    for (const std::vector<SubjectId>& person : people) {
      std::set<MatterId> matters;
      for (const SubjectId& id : person) matters.insert(subjects_.at(id).matter);
      if (matters.size() < 2) continue;
      std::vector<NamedSubject> rows;
      for (const SubjectId& id : person) {
        const Known& known = subjects_.at(id);
        TRY(const MatterRow matter, matters_.Load(known.matter));
        rows.push_back({matter.ref, matter.template_id, known.pseudonym});
      }
      std::sort(rows.begin(), rows.end(), [](const NamedSubject& a, const NamedSubject& b) {
        return std::tie(a.matter_ref, a.pseudonym) < std::tie(b.matter_ref, b.pseudonym);
      });
      repeated.push_back(std::move(rows));
    }
  }
  // The order of digests is nobody's.
  std::sort(repeated.begin(), repeated.end(), [](const auto& a, const auto& b) {
    return std::tie(a.front().matter_ref, a.front().pseudonym) <
           std::tie(b.front().matter_ref, b.front().pseudonym);
  });
  return repeated;
}

Result<std::vector<std::string>> Search::AlsoIn(const Actor& actor, const SubjectId& subject) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  TRY_VOID(Refresh());
  const auto at = subjects_.find(subject);
  if (at == subjects_.end() || actor.Excluded(subject)) return NotFound("no such subject");
  const Known& known = at->second;
  std::set<std::string> references;
  if (!known.words.empty()) {
    const auto [first, last] = by_word_.equal_range(known.words.front());
    for (auto it = first; it != last; ++it) {
      const Known& other = subjects_.at(it->second);
      if (other.matter == known.matter || other.words != known.words) continue;
      if (!IsShown(actor, it->second, other)) continue;
      TRY(const bool one, MayBeOne(subject, it->second));
      if (!one) continue;
      TRY(std::string reference, RefOf(other.matter));
      if (!reference.empty()) references.insert(std::move(reference));
    }
  }
  return std::vector<std::string>(references.begin(), references.end());
}

Result<SearchAnswer> Search::Find(const Actor& actor, const SearchWish& wish) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"BUO", "IGO"}));
  const std::string fields = FieldsOf(wish);
  if (fields.empty()) return Invalid("say what to look for");
  if (!wish.name.empty() && WordsOf(wish.name).empty()) return Invalid("a name has a word in it");
  TRY_VOID(Refresh());
  SearchAnswer answer;
  const bool person = !wish.pseudonym.empty() || !wish.name.empty();
  std::vector<SubjectId> subjects;
  if (person) {
    TRY(subjects, Subjects(actor, wish));
  }
  if (person && OfDocuments(wish)) {
    for (const SubjectId& id : subjects) TRY_VOID(AddDocuments(actor, wish, id, answer));
  } else if (person) {
    for (const SubjectId& id : subjects) {
      if (answer.hits.size() == kMostHits) {
        answer.more = true;
        break;
      }
      const Known& known = subjects_.at(id);
      TRY(std::string ref, RefOf(known.matter));
      answer.hits.push_back(
          {"subject", AsObject(id), std::move(ref), known.pseudonym, "", "", std::nullopt});
    }
  } else if (OfDocuments(wish)) {
    TRY_VOID(AddDocuments(actor, wish, std::nullopt, answer));
  } else if (const auto at = by_ref_.find(Fold(wish.reference)); at != by_ref_.end()) {
    answer.hits.push_back(
        {"matter", AsObject(at->second), refs_.at(at->second), "", "", "", std::nullopt});
  }
  std::stable_sort(answer.hits.begin(), answer.hits.end(),
                   [](const SearchHit& a, const SearchHit& b) { return a.day > b.day; });
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  LogEntry entry = core_.Entry("search");
  entry.Person("actor", who).Add("by", fields).Add("hits", std::uint64_t{answer.hits.size()});
  TRY_VOID(core_.Record(entry, [](Transaction&) { return Ok(); }));
  return answer;
}

}  // namespace vault
