#include "vault/certificate.h"

#include <algorithm>

namespace vault {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace

std::string ResidualWords(const std::vector<std::string>& cell_classes) {
  const bool only_strong =
      !cell_classes.empty() &&
      std::all_of(cell_classes.begin(), cell_classes.end(),
                  [](const std::string& c) { return c == "tpm" || c == "remote"; });
  if (only_strong) return "irrecoverable: the erased secret cannot be copied from its cell";
  const bool medium =
      std::find(cell_classes.begin(), cell_classes.end(), "medium") != cell_classes.end();
  if (medium) return "destroyed; what remains is the remanence of the cell's own medium";
  return "destroyed in this store; whoever kept a snapshot of the erasure cell from before this "
         "epoch, and the vault's data and unseal secret, could still read it";
}

std::string CertificateText(const CertificateFacts& facts) {
  std::string text = "CERTIFICATE OF DESTRUCTION\n";
  const auto line = [&text](std::string_view name, std::string_view value) {
    text += name;
    text += ": ";
    text += value;
    text += '\n';
  };
  line("certificate", facts.batch.ToHex());
  line("vault", facts.store);
  line("rule", facts.rule);
  line("trigger", facts.trigger);
  line("authority", facts.authority);
  line("mandate", facts.mandate);
  line("due", FormatMinute(facts.due));
  line("destroyed", FormatMinute(facts.done));
  line("clock", facts.clock_confirmed ? "date confirmed by a person" : "system clock");
  line("epoch", std::to_string(facts.epoch));
  line("copies", "1 of 1 copies of the key tree re-keyed and read back from the device");
  line("erasure cells", Joined(facts.cell_classes));
  line("residual", ResidualWords(facts.cell_classes));
  line("objects", std::to_string(facts.objects.size()));
  for (const std::string& object : facts.objects) line("object", object);
  if (facts.held_back != 0) {
    line("held back", std::to_string(facts.held_back) + " kept by a hold placed before the commit");
  }
  text +=
      "not covered: what people downloaded, printed or noted while they were allowed to read; "
      "those copies are the subject of the agencies' attestations\n";
  return text;
}

}  // namespace vault
