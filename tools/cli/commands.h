// Commands: one function a noun, each adding its commands to the parser.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tools/cli/client.h"

namespace tools {

// AddNoun adds a word that only groups commands ("matter").
CLI::App* AddNoun(CLI::App& app, const std::string& name, const std::string& does);
// AddCommand adds a command; the example is printed below its help.
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& does,
                     const std::string& example);

void AddInitCommand(CLI::App& app, Client& client);
void AddUnsealCommands(CLI::App& app, Client& client);
void AddVaultCommands(CLI::App& app, Client& client);
void AddCustodyCommands(CLI::App& app, Client& client);
void AddSignInCommands(CLI::App& app, Client& client);
void AddPeopleCommands(CLI::App& app, Client& client);
void AddDeputyCommands(CLI::App& app, Client& client);
void AddReportCommands(CLI::App& app, Client& client);
void AddSampleCommand(CLI::App& app, Client& client);
void AddTokenCommands(CLI::App& app, Client& client);
void AddMatterCommands(CLI::App& app, Client& client);
// AddMatterPlanCommands adds to the noun matter.
void AddMatterPlanCommands(CLI::App& noun, Client& client);
void AddRecordCommands(CLI::App& app, Client& client);
void AddTableCommands(CLI::App& app, Client& client);
void AddDocumentCommands(CLI::App& app, Client& client);
void AddShareCommands(CLI::App& app, Client& client);
void AddHoldCommands(CLI::App& app, Client& client);
void AddDisposalCommands(CLI::App& app, Client& client);
void AddLogCommands(CLI::App& app, Client& client);
void AddPolicyCommands(CLI::App& app, Client& client);
void AddBackupCommands(CLI::App& app, Client& client);
void AddOrphanCommands(CLI::App& app, Client& client);
void AddDoctorCommand(CLI::App& app, Client& client);

// BuildParser makes the whole command line.
void BuildParser(CLI::App& app, Client& client);

}  // namespace tools
