// custody: status, add, rejoin, evict through the daemon; promote here, on a sealed standby.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policies/rule_book.h"
#include "tools/cli/commands.h"
#include "vault/promote.h"
#include "vault/world.h"

namespace tools {
namespace {

using vault::Status;

const Columns kCopies = {{"id", "Copy"},       {"name", "Name"},
                         {"state", "State"},   {"reached", "Reached"},
                         {"folder", "Folder"}, {"cell_classes", "Erasure cells"},
                         {"detail", "Note"}};

std::string Absolute(const std::string& path) {
  std::error_code failure;
  const auto absolute = std::filesystem::absolute(path, failure);
  return failure ? path : absolute.lexically_normal().string();
}

struct Promotion {
  std::string data;
  std::vector<std::string> cells;
  std::optional<std::string> passphrase_file;
  std::optional<std::string> credential;
  std::vector<std::string> share_files;
  std::optional<std::string> blobs;
};

Status CheckPromotion(const Promotion& options) {
  const int secrets = (options.passphrase_file ? 1 : 0) + (options.credential ? 1 : 0) +
                      (options.share_files.empty() ? 0 : 1);
  if (secrets > 1) return vault::Invalid("give a passphrase, a credential or shares, one of them");
  return vault::Ok();
}

Status RunPromotion(Client& client, const Promotion& options) {
  vault::PromoteWish wish;
  if (options.credential) {
    TRY(wish.credential, ReadSecretFile(*options.credential));
  } else if (!options.share_files.empty()) {
    for (const std::string& file : options.share_files) {
      TRY(vault::Plaintext share, ReadSecretFile(file));
      wish.shares.push_back(std::move(share));
    }
  } else {
    TRY(wish.passphrase,
        ReadSecret(client.console(), "Unseal passphrase", options.passphrase_file));
  }
  if (options.blobs) wish.blobs = Absolute(*options.blobs);
  vault::VaultPlace place;
  place.data = Absolute(options.data);
  place.cells = options.cells;
  TRY(std::unique_ptr<vault::RealWorld> world, vault::RealWorld::Make());
  // Nothing is judged here, so no template is asked.
  auto rules = policies::TemplateBook::FromTexts({}, {}, vault::Sha256Hex);
  if (!rules.ok()) return vault::Unavailable("the rules cannot be prepared");
  TRY(const vault::PromoteResult done,
      vault::PromoteStandby(world->ForRules(*rules.value()), place, std::move(wish)));
  JsonObject printed;
  printed.Set("vault", done.store.ToHex())
      .SetNumber("copy", done.copy)
      .SetNumber("epoch", done.epoch)
      .Set("log_vkey", done.log_key)
      .SetNumber("missing_blobs", done.missing_blobs);
  std::string words =
      "The standby is the vault now, in the folder it lies in. Start the daemon with data = that "
      "folder.\nThe lost primary must never be used again: should it come back, it still opens "
      "what it held then.\nThe log goes on under a new name.\nLog key  " +
      done.log_key + "\n";
  if (done.missing_blobs != 0) {
    words += "The bytes of " + std::to_string(done.missing_blobs) +
             " documents are not here: put the blobs of the latest backup into its folder blobs.\n";
  }
  return client.PrintOwn(std::move(printed), words);
}

void AddPromote(CLI::App& noun, Client& client) {
  auto options = std::make_shared<Promotion>();
  CLI::App* command = AddCommand(
      noun, "promote", "Make a standby the vault, when the primary is lost; needs no daemon",
      "strongroom custody promote --data /mnt/second/strongroom --passphrase-file "
      "passphrase \\\n    --blobs /mnt/shared/blobs");
  command->add_option("--data", options->data, "The standby's folder")->required();
  command->add_option("--cell", options->cells,
                      "Its erasure cell, KIND:PATH, repeatable (else DIR.cell beside the folder)");
  command->add_option("--passphrase-file", options->passphrase_file,
                      "File with the passphrase (else a prompt or standard input)");
  command->add_option("--credential", options->credential, "File with the unseal credential");
  command->add_option("--share-file", options->share_files, "File with one share, repeatable");
  command->add_option("--blobs", options->blobs,
                      "The folder of the blobs, on a shared disk or restored from a backup");
  command->callback([&client, options] {
    client.plan.check = [options] { return CheckPromotion(*options); };
    client.plan.run = [&client, options] { return RunPromotion(client, *options); };
  });
}

}  // namespace

void AddCustodyCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "custody", "Copies of the vault: a standby on another disk");
  CLI::App* command = AddCommand(*noun, "status", "List the copies and say which follow",
                                 "strongroom custody status");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/custody"), kCopies);
    };
  });

  auto folder = std::make_shared<std::string>();
  auto cells = std::make_shared<std::vector<std::string>>();
  command = AddCommand(*noun, "add", "Make a standby in another folder, on another disk",
                       "strongroom custody add /mnt/second/strongroom");
  command->add_option("DIR", *folder, "Its folder on the daemon's machine; absent or empty")
      ->required();
  command->add_option("--cell", *cells,
                      "Its erasure cell, KIND:PATH, repeatable (else DIR.cell beside the folder)");
  command->callback([&client, folder, cells] {
    client.plan.run = [&client, folder, cells] {
      JsonObject body;
      body.Set("folder", Absolute(*folder)).SetList("cells", *cells);
      return client.PrintList(client.Post("/api/v1/custody/standby", std::move(body)), kCopies);
    };
  });

  command = AddCommand(*noun, "rejoin", "Reach for a standby that was lost; the sweep does so too",
                       "strongroom custody rejoin");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Post("/api/v1/custody/rejoin", {}), kCopies);
    };
  });

  command = AddCommand(*noun, "evict",
                       "Give up a standby that cannot be reached; a second person must do the same",
                       "strongroom custody evict");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintRecord(client.Post("/api/v1/custody/evict", {}), {{"state", "Standby"}});
    };
  });
  AddPromote(*noun, client);
}

}  // namespace tools
