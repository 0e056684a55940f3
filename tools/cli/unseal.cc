// unseal, unseal-key renew: the secret that opens the vault, given and made anew.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/output_file.h"
#include "tools/cli/status_words.h"

namespace tools {
namespace {

using vault::Plaintext;
using vault::Status;

// Given says where the present secret comes from.
struct Given {
  std::optional<std::string> passphrase_file;
  std::optional<std::string> credential;
  std::optional<std::string> shares_file;
  bool share = false;
};

struct Unseal {
  Given given;
  std::optional<std::string> date;
};

struct Renew {
  Given given;
  std::optional<std::string> passphrase_file;
  std::optional<std::string> credential_out;
  std::optional<std::uint64_t> shares;
  std::optional<std::uint64_t> threshold;
};

Status SetGiven(Client& client, const Given& given, JsonObject& body) {
  if (given.credential) {
    TRY(const Plaintext credential, ReadSecretFile(*given.credential));
    body.Set("credential", credential);
  } else if (given.shares_file || given.share) {
    TRY(const Plaintext text, ReadSecret(client.console(), "Unseal share", given.shares_file));
    body.SetList("shares", SecretLines(text));
  } else {
    TRY(const Plaintext passphrase,
        ReadSecret(client.console(), "Unseal passphrase", given.passphrase_file));
    body.Set("passphrase", passphrase);
  }
  return vault::Ok();
}

Status RunUnseal(Client& client, const Unseal& options) {
  JsonObject body;
  TRY_VOID(SetGiven(client, options.given, body));
  body.Set("confirm_date", options.date);
  const Plaintext text = std::move(body).Take();
  HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/unseal";
  request.json = &text;
  TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kNone, nullptr));
  return client.PrintWith(std::string(answer.body.text()), StatusWords);
}

void AddGiven(CLI::App* command, Given& given) {
  auto* file = command->add_option("--passphrase-file", given.passphrase_file,
                                   "File with the passphrase (else a prompt or standard input)");
  auto* credential =
      command->add_option("--credential", given.credential, "File with the unseal credential")
          ->excludes(file);
  auto* shares =
      command->add_option("--shares-file", given.shares_file, "File with shares, one a line")
          ->excludes(file)
          ->excludes(credential);
  command
      ->add_flag("--share", given.share, "Give shares at a prompt or on standard input, one a line")
      ->excludes(file)
      ->excludes(credential)
      ->excludes(shares);
}

Status CheckRenew(const Renew& options) {
  const int ways = int{options.passphrase_file.has_value()} +
                   int{options.credential_out.has_value()} + int{options.shares.has_value()};
  if (ways != 1) {
    return vault::Invalid(
        "give one of --new-passphrase-file, --new-credential-out and --new-shares");
  }
  if (options.threshold && !options.shares) {
    return vault::Invalid("--new-threshold goes with --new-shares");
  }
  return vault::Ok();
}

// The new secret is in its holders' hands before it counts, so that no stop in between leaves the
// vault with a secret nobody has.
Status HandOut(Client& client, const Renew& options, const Json& issued) {
  const std::vector<Json>& shares = issued.Find("shares").items();
  if (options.credential_out) {
    TRY(OutputFile file, OutputFile::Create(*options.credential_out));
    const Plaintext text =
        Plaintext::CopyOf(vault::AsBytes(issued.Find("credential").Text() + "\n"));
    TRY_VOID(file.Write(text.view()));
    TRY_VOID(std::move(file).Finish());
  }
  std::vector<Plaintext> texts;
  Plaintext words;
  const auto say = [&words](std::string_view text) { words.Append(vault::AsBytes(text)); };
  for (std::size_t i = 0; i < shares.size(); ++i) {
    texts.push_back(Plaintext::CopyOf(vault::AsBytes(shares[i].Text())));
    say("\nShare " + std::to_string(i + 1) + " of " + std::to_string(shares.size()) + "\n  ");
    words.Append(texts.back().view());
    say("\n");
  }
  if (!texts.empty()) say("\nThey are shown this once and kept nowhere.\n");
  JsonObject printed;
  printed.SetList("shares", texts);
  return client.PrintOwn(std::move(printed), words.text());
}

Status RunRenew(Client& client, const Renew& options) {
  JsonObject wish;
  JsonObject proof;
  TRY_VOID(SetGiven(client, options.given, wish));
  std::uint64_t threshold = 0;
  if (options.passphrase_file) {
    TRY(const Plaintext passphrase, ReadSecretFile(*options.passphrase_file));
    wish.Set("new_passphrase", passphrase);
    proof.Set("passphrase", passphrase);
  } else if (options.credential_out) {
    wish.SetFlag("new_credential", true);
  } else {
    threshold = options.threshold.value_or(*options.shares / 2 + 1);
    wish.SetNumber("new_shares", *options.shares).SetNumber("new_threshold", threshold);
  }
  TRY(const std::string answer, client.Post("/api/v1/unseal-key/prepare", std::move(wish)));
  TRY(const Json issued, Json::Parse(answer));
  TRY_VOID(HandOut(client, options, issued));
  if (options.credential_out) proof.Set("credential", issued.Find("credential").Text());
  if (options.shares) {
    std::vector<Plaintext> enough;
    for (const Json& share : issued.Find("shares").items()) {
      if (enough.size() < threshold) {
        enough.push_back(Plaintext::CopyOf(vault::AsBytes(share.Text())));
      }
    }
    proof.SetList("shares", enough);
  }
  auto committed = client.Post("/api/v1/unseal-key/commit", std::move(proof));
  if (!committed.ok()) {
    Say(client.console().err,
        "The new unseal secret may not count: try the old one first, then the new one.");
    return committed.error();
  }
  Say(client.console().err,
      "The unseal key is new. The old secret opens nothing from now on, old backups included.");
  return vault::Ok();
}

}  // namespace

void AddUnsealCommands(CLI::App& app, Client& client) {
  auto unseal = std::make_shared<Unseal>();
  CLI::App* command =
      AddCommand(app, "unseal", "Open the vault after a start; several people may bring shares",
                 "strongroom unseal --share --confirm-date 2026-04-09");
  AddGiven(command, unseal->given);
  command->add_option("--confirm-date", unseal->date, "Today's date, as you know it: YYYY-MM-DD");
  command->callback([&client, unseal] {
    client.plan.run = [&client, unseal] { return RunUnseal(client, *unseal); };
  });

  CLI::App* noun = AddNoun(app, "unseal-key", "The key behind passphrase, shares and credential");
  auto renew = std::make_shared<Renew>();
  command =
      AddCommand(*noun, "renew", "Make a new unseal key, as when a holder leaves; the old one ends",
                 "strongroom unseal-key renew --shares-file shares --new-shares 3");
  AddGiven(command, renew->given);
  command->add_option("--new-passphrase-file", renew->passphrase_file,
                      "File with the passphrase from now on");
  command->add_option("--new-shares", renew->shares, "Split the new key among so many, 2 to 16");
  command->add_option("--new-threshold", renew->threshold,
                      "How many of them are needed (else more than half)");
  command->add_option("--new-credential-out", renew->credential_out,
                      "Where to write the credential from now on, outside the data folder");
  command->callback([&client, renew] {
    client.plan.check = [renew] { return CheckRenew(*renew); };
    client.plan.run = [&client, renew] { return RunRenew(client, *renew); };
  });
}

}  // namespace tools
