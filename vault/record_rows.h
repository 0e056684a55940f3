// RecordRows: the small entries of a matter (an action, an attendance) as they stand in the
// register, and what the rules may see of them without anybody's key.
//
// A record is a document without a stored file: every change is a version with a slot of its own,
// and it is kept, held and destroyed by the rule of its class. What is not personal, and the names
// of the rules it missed, stand in a label; everything it says stands in a detail (FORMAT.md §6).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/facts.h"
#include "vault/core.h"
#include "vault/document_rows.h"

namespace vault {

// KeptFinding is a rule that a record missed when it was written, and went ahead.
struct KeptFinding {
  std::string rule;
  std::string severity;
  std::string sentence;
};

// RecordText is what a record says, as text: the detail holds all of it, the label what is not
// personal and digests in the place of what is.
struct RecordText {
  std::vector<FieldValue> values;
  std::vector<FieldValue> digests;  // personal fields, label only
  std::vector<KeptFinding> findings;
  std::string reason;  // for an exception, detail only
  std::string Encode() const;
  // Errors: kCorrupt.
  static Result<RecordText> Decode(std::string_view text);
};

// KeptRecord is a record's newest version, as the server alone can read it.
struct KeptRecord {
  DocumentRow document;
  VersionRow version;
  RecordText text;
  // Facts gives it to the rules; digests stand for personal values.
  RecordFacts Facts() const;
};

// ValueDigest names a personal value in one matter: equal values are equal, and no more.
Result<std::string> ValueDigest(Core& core, const MatterId& matter, std::string_view field,
                                std::string_view value);
// MatterRecords are the records of a matter, oldest first.
struct MatterRecords {
  std::vector<KeptRecord> seen;
  std::set<std::string> unseen;  // kinds of which there is one that the server cannot read now
};
// LoadRecords gives what the server can read: neither what was destroyed nor what is closed.
// Errors: kCorrupt.
Result<MatterRecords> LoadRecords(Core& core, const MatterId& matter);
// Unseen is what somebody is told who relies on a check that could not look at every record of the
// kinds it looks at. It says not why: who may know that asks for holds and certificates.
std::optional<KeptFinding> Unseen(const MatterRecords& records,
                                  const std::vector<std::string>& kinds);
std::vector<RecordFacts> FactsOf(const std::vector<KeptRecord>& records);
// RecordDue is the day by which a record must be done; none: its kind has none, or it says none.
std::optional<Day> RecordDue(const RecordKind& kind, const RecordFacts& facts);
// RecordState tells how far a record that somebody owes has come: open, overdue, done or late (done
// after it was due); empty: nobody owes it. due: RecordDue.
std::string_view RecordState(const RecordKind& kind, const RecordFacts& facts,
                             const std::optional<Day>& due, Day today);
// RestsOn gives the finding for which a matter rests until it is cleared, if there is one.
std::optional<KeptFinding> RestsOn(const std::vector<KeptRecord>& records);

// Admit decides over findings: refusals and unexcused exceptions are errors that name the rule and
// its severity; the rest is given back to be kept. reason: why an exception is made, or empty.
// Errors: kConflict; kDenied an exception that this actor may not make.
// unseen: what the checks could not look at; a refusal says it too.
Result<std::vector<KeptFinding>> Admit(const Actor& actor, const std::vector<Finding>& findings,
                                       const std::optional<KeptFinding>& unseen,
                                       std::string_view reason);

}  // namespace vault
