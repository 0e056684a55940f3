#include "tools/cli/local_vault.h"

#include <filesystem>
#include <utility>

namespace tools {

using vault::Result;

void AddPlaceOptions(CLI::App& command, LocalPlace& place) {
  command.add_option("--cell", place.cells,
                     "Erasure cell, file:PATH, repeatable (else DATA.cell beside the folder)");
  auto* file = command.add_option("--passphrase-file", place.passphrase_file,
                                  "File with the passphrase (else a prompt or standard input)");
  auto* credential =
      command.add_option("--credential", place.credential, "File with the unseal credential")
          ->excludes(file);
  command
      .add_option("--shares-file", place.shares_file,
                  "File with shares, one a line, as many as are needed")
      ->excludes(file)
      ->excludes(credential);
  command.add_option("--confirm-date", place.date, "Today's date, as you know it: YYYY-MM-DD");
}

std::string AbsolutePath(const std::string& path) {
  std::error_code failure;
  const auto absolute = std::filesystem::absolute(path, failure);
  return failure ? path : absolute.lexically_normal().string();
}

namespace {

// PolicyFolder is where an installed program has its rules, or, before that, the source tree.
std::string PolicyFolder(const Client& client) {
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  const auto installed = program.parent_path() / ".." / "share" / "strongroom" / "policies";
  if (!failed && std::filesystem::is_directory(installed, failed)) return installed.string();
  return client.policy_folder;
}

}  // namespace

Result<LocalVault> LocalVault::Prepare(const Client& client, const LocalPlace& place) {
  LocalVault local;
  auto rules = policies::TemplateBook::LoadFolder(PolicyFolder(client), vault::Sha256Hex);
  if (!rules.ok()) return vault::Invalid("the process templates have faults");
  local.rules_ = std::move(rules).value();
  TRY(local.machine_, vault::RealWorld::Make());
  local.world_ = local.machine_->ForRules(*local.rules_);
  local.place_.data = AbsolutePath(place.data);
  for (const std::string& cell : place.cells) {
    const std::size_t colon = cell.find(':');
    if (colon == cell.npos) return vault::Invalid("a cell is written KIND:PATH");
    local.place_.cells.push_back(cell.substr(0, colon + 1) +
                                 (cell.starts_with("file:") ? AbsolutePath(cell.substr(colon + 1))
                                                            : cell.substr(colon + 1)));
  }
  return local;
}

Result<std::unique_ptr<vault::Vault>> LocalVault::Unseal(const Client& client,
                                                         const LocalPlace& place) const {
  std::optional<vault::Day> date;
  if (place.date) {
    TRY(date, vault::Day::Parse(*place.date));
  }
  if (place.credential) {
    TRY(const vault::Plaintext credential, ReadSecretFile(*place.credential));
    TRY(const vault::SealedVault sealed, vault::SealedVault::At(world_, place_));
    return sealed.UnsealWithCredential(vault::AsBytes(credential.text()), date);
  }
  if (place.shares_file) {
    TRY(const vault::Plaintext text, ReadSecretFile(*place.shares_file));
    TRY(const vault::SealedVault sealed, vault::SealedVault::At(world_, place_));
    std::vector<vault::UnsealShare> shares;
    for (const vault::Plaintext& line : SecretLines(text)) {
      TRY(vault::UnsealShare share, sealed.ReadShare(line.view()));
      if (shares.empty() || shares.size() < shares.front().threshold) {
        shares.push_back(std::move(share));
      }
    }
    return sealed.UnsealWithShares(shares, date);
  }
  TRY(const vault::Plaintext passphrase,
      ReadSecret(client.console(), "Unseal passphrase", place.passphrase_file));
  TRY(const vault::SealedVault sealed, vault::SealedVault::At(world_, place_));
  return sealed.UnsealWithPassphrase(vault::AsBytes(passphrase.text()), date);
}

}  // namespace tools
