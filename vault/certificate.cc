#include "vault/certificate.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "vault/base/text.h"

namespace vault {
namespace {

constexpr std::array<std::pair<CopyState, std::string_view>, 3> kStates = {{
    {CopyState::kErased, "erased"},
    {CopyState::kUnreachable, "unreachable"},
    {CopyState::kEvicted, "evicted"},
}};

std::string_view StateName(CopyState state) {
  for (const auto& [one, name] : kStates) {
    if (one == state) return name;
  }
  return "unreachable";
}

std::string Joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

std::uint64_t CountIn(const std::vector<CopyFacts>& copies, CopyState state) {
  return static_cast<std::uint64_t>(
      std::count_if(copies.begin(), copies.end(),
                    [state](const CopyFacts& copy) { return copy.state == state; }));
}

// AddSearch says what the search for leftovers came to. One that was not made, and one that found
// something, are exceptions.
template <class Line>
void AddSearch(const std::optional<SearchFacts>& search, const Line& line) {
  if (!search) {
    line("exception",
         "the register's pages were not searched for what is destroyed here, because the service "
         "was stopped between the destruction and its certificate; they were read back by row");
    return;
  }
  if (search->left == 0 && search->values != 0) line("searched", SearchWords(*search));
  if (search->left == 0 && search->values != 0 && !search->whole && !search->rewritten) {
    line("exception",
         "the register is too large to be searched whole for one destruction: a page that the "
         "destruction did not change may keep a copy of a sealed value from when SQLite split it; "
         "its key is destroyed");
  }
  if (search->left != 0) {
    line("exception", std::to_string(search->left) + " of " + std::to_string(search->values) +
                          " sealed values were still found in the register's file; their key is "
                          "destroyed");
  }
}

std::string CopyWords(const CopyFacts& copy) {
  const std::string cells = "cells " + Joined(copy.cell_classes, ", ") + "; ";
  switch (copy.state) {
    case CopyState::kErased:
      return cells + ResidualWords(copy.cell_classes);
    case CopyState::kUnreachable:
      return cells + "not reached: its old secret is still there and goes when it is reached";
    case CopyState::kEvicted:
      break;
  }
  return cells +
         "given up by two people, left behind by a promotion, or never finished: what it held at "
         "that time can be read by whoever holds it and the unseal secret";
}

}  // namespace

std::string CopiesLine(const std::vector<CopyFacts>& copies) {
  std::vector<std::string> parts;
  for (const CopyFacts& copy : copies) {
    parts.push_back(std::to_string(copy.number) + ":" + std::string(StateName(copy.state)) + ":" +
                    Joined(copy.cell_classes, ","));
  }
  return Joined(parts, ";");
}

Result<std::vector<CopyFacts>> ReadCopies(std::string_view line) {
  std::vector<CopyFacts> copies;
  for (const std::string_view part : Split(line, ';')) {
    const std::vector<std::string_view> fields = Split(part, ':');
    if (fields.size() != 3) return Corrupt("a batch's copies cannot be read");
    CopyFacts copy;
    const auto number = ParseDecimal(fields[0]);
    if (!number.ok() || number.value() > UINT8_MAX) {
      return Corrupt("a batch's copies cannot be read");
    }
    copy.number = static_cast<std::uint8_t>(number.value());
    const std::string_view state = fields[1];
    const auto* const known = std::find_if(kStates.begin(), kStates.end(),
                                           [&](const auto& one) { return one.second == state; });
    if (known == kStates.end()) return Corrupt("a batch's copies cannot be read");
    copy.state = known->first;
    for (const std::string_view name : Split(fields[2], ',')) {
      copy.cell_classes.emplace_back(name);
    }
    copies.push_back(std::move(copy));
  }
  return copies;
}

std::string SearchLine(const SearchFacts& facts) {
  std::string line = std::to_string(facts.values) + " " + std::to_string(facts.left) + " " +
                     (facts.whole ? "whole" : "part");
  if (facts.rewritten) line += " " + std::to_string(*facts.rewritten);
  return line;
}

Result<std::optional<SearchFacts>> ReadSearch(std::string_view line) {
  if (line.empty()) return std::optional<SearchFacts>();
  const std::vector<std::string_view> fields = Split(line, ' ');
  const auto bad = [] { return Corrupt("what a search came to cannot be read"); };
  if (fields.size() < 3 || fields.size() > 4) return bad();
  const auto values = ParseDecimal(fields[0]);
  const auto left = ParseDecimal(fields[1]);
  if (!values.ok() || !left.ok()) return bad();
  SearchFacts facts;
  facts.values = values.value();
  facts.left = left.value();
  facts.whole = fields[2] == "whole";
  if (fields.size() == 4) {
    const auto rewritten = ParseDecimal(fields[3]);
    if (!rewritten.ok()) return bad();
    facts.rewritten = static_cast<UnixSeconds>(rewritten.value());
  }
  return std::optional<SearchFacts>(facts);
}

std::string SearchWords(const SearchFacts& facts) {
  const std::string place =
      facts.whole ? "every page of the register on its device, free ones and those of its log too"
                  : "every page of the register that the destruction changed, all free pages and "
                    "those of its log, on its device";
  std::string made_anew;
  if (facts.rewritten) {
    made_anew = "; what page splits had left of them was found, and the file made anew " +
                FormatMinute(*facts.rewritten);
  }
  return place + ": none of " + std::to_string(facts.values) + " sealed values is left" + made_anew;
}

bool AllErased(const std::vector<CopyFacts>& copies) {
  return CountIn(copies, CopyState::kUnreachable) == 0;
}

std::string ResidualWords(const std::vector<std::string>& cell_classes) {
  const auto has = [&](std::string_view name) {
    return std::find(cell_classes.begin(), cell_classes.end(), name) != cell_classes.end();
  };
  if (has("tpm") || has("remote")) {
    return "irrecoverable: the erased secret cannot be copied out of its cell";
  }
  if (has("medium") || has("remote (medium)")) {
    return "destroyed; what remains is the remanence of the cell's own medium";
  }
  if (has("remote (file)")) {
    return "destroyed in this store; whoever kept a snapshot of the custodian's cell from before "
           "this epoch, and the vault's data and unseal secret, could still read it";
  }
  return "destroyed in this store; whoever kept a snapshot of the erasure cell from before this "
         "epoch, and the vault's data and unseal secret, could still read it";
}

std::string ChannelWords(std::string_view channel) {
  if (channel == "folder" || channel == "maildir") {
    return "taken in from a " + std::string(channel) +
           ": copies on that folder's disk, and of the mail that brought them, are not covered";
  }
  return {};
}

std::string MandateWords(std::string_view mandate) {
  if (mandate == "event") return "an event that a person recorded";
  if (mandate == "schedule") return "the schedule alone; the rule asks for no approval";
  if (mandate == "approved-by-two") return "approved by two people";
  if (mandate == "released-by-two") return "stopped by the breaker and released by two people";
  return std::string(mandate);
}

std::string CertificateText(const CertificateFacts& facts) {
  const bool final = AllErased(facts.copies);
  std::string text =
      final ? "CERTIFICATE OF DESTRUCTION\n" : "PROVISIONAL CERTIFICATE OF DESTRUCTION\n";
  const auto line = [&text](std::string_view name, std::string_view value) {
    text += name;
    text += ": ";
    text += value;
    text += '\n';
  };
  line("certificate", facts.batch.ToHex());
  line("kind", final ? "final" : "provisional: a copy of the key tree has still to erase");
  line("vault", facts.store);
  line("rule", facts.rule);
  line("trigger", facts.trigger);
  line("authority", facts.authority);
  line("mandate", MandateWords(facts.mandate));
  for (const std::string& approver : facts.approvers) line("approved by", approver);
  line("due", FormatMinute(facts.due));
  line("destroyed", FormatMinute(facts.done));
  if (facts.completed) line("last copy erased", FormatMinute(*facts.completed));
  line("clock", facts.clock);
  line("epoch", std::to_string(facts.epoch));
  // A copy that was given up is no longer known; it stays an exception.
  const std::uint64_t known = facts.copies.size() - CountIn(facts.copies, CopyState::kEvicted);
  line("copies", std::to_string(CountIn(facts.copies, CopyState::kErased)) + " of " +
                     std::to_string(known) +
                     " copies of the key tree re-keyed and read back from the device");
  for (std::size_t i = 0; i < facts.copies.size(); ++i) {
    line("copy " + std::to_string(i + 1), CopyWords(facts.copies[i]));
  }
  line("objects", std::to_string(facts.objects.size()));
  for (const std::string& object : facts.objects) line("object", object);
  AddSearch(facts.search, line);
  if (facts.held_back != 0) {
    line("exception",
         std::to_string(facts.held_back) + " kept by a hold that was placed before the commit");
  }
  if (facts.rowless != 0) {
    const bool one = facts.rowless == 1;
    line("exception",
         std::to_string(facts.rowless) +
             (one ? " other version of these documents has a key without a row, after "
                    "a crash or a restore, and is not destroyed by this: closed to "
                    "everybody until officers end or recover it"
                  : " other versions of these documents have keys without a row, after "
                    "a crash or a restore, and are not destroyed by this: closed to "
                    "everybody until officers end or recover them"));
  }
  const std::set<std::string> channels(facts.channels.begin(), facts.channels.end());
  for (const std::string& channel : channels) {
    const std::string words = ChannelWords(channel);
    if (!words.empty()) line("exception", words);
  }
  if (!facts.replaces.empty()) {
    line("replaces", "the certificate of the same number with SHA-256 " + facts.replaces);
  }
  text +=
      "not covered: what people downloaded, printed or noted while they were allowed to read; "
      "those copies are the subject of the agencies' attestations\n";
  return text;
}

}  // namespace vault
