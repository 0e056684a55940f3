// The attackers: what each opens with everything that was ever written and the secrets it has.
#include <algorithm>

#include "tests/campaign/judge.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

std::string TokenName(const Bytes& secret) {
  return EncodeHex(Blake2b<16>(secret, AsBytes("strongroom/v1/token-id")));
}

// SecretsOf are those of everybody, or of everybody but one agency.
AttackSecrets SecretsOf(const Ledger& ledger, const std::string& but) {
  AttackSecrets secrets;
  for (const auto& [email, person] : ledger.people) {
    if (!but.empty() && person.agency == but) continue;
    for (const std::string& password : person.retired) {
      secrets.passwords.push_back({email, password});
    }
    if (person.coming) secrets.passwords.push_back({email, *person.coming});
    if (!person.password.empty()) secrets.passwords.push_back({email, person.password});
    for (const auto& [token, until] : person.tokens) secrets.tokens.push_back(token);
    for (const auto* tokens : {&person.ended_tokens, &person.doubtful_tokens}) {
      secrets.tokens.insert(secrets.tokens.end(), tokens->begin(), tokens->end());
    }
  }
  for (const AttackSecrets::Password& lost : ledger.lost_passwords) {
    if (but.empty() || ledger.agencies_of_lost.at(lost.email) != but) {
      secrets.passwords.push_back(lost);
    }
  }
  for (const Ledger::Link& link : ledger.links) secrets.links.push_back(link.secret);
  return secrets;
}

}  // namespace

// Level 1: every byte, U, today's cell, and no password.
void Judge::CheckNobody(const VaultAttacker::Keys& keys, const std::string& when) {
  const AttackLoot loot = thief_.Attack(keys, {});
  if (!loot.content.empty() || !loot.forms.empty() || !loot.details.empty() ||
      !loot.boxes.empty() || !loot.links.empty() || !loot.names.empty() || !loot.named.empty()) {
    Accuse("somebody without a password reads documents, details, loans or links " + when);
  }
}

void Judge::CheckDead(const AttackLoot& loot, const Ledger& ledger, const std::string& who) {
  for (const LoanName& box : loot.boxes) {
    if (ledger.dead_loans.contains(box.loan)) Accuse(who + ": ended, and opens: " + Shown(box));
    if (ledger.dead_boxes.contains(box)) Accuse(who + ": withdrawn, and opens: " + Shown(box));
  }
  for (const std::string& detail : loot.details) {
    if (ledger.dead_details.contains(detail)) Accuse(who + ": destroyed, and opens: " + detail);
  }
  for (const std::string& link : loot.links) {
    if (ledger.dead_links.contains(link)) Accuse(who + ": ended, and opens: link " + link);
  }
  for (const auto& [name, digest] : loot.content) {
    if (ledger.dead_versions.contains(name)) Accuse(who + ": destroyed, and opens: " + Shown(name));
  }
  for (const auto* names : {&loot.forms, &loot.names}) {
    for (const VersionName& name : *names) {
      if (ledger.dead_versions.contains(name)) {
        Accuse(who + ": destroyed, and its form or name is read: " + Shown(name));
      }
    }
  }
}

// What is for named readers opens to nobody else, and not to one whose part has ended: neither
// their key nor what was sealed to it is there any more. Where the document is destroyed and the
// reader is not, a box opens and what it gives leads nowhere, as CheckDead holds.
void Judge::CheckNamed(const AttackLoot& loot, const Standing& now, const Ledger& ledger,
                       const std::string& who) {
  std::set<std::string> ended;
  for (const auto& [email, person] : ledger.people) {
    if (!person.id.empty() && !person.live) ended.insert(person.id);
  }
  for (const NamedName& name : loot.named) {
    if (ended.contains(name.person) || ledger.dead_named.contains(name)) {
      Accuse(who + ": no reader any more, and it opens: " + Shown(name));
    }
    const auto person = now.people.find(name.person);
    const bool of_unit = person == now.people.end() || person->second.agency == now.unit;
    if (!of_unit && !ledger.readers.contains(name.person)) {
      Accuse(who + ": nobody ever named them: " + Shown(name));
    }
  }
  for (const VersionName& name : loot.unnamed) {
    const auto version = now.versions.find(name);
    if (version == now.versions.end() || version->second.class_code != kNamedClass) continue;
    Accuse(who + ": for named readers, and it opens to a party or a link: " + Shown(name));
  }
}

// A record has no stored file: all it says is in its row.
void Judge::CheckRecord(const AttackLoot& loot, const VersionName& name, const Ledger& ledger,
                        const std::string& when) {
  const auto text = loot.texts.find(name);
  if (text == loot.texts.end()) {
    Accuse("the record of " + Shown(name) + " lives and does not open " + when);
    return;
  }
  const auto says = [&](const std::string& words) {
    return text->second.find(words) != std::string::npos;
  };
  const auto written = ledger.filed.find(name);
  const bool right = written != ledger.filed.end()
                         ? says(written->second.words)
                         : std::any_of(ledger.said.begin(), ledger.said.end(), says);
  if (!right) Accuse("the record of " + Shown(name) + " says what nobody wrote " + when);
}

// Level 2: the passwords of everybody but the unit, every link and every PIN.
void Judge::CheckBorrowers(const VaultAttacker::Keys& keys, const Standing& now,
                           const Ledger& ledger, const std::string& when) {
  const AttackSecrets secrets = SecretsOf(ledger, now.unit);
  const AttackLoot loot = thief_.Attack(keys, secrets);
  CheckDead(loot, ledger, "the borrowers " + when);
  CheckNamed(loot, now, ledger, "the borrowers " + when);
  // The control: what runs opens, closed or open.
  for (const auto& [name, state] : now.boxes) {
    const auto loan = now.loans.find(name.loan);
    if (state != "live" || loan == now.loans.end()) continue;
    const bool runs = loan->second.state == "closed" || loan->second.state == "open";
    if (!runs || !now.borrowers.contains(loan->second.party)) continue;
    if (!loot.boxes.contains(name)) Accuse("a running loan does not open " + when + Shown(name));
  }
  for (const Ledger::Link& link : ledger.links) {
    const auto share = now.shares.find(link.id);
    if (share == now.shares.end() || share->second.state != "running") continue;
    if (!loot.links.contains(link.id)) Accuse("a running link does not open " + when);
  }
}

// Level 3: every password there ever was.
void Judge::CheckEverybody(const VaultAttacker::Keys& keys, const Standing& now,
                           const Ledger& ledger, const std::string& when) {
  const AttackSecrets secrets = SecretsOf(ledger, "");
  const AttackLoot loot = thief_.Attack(keys, secrets);
  CheckDead(loot, ledger, "everybody " + when);
  CheckNamed(loot, now, ledger, "everybody " + when);
  for (const auto& [name, version] : now.versions) {
    if (version.state != "live") continue;
    if (!version.kind.empty()) {
      CheckRecord(loot, name, ledger, when);
      continue;
    }
    const auto content = loot.content.find(name);
    if (content == loot.content.end()) {
      Accuse(Shown(name) + " lives and does not open " + when);
      continue;
    }
    const auto filed = ledger.filed.find(name);
    const bool right = filed != ledger.filed.end() ? filed->second.digest == content->second
                                                   : ledger.offered.contains(content->second);
    if (!right) Accuse(Shown(name) + " holds what nobody filed " + when);
    if (version.form == "read" && !loot.forms.contains(name)) {
      Accuse("the form of " + Shown(name) + " does not open " + when);
    }
    if (!loot.names.contains(name)) Accuse("the name of " + Shown(name) + " is lost " + when);
  }
  // The control: whoever is named opens what lives, with their own key.
  for (const NamedName& name : now.named) {
    const auto version = now.versions.find({name.object, name.version});
    if (version == now.versions.end() || version->second.state != "live") continue;
    if (loot.who.contains(name.person) && !loot.named.contains(name)) {
      Accuse("what is for a named reader does not open to them " + when + ": " + Shown(name));
    }
  }
  for (const std::string& subject : now.live_subjects) {
    if (!loot.details.contains("subject " + subject)) {
      Accuse("the details of a subject do not open " + when);
    }
  }
  for (const std::string& matter : now.live_matters) {
    if (!loot.details.contains("matter " + matter)) Accuse("a title does not open " + when);
  }
  for (const auto& [email, person] : ledger.people) {
    const auto row = now.people.find(person.id);
    if (row == now.people.end() || row->second.state != "live") continue;
    if (row->second.has_password && !loot.who.contains(person.id)) {
      Accuse("a person's password does not open their key " + when);
    }
    for (const auto& [token, until] : person.tokens) {
      const std::string id = TokenName(token);
      if (now.tokens.contains(id) && !loot.tokens.contains(id)) {
        Accuse("a token does not open its person's key " + when);
      }
    }
  }
}

// What was taken back opens nothing: old passwords, and those of people who are gone.
void Judge::CheckRetired(const VaultAttacker::Keys& keys, const Ledger& ledger,
                         const std::string& when) {
  AttackSecrets secrets;
  for (const auto& [email, person] : ledger.people) {
    for (const std::string& password : person.retired)
      secrets.passwords.push_back({email, password});
    for (const Bytes& token : person.ended_tokens) secrets.tokens.push_back(token);
  }
  for (const AttackSecrets::Password& lost : ledger.lost_retired) secrets.passwords.push_back(lost);
  const AttackLoot loot = thief_.Attack(keys, secrets);
  for (const std::string& id : loot.who) Accuse("an old password opens person " + id + " " + when);
}

}  // namespace vault
