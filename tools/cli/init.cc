// init: a new vault, made here, with nobody listening.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/custody/remote_cell.h"
#include "policies/rule_book.h"
#include "tools/cli/commands.h"
#include "vault/vault.h"
#include "vault/world.h"

namespace tools {
namespace {

using vault::Status;

struct Init {
  std::string data;
  std::string name;
  std::string officer;
  std::string agency = "unit";
  std::optional<std::string> password_file;
  std::optional<std::string> passphrase_file;
  std::optional<std::string> credential_out;
  std::optional<unsigned> shares;
  std::optional<unsigned> threshold;
  std::vector<std::string> cells;
  std::optional<std::string> origin;
  std::optional<std::string> standby;
  std::vector<std::string> standby_cells;
};

// More than half where nothing is said: 2 of 3, 3 of 5. Numbers too large stay too large.
vault::ShareCount CountOf(unsigned shares, const std::optional<unsigned>& threshold) {
  constexpr unsigned kMost = 255;
  return {static_cast<std::uint8_t>(std::min(threshold.value_or(shares / 2 + 1), kMost)),
          static_cast<std::uint8_t>(std::min(shares, kMost))};
}

Status CheckInit(const Init& options) {
  const int ways = int{options.passphrase_file.has_value()} +
                   int{options.credential_out.has_value()} + int{options.shares.has_value()};
  if (ways != 1) {
    return vault::Invalid("give one of --passphrase-file, --credential-out and --shares");
  }
  if (options.threshold && !options.shares) return vault::Invalid("--threshold goes with --shares");
  if (options.shares) {
    TRY_VOID(vault::CheckShareCount(CountOf(*options.shares, options.threshold)));
  }
  if (auto agency = vault::AgencyId::Parse(options.agency); !agency.ok()) return agency.error();
  for (const auto& cell : options.cells) {
    const std::size_t colon = cell.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == cell.size()) {
      return vault::Invalid("a cell is written KIND:PLACE, as file:/srv/cell");
    }
  }
  return vault::Ok();
}

std::string Absolute(const std::string& path) {
  std::error_code failure;
  const auto absolute = std::filesystem::absolute(path, failure);
  return failure ? path : absolute.lexically_normal().string();
}

// What would be refused at the end of the work is asked first: a half-made vault is in the way.
Status CheckOfficer(const vault::NewPerson& officer) {
  constexpr std::ptrdiff_t kShortest = 12;
  const std::string_view password = officer.password.text();
  const auto characters = std::count_if(password.begin(), password.end(), [](char c) {
    return (static_cast<unsigned char>(c) >> 6) != 2;
  });
  if (characters < kShortest) return vault::Invalid("a password has at least 12 characters");
  if (officer.email.find('@') == std::string::npos) {
    return vault::Invalid("the officer is named by an e-mail address");
  }
  return vault::Ok();
}

Status RunInit(Client& client, const Init& options) {
  vault::InitOptions wanted;
  wanted.name = options.name;
  TRY(wanted.unit, vault::AgencyId::Parse(options.agency));
  wanted.origin = options.origin.value_or("");
  wanted.officer.email = options.officer;
  TRY(wanted.officer.password,
      ReadSecret(client.console(), "Password of the first officer", options.password_file));
  TRY_VOID(CheckOfficer(wanted.officer));
  if (options.passphrase_file) {
    TRY(wanted.passphrase, ReadSecretFile(*options.passphrase_file));
  } else if (options.shares) {
    wanted.shares = CountOf(*options.shares, options.threshold);
  } else {
    wanted.credential_path = Absolute(*options.credential_out);
  }
  vault::VaultPlace place;
  place.data = Absolute(options.data);
  for (const auto& cell : options.cells) {
    // A path would mean something else in the daemon's folder.
    const std::string kind = cell.substr(0, cell.find(':') + 1);
    const bool path = kind == "file:" || kind == "medium:";
    place.cells.push_back(path ? kind + Absolute(cell.substr(kind.size())) : cell);
  }

  if (options.standby) {
    wanted.standby = vault::StandbyWish{Absolute(*options.standby), options.standby_cells};
  }
  TRY(std::unique_ptr<vault::RealWorld> world, vault::RealWorld::Make());
  world->AddCellKind(std::make_unique<service::RemoteKind>(service::RemoteManner()));
  // A vault is made before it has a matter, so no template is asked.
  auto rules = policies::TemplateBook::FromTexts({}, {}, vault::Sha256Hex);
  if (!rules.ok()) return vault::Unavailable("the rules cannot be prepared");
  TRY(vault::InitResult made,
      vault::InitVault(world->ForRules(*rules.value()), place, std::move(wanted)));

  JsonObject printed;
  std::vector<std::string> classes;
  for (const vault::CellClass& cell : made.cells) classes.push_back(cell.name);
  printed.Set("vault", made.store.ToHex())
      .Set("log_vkey", made.log_key)
      .SetList("shares", made.shares)
      .SetList("cell_classes", classes);
  vault::Plaintext words;
  const auto say = [&words](std::string_view text) { words.Append(vault::AsBytes(text)); };
  say("The vault is made.\nVault    " + made.store.ToHex() + "\nLog key  " + made.log_key + "\n");
  for (const vault::CellClass& cell : made.cells) {
    say("Cell     " + cell.name + " (" + cell.reason + ")\n");
  }
  if (!made.shares.empty()) {
    say("\nUnseal shares: any " +
        std::to_string(CountOf(*options.shares, options.threshold).threshold) +
        " of these open the vault. Give each to one person, on paper or in\na password safe of "
        "their own. They are shown this once and kept nowhere.\n");
    for (std::size_t i = 0; i < made.shares.size(); ++i) {
      say("\nShare " + std::to_string(i + 1) + " of " + std::to_string(made.shares.size()) +
          "\n  ");
      words.Append(made.shares[i].view());
      say("\n");
    }
    say("\n");
  }
  if (place.cells.empty()) {
    say("The erasure cell is the file beside the data folder whose name ends in .cell. Never put "
        "it\ninto a backup or snapshot: what is destroyed could be read again with an old copy.\n");
  }
  return client.PrintOwn(std::move(printed), words.text());
}

}  // namespace

void AddInitCommand(CLI::App& app, Client& client) {
  auto options = std::make_shared<Init>();
  CLI::App* command = AddCommand(app, "init", "Make a new vault; needs no daemon",
                                 "strongroom init --data /srv/strongroom --name \"Example "
                                 "partnership\" \\\n    --officer officer@unit.example "
                                 "--shares 3 --threshold 2");
  command->add_option("--data", options->data, "The folder of the vault; absent or empty")
      ->required();
  command->add_option("--name", options->name, "Name of the partnership")->required();
  command->add_option("--officer", options->officer, "E-mail address of the first officer")
      ->required();
  command->add_option("--agency", options->agency, "Code of the facilitating unit (else unit)");
  command->add_option("--password-file", options->password_file,
                      "File with the officer's password (else a prompt or standard input)");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "File with the passphrase that unseals the vault");
  command->add_option("--credential-out", options->credential_out,
                      "Where to write a credential that unseals it, outside the data folder");
  command->add_option("--shares", options->shares,
                      "Split the unseal key among this many people, 2 to 16");
  command->add_option("--threshold", options->threshold,
                      "How many of them are needed (else more than half)");
  command->add_option("--cell", options->cells,
                      "Erasure cell, KIND:PLACE, repeatable: file:PATH, medium:PATH, "
                      "tpm:INDEX[@TCTI] or remote:HOST:PORT/PIN@IDENTITY (else the file "
                      "DATA.cell beside the folder); all are needed");
  command->add_option("--origin", options->origin, "Name of the audit log");
  command->add_option("--standby", options->standby,
                      "Folder of a standby copy on another disk; absent or empty");
  command->add_option("--standby-cell", options->standby_cells,
                      "The standby's erasure cell, KIND:PATH, repeatable (else DIR.cell)");
  command->callback([&client, options] {
    client.plan.check = [options] { return CheckInit(*options); };
    client.plan.run = [&client, options] { return RunInit(client, *options); };
  });
}

}  // namespace tools
