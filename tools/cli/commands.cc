#include "tools/cli/commands.h"

#include <string>
#include <vector>

namespace tools {
namespace {

void SayError(const Client& client, const vault::Error& error) {
  const std::string_view kind = vault::ErrcName(error.code);
  Say(client.console().err, "strongroom: " + std::string(kind) + ": " + OneLine(error.detail));
}

int Do(Client& client) {
  if (client.plan.check) {
    if (auto checked = client.plan.check(); !checked.ok()) {
      SayError(client, checked.error());
      return 2;
    }
  }
  if (auto done = client.plan.run(); !done.ok()) {
    SayError(client, done.error());
    return 1;
  }
  return 0;
}

}  // namespace

CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& does) {
  CLI::App* noun = app.add_subcommand(name, does);
  noun->fallthrough();
  noun->require_subcommand(1);
  return noun;
}

CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& does,
                     const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, does);
  command->fallthrough();
  command->footer("Example:\n  " + example);
  return command;
}

void BuildParser(CLI::App& app, Client& client) {
  app.name("strongroom");
  app.description(
      "Strongroom keeps audit forms and restricted documents for as long as they may be "
      "kept, and no longer.");
  app.set_version_flag("--version", "strongroom " + client.version());
  app.fallthrough();
  app.require_subcommand(1);
  app.footer("Every command has --help. Secrets come from a prompt, a file or standard input.");
  app.add_option("--server", client.options.server,
                 "The daemon's address (STRONGROOM_SERVER; https://localhost:8443)");
  app.add_option("--ca", client.options.authority,
                 "PEM file that vouches for the daemon (STRONGROOM_CA)");
  app.add_option("--token-file", client.options.token_file,
                 "Where the sign-in is kept (STRONGROOM_TOKEN_FILE)");
  app.add_flag("--json", client.options.json, "Print one JSON value");
  AddInitCommand(app, client);
  AddUnsealCommands(app, client);
  AddVaultCommands(app, client);
  AddCustodyCommands(app, client);
  AddSignInCommands(app, client);
  AddPeopleCommands(app, client);
  AddDeputyCommands(app, client);
  AddTokenCommands(app, client);
  AddMatterCommands(app, client);
  AddRecordCommands(app, client);
  AddTableCommands(app, client);
  AddDocumentCommands(app, client);
  AddShareCommands(app, client);
  AddHoldCommands(app, client);
  AddDisposalCommands(app, client);
  AddReportCommands(app, client);
  AddSampleCommand(app, client);
  AddLogCommands(app, client);
  AddPolicyCommands(app, client);
  AddBackupCommands(app, client);
  AddOrphanCommands(app, client);
  AddDoctorCommand(app, client);
}

int RunClient(const std::vector<std::string>& arguments, Client& client) {
  CLI::App app;
  BuildParser(app, client);
  try {
    // The parser takes the words from the back.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = &app;
    std::string before;
    while (!asked->get_subcommands().empty()) {
      before += (before.empty() ? "" : " ") + asked->get_name();
      asked = asked->get_subcommands().front();
    }
    return client.PrintRaw(asked->help(before)).ok() ? 0 : 1;
  } catch (const CLI::CallForVersion& version) {
    return client.PrintRaw(std::string(version.what()) + "\n").ok() ? 0 : 1;
  } catch (const CLI::ParseError& wrong) {
    SayError(client, vault::Invalid(wrong.what()));
    return 2;
  }
  return Do(client);
}

}  // namespace tools
