// LocalVault: a vault opened here, with nobody serving it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policies/rule_book.h"
#include "tools/cli/commands.h"
#include "vault/world.h"

namespace tools {

// LocalPlace is what the command line says of a vault on this machine.
struct LocalPlace {
  std::string data;
  std::vector<std::string> cells;
  std::optional<std::string> passphrase_file;
  std::optional<std::string> credential;
  std::optional<std::string> shares_file;
  std::optional<std::string> date;
};

// AddPlaceOptions adds --cell, --passphrase-file, --credential, --shares-file and
// --confirm-date.
void AddPlaceOptions(CLI::App& command, LocalPlace& place);

// LocalVault owns the world that a vault is opened in.
class LocalVault {
 public:
  // Prepare reads the rules and makes the world. Errors: kInvalid the rules have faults;
  // kUnavailable.
  static vault::Result<LocalVault> Prepare(const Client& client, const LocalPlace& place);
  const vault::VaultWorld& world() const { return world_; }
  const vault::VaultPlace& place() const { return place_; }
  // Unseal asks for the secret, unless a file has it. Errors: those of SealedVault.
  vault::Result<std::unique_ptr<vault::Vault>> Unseal(const Client& client,
                                                      const LocalPlace& place) const;

 private:
  LocalVault() = default;
  std::unique_ptr<vault::RealWorld> machine_;
  std::unique_ptr<policies::TemplateBook> rules_;
  vault::VaultWorld world_;
  vault::VaultPlace place_;
};

// AbsolutePath is the path from the root, without links followed.
std::string AbsolutePath(const std::string& path);

}  // namespace tools
