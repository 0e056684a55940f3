// What the judge holds of the register as it stands: that what was acknowledged is there, that
// nothing went before its time or under a hold, and that no stored file went while its key lives.
#include <algorithm>

#include "tests/campaign/judge.h"

namespace vault {

std::set<std::string> Covering(const Standing& now, const Ledger& ledger,
                               const std::string& object) {
  std::set<std::string> covering = {object};
  for (const auto& [name, version] : now.versions) {
    if (name.first == object) covering.insert({version.matter, version.subject});
  }
  for (const auto& [matter, row] : ledger.matters) {
    for (const auto& [subject, pseudonym] : row.subjects) {
      if (subject == object) covering.insert(matter);
    }
  }
  return covering;
}

// What the register calls ended or destroyed, its certificates say so too.
void Judge::Absorb(const Standing& now, Ledger& ledger, const std::string& when) {
  for (const auto& [id, loan] : now.loans) {
    if (loan.state == "ended") ledger.dead_loans.insert(id);
  }
  for (const auto& [id, share] : now.shares) {
    if (share.state == "ended") ledger.dead_links.insert(id);
  }
  for (const auto& [name, version] : now.versions) {
    if (version.state != "destroyed") continue;
    ledger.dead_versions.insert(name);
    if (!ledger.weighed_versions.insert(name).second) continue;
    if (!ledger.MayGo(name, version.class_code, version.matter)) {
      Accuse(Shown(name) + " was destroyed before its time " + when);
    }
    if (ledger.ended_orphans.contains(name)) continue;
    for (const auto& [id, object] : ledger.holds) {
      const auto before = ledger.gone_before.find(id);
      if (before != ledger.gone_before.end() && before->second.contains(name)) continue;
      if (object == name.first || object == version.matter || object == version.subject) {
        Accuse(Shown(name) + " was destroyed although a hold keeps it, " + when);
      }
    }
  }
  for (const std::string& id : now.dead_subjects) {
    if (!ledger.dead_details.insert("subject " + id).second) continue;
    if (!ledger.approved.contains(id)) Accuse("a subject was destroyed unapproved " + when);
  }
  for (const std::string& id : now.dead_matters) {
    if (!ledger.dead_details.insert("matter " + id).second) continue;
    if (!ledger.approved.contains(id)) Accuse("a matter was destroyed unapproved " + when);
  }
  for (const NamedName& name : now.named) {
    if (ledger.dead_named.contains(name)) {
      Accuse("somebody is named again whom nobody named: " + Shown(name) + " " + when);
    }
    ledger.named.insert(name);
  }
  // The row says withdrawn with the intent already; nobody is told before the key is gone.
  if (now.unfinished != 0) return;
  for (const auto& [name, state] : now.boxes) {
    if (state == "withdrawn") ledger.dead_boxes.insert(name);
  }
}

void Judge::CheckAcknowledged(const Standing& now, const Ledger& ledger, const std::string& when) {
  for (const auto& [name, document] : ledger.filed) {
    const auto found = now.versions.find(name);
    if (found == now.versions.end()) {
      Accuse(Shown(name) + " was acknowledged and is lost " + when);
    } else if (ledger.dead_versions.contains(name) && found->second.state != "destroyed") {
      Accuse(Shown(name) + " was destroyed and is called " + found->second.state + " " + when);
    }
  }
  for (const auto& [email, person] : ledger.people) {
    if (person.id.empty()) continue;
    const auto found = now.people.find(person.id);
    if (found == now.people.end()) {
      Accuse("a person who was added is lost " + when);
    } else if (!person.live && found->second.state == "live") {
      Accuse("a person who was ended is live " + when);
    } else if (person.live && !person.ending && found->second.state != "live") {
      Accuse("a person who was not ended is " + found->second.state + " " + when);
    }
  }
  for (const auto& [matter, row] : ledger.matters) {
    if (!now.matters.contains(matter)) Accuse("a matter is lost " + when);
    for (const auto& [subject, pseudonym] : row.subjects) {
      if (!now.subjects.contains(subject)) Accuse("a subject is lost " + when);
    }
    // What happened in a matter goes with its names.
    if (!now.live_matters.contains(matter)) continue;
    for (const std::string& event : row.events) {
      if (!now.events.contains({matter, event})) Accuse("event " + event + " is lost " + when);
    }
  }
  for (const auto& [matter, email] : ledger.members) {
    const Ledger::Person& person = ledger.people.at(email);
    if (!person.live || person.ending || !now.live_matters.contains(matter)) continue;
    if (!now.members.contains({matter, person.id})) Accuse("a membership is lost " + when);
  }
  for (const Ledger::Link& link : ledger.links) {
    if (!link.lost && !now.shares.contains(link.id)) Accuse("a link is lost " + when);
  }
}

// A succession stands whole or not at all, and nothing is called by the name of an agency that is
// gone where its heir took its seat.
void Judge::CheckSuccessions(const Standing& now, const Ledger& ledger, const std::string& when) {
  for (const auto& [from, to] : ledger.heirs) {
    const auto heir = now.heirs.find(from);
    if (heir == now.heirs.end() || heir->second != to) Accuse("a succession is lost " + when);
  }
  std::set<std::pair<std::string, std::string>> gone = ledger.renamed;
  if (const auto& one = ledger.succession; one && now.heirs.contains(one->from)) {
    for (const std::string& matter : one->renamed) gone.insert({matter, one->from});
  }
  for (const auto& seat : now.seats) {
    if (gone.contains(seat)) Accuse("a seat is still called its old agency's " + when);
  }
  for (const auto& [name, version] : now.versions) {
    if (gone.contains({version.matter, version.owner})) {
      Accuse(Shown(name) + " is still called its old agency's " + when);
    }
  }
  for (const auto& [id, person] : now.people) {
    if (person.state == "live" && now.heirs.contains(person.agency)) {
      Accuse("somebody still belongs to an agency that has ended " + when);
    }
  }
}

void Judge::CheckHolds(const Standing& now, const Ledger& ledger, const std::string& when) {
  for (const auto& [id, object] : ledger.holds) {
    const auto found = now.holds.find(id);
    if (found == now.holds.end() || found->second.state != "running") {
      Accuse("a hold is lost " + when);
    }
  }
  for (const std::string& object : ledger.found_holds) {
    // One on what was all destroyed has left no trace in the key tree: there is nothing that it
    // could keep.
    bool lives = now.live_subjects.contains(object) || now.live_matters.contains(object);
    for (const auto& [name, version] : now.versions) {
      const bool under =
          object == name.first || object == version.matter || object == version.subject;
      lives = lives || (under && version.state == "live");
    }
    if (!lives) continue;
    const std::set<std::string> covering = Covering(now, ledger, object);
    const bool runs = std::any_of(now.holds.begin(), now.holds.end(), [&](const auto& hold) {
      return covering.contains(hold.second.object) && hold.second.state == "running";
    });
    if (!runs) Accuse("a hold that the key tree knows was not placed again " + when);
  }
}

// A blob is dust only if its slot is empty, spent or another's, never because a row is missing: who
// has the key could still bring the document back. A filing that was not answered may be lost with
// a primary: the tree of what took over never had it in its slot, and may give the number again.
void Judge::CheckBlobs(const VaultAttacker::Keys& keys, const Standing& now,
                       const std::string& when) {
  const std::set<std::string> there = BlobsAtHome();
  std::optional<LootedKeys> own;
  for (const auto& [name, blob] : blobs_) {
    if (there.contains(name)) {
      lost_blobs_.erase(name);
      continue;
    }
    if (!keys.slots.contains(blob.slot) || lost_blobs_.contains(name)) continue;
    const auto row = now.versions.find(blob.version);
    const bool known = row != now.versions.end() && row->second.slot == blob.slot;
    if (!known && !now.orphans.contains(blob.slot)) continue;
    if (!own) own = KeysAtHome();
    if (own->contains(blob.slot)) {
      Accuse("a stored file was removed although its key lives " + when);
    }
  }
}

}  // namespace vault
