#include "vault/record_rows.h"

#include <algorithm>

#include "vault/base/text.h"

namespace vault {
namespace {

// A line is a kind and its words, set apart by tabs; a value may hold any of the three.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return Corrupt("a record's text is cut short");
    if (text[i] == 't') {
      out += '\t';
    } else if (text[i] == 'n') {
      out += '\n';
    } else if (text[i] == '\\') {
      out += '\\';
    } else {
      return Corrupt("a record's text is not well formed");
    }
  }
  return out;
}

std::string Line(char kind, const std::vector<std::string_view>& words) {
  std::string line(1, kind);
  for (const std::string_view word : words) line += "\t" + Escaped(word);
  return line + "\n";
}

std::string Sentence(const Finding& finding) {
  return finding.sentence + " (rule " + finding.rule + ", " +
         std::string(SeverityName(finding.severity)) + ")";
}

}  // namespace

std::string RecordText::Encode() const {
  std::string text;
  for (const FieldValue& value : values) text += Line('v', {value.name, value.value});
  for (const FieldValue& digest : digests) text += Line('d', {digest.name, digest.value});
  for (const KeptFinding& finding : findings) {
    text += Line('f', {finding.rule, finding.severity, finding.sentence});
  }
  if (!reason.empty()) text += Line('r', {reason});
  return text;
}

Result<RecordText> RecordText::Decode(std::string_view text) {
  RecordText out;
  for (const std::string_view line : Split(text, '\n')) {
    if (line.empty()) continue;
    std::vector<std::string> words;
    for (const std::string_view word : Split(line, '\t')) {
      TRY(std::string plain, Unescaped(word));
      words.push_back(std::move(plain));
    }
    if (words[0] == "v" && words.size() == 3) {
      out.values.push_back({words[1], words[2]});
    } else if (words[0] == "d" && words.size() == 3) {
      out.digests.push_back({words[1], words[2]});
    } else if (words[0] == "f" && words.size() == 4) {
      out.findings.push_back({words[1], words[2], words[3]});
    } else if (words[0] == "r" && words.size() == 2) {
      out.reason = words[1];
    } else {
      return Corrupt("a record's text is not well formed");
    }
  }
  return out;
}

RecordFacts KeptRecord::Facts() const {
  RecordFacts facts{document.kind, text.values};
  facts.values.insert(facts.values.end(), text.digests.begin(), text.digests.end());
  return facts;
}

Result<std::string> ValueDigest(Core& core, const MatterId& matter, std::string_view field,
                                std::string_view value) {
  const std::string named = "record\n" + std::string(field) + "\n" + std::string(value);
  return core.Pseudonym(matter, AsBytes(named));
}

Result<MatterRecords> LoadRecords(Core& core, const MatterId& matter) {
  DocumentRows rows(core);
  TRY(std::vector<DocumentRow> documents, rows.OfMatter(matter));
  MatterRecords records;
  for (DocumentRow& document : documents) {
    if (document.kind.empty()) continue;
    TRY(VersionRow version, rows.LoadVersion(document.id, document.latest));
    if (version.state != "live") {
      records.unseen.insert(document.kind);
      continue;
    }
    // What a sealed hold closes is there for nobody, and stops no other. It is told of like what
    // was destroyed, so that who may not know of the hold learns nothing of it.
    TRY(const SlotEntry entry, core.keeper->Look(version.slot));
    if ((entry.flags & kFlagClosed) != 0) {
      records.unseen.insert(document.kind);
      continue;
    }
    TRY(const std::string label, core.OpenLabel(FindingsPlace(version), version.findings));
    TRY(RecordText text, RecordText::Decode(label));
    records.seen.push_back({std::move(document), std::move(version), std::move(text)});
  }
  // In the order of their slots, which is the order they came in.
  std::sort(records.seen.begin(), records.seen.end(), [](const KeptRecord& a, const KeptRecord& b) {
    return a.version.slot < b.version.slot;
  });
  return records;
}

std::optional<KeptFinding> Unseen(const MatterRecords& records,
                                  const std::vector<std::string>& kinds) {
  for (const std::string& kind : kinds) {
    if (!records.unseen.contains(kind)) continue;
    return KeptFinding{"unseen", std::string(SeverityName(Severity::kWarn)),
                       "not every earlier entry can be looked at, and what cannot did not count: "
                       "make sure by other means"};
  }
  return std::nullopt;
}

std::vector<RecordFacts> FactsOf(const std::vector<KeptRecord>& records) {
  std::vector<RecordFacts> facts;
  for (const KeptRecord& record : records) facts.push_back(record.Facts());
  return facts;
}

std::optional<KeptFinding> RestsOn(const std::vector<KeptRecord>& records) {
  const std::string_view hold = SeverityName(Severity::kHold);
  for (const KeptRecord& record : records) {
    for (const KeptFinding& finding : record.text.findings) {
      if (finding.severity == hold) return finding;
    }
  }
  return std::nullopt;
}

Result<std::vector<KeptFinding>> Admit(const Actor& actor, const std::vector<Finding>& findings,
                                       const std::optional<KeptFinding>& unseen,
                                       std::string_view reason) {
  const std::string also = unseen ? "; " + unseen->sentence : std::string();
  std::vector<KeptFinding> kept;
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::kRefuse) return Conflict(Sentence(finding) + also);
    if (finding.severity == Severity::kException) {
      std::string who;
      bool may = false;
      for (const std::string& role : finding.approvers) {
        may = may || actor.Has(role);
        who += (who.empty() ? "" : " or ") + role;
      }
      if (!may) {
        return Denied(Sentence(finding) + ": " + who + " may allow it with a reason" + also);
      }
      if (reason.empty()) return Conflict(Sentence(finding) + ": give a reason to allow it" + also);
    }
    kept.push_back({finding.rule, std::string(SeverityName(finding.severity)), finding.sentence});
  }
  if (unseen) kept.push_back(*unseen);
  return kept;
}

std::optional<Day> RecordDue(const RecordKind& kind, const RecordFacts& facts) {
  const auto due = DayWritten(facts.First(kind.due_field));
  return due.ok() ? std::optional<Day>(due.value()) : std::nullopt;
}

std::string_view RecordState(const RecordKind& kind, const RecordFacts& facts,
                             const std::optional<Day>& due, Day today) {
  if (kind.done_field.empty()) return "";
  const std::string_view done = facts.First(kind.done_field);
  const bool counts =
      kind.done_values.empty() ||
      std::find(kind.done_values.begin(), kind.done_values.end(), done) != kind.done_values.end();
  if (!done.empty() && counts) {
    const auto when = DayWritten(done);
    return due && when.ok() && *due < when.value() ? "late" : "done";
  }
  return due && *due < today ? "overdue" : "open";
}

}  // namespace vault
