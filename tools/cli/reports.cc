// report: tables to take away; evidence: everything an inspector asks for, in one folder.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/log_export.h"
#include "tools/cli/output_file.h"
#include "tools/cli/transfer.h"
#include "vault/world.h"

namespace tools {
namespace {

using vault::Result;
using vault::Status;
namespace fs = std::filesystem;

struct Asked {
  std::optional<std::string> from;
  std::optional<std::string> until;
  std::optional<std::string> agency;
  std::optional<std::string> process;
};

std::string ReportTarget(const std::string& name, const Asked& asked, const char* format) {
  return "/api/v1/reports/" + PercentEncode(name) +
         Query({{"format", std::string(format)},
                {"from", asked.from},
                {"until", asked.until},
                {"agency", asked.agency},
                {"process", asked.process}});
}

// Fetch writes an answer to a file while it comes; the file is there when all of it came.
Status Fetch(Client& client, const std::string& target, const std::string& path) {
  FileSink sink(client.console(), path);
  HttpRequest request;
  request.target = target;
  TRY([[maybe_unused]] const HttpAnswer answer,
      client.Ask(std::move(request), SignIn::kRequired, &sink));
  return sink.Finish();
}

Result<std::string> FileDigest(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (!file) return vault::Unavailable("a file of the pack cannot be read back");
  return vault::Sha256Hex(vault::AsBytes(bytes));
}

struct ReportWish {
  std::string name;
  Asked asked;
  std::optional<std::string> output;
};

Status RunReport(Client& client, const ReportWish& wish) {
  if (client.options.json) {
    return client.PrintWith(client.Get(ReportTarget(wish.name, wish.asked, "json")),
                            [](const Json&) { return std::string(); });
  }
  if (!wish.output) {
    TRY(const std::string csv, client.Get(ReportTarget(wish.name, wish.asked, "csv")));
    // An answer is taken without its last end of line.
    return client.PrintRaw(csv + "\n");
  }
  TRY_VOID(Fetch(client, ReportTarget(wish.name, wish.asked, "csv"), *wish.output));
  JsonObject printed;
  printed.Set("file", *wish.output);
  return client.PrintOwn(std::move(printed), "The report is in " + *wish.output + ".\n");
}

constexpr std::string_view kReadMe =
    "Evidence pack\n"
    "\n"
    "reports/       tables as CSV (RFC 4180, UTF-8); a text that a spreadsheet would take for a\n"
    "               formula has an apostrophe before it\n"
    "certificates/  one certificate of destruction a disposal, with its proof\n"
    "log/           the whole audit log: checkpoint, tiles and the key that signs it (vkey)\n"
    "manifest.txt   the SHA-256 of every file here\n"
    "\n"
    "To check it without us, on any machine, with no network:\n"
    "\n"
    "  sha256sum -c manifest.txt\n"
    "  strongroom-verify log log --vkey log/vkey\n"
    "  strongroom-verify certificate certificates/FILE --vkey log/vkey\n"
    "\n"
    "Compare log/vkey with the key that you were given before, by another way. The log names\n"
    "people and things by pseudonyms that only the vault can resolve.\n";

Status WriteText(const fs::path& path, std::string_view text) {
  TRY(OutputFile file, OutputFile::Create(path.string()));
  TRY_VOID(file.Write(vault::AsBytes(text)));
  return std::move(file).Finish();
}

Result<std::uint64_t> FetchCertificates(Client& client, const fs::path& folder) {
  TRY(const std::string answer, client.Get("/api/v1/disposals"));
  TRY(const Json list, Json::Parse(answer));
  std::uint64_t count = 0;
  for (const Json& disposal : list.items()) {
    if (disposal.Find("certificate").Text() != "yes") continue;
    const std::string id = disposal.Find("id").Text();
    TRY_VOID(Fetch(client, "/api/v1/disposals/" + PercentEncode(id) + "/certificate",
                   (folder / (PercentEncode(id) + ".txt")).string()));
    ++count;
  }
  return count;
}

// The manifest is made last: it names every other file.
Result<std::uint64_t> WriteManifest(const fs::path& folder) {
  std::vector<std::string> paths;
  std::error_code failure;
  for (fs::recursive_directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    if (at->is_regular_file(failure)) {
      paths.push_back(at->path().lexically_relative(folder).generic_string());
    }
  }
  if (failure) return vault::Unavailable("the folder cannot be read back");
  std::sort(paths.begin(), paths.end());
  std::string manifest;
  for (const std::string& path : paths) {
    TRY(const std::string digest, FileDigest(folder / path));
    manifest += digest + "  " + path + "\n";
  }
  TRY_VOID(WriteText(folder / "manifest.txt", manifest));
  return std::uint64_t{paths.size()};
}

struct EvidenceWish {
  std::string folder;
  Asked asked;
};

Status RunEvidence(Client& client, const EvidenceWish& wish) {
  const fs::path folder(wish.folder);
  std::error_code failure;
  if (fs::exists(folder, failure) && !fs::is_empty(folder, failure)) {
    return vault::Conflict("the folder holds something: name a new one");
  }
  TRY(const std::string names, client.Get("/api/v1/reports"));
  TRY(const Json reports, Json::Parse(names));
  for (const char* part : {"reports", "certificates", "log"}) {
    fs::create_directories(folder / part, failure);
    if (failure) return vault::Unavailable("the folder cannot be made");
  }
  for (const Json& report : reports.items()) {
    const std::string name = report.Find("id").Text();
    TRY_VOID(Fetch(client, ReportTarget(name, wish.asked, "csv"),
                   (folder / "reports" / (PercentEncode(name) + ".csv")).string()));
  }
  TRY(const std::uint64_t certificates, FetchCertificates(client, folder / "certificates"));
  // Last of what is fetched, so that the log also tells that all this was taken.
  TRY(const LogExport log, ExportLog(client, (folder / "log").string()));
  TRY_VOID(WriteText(folder / "README.txt", kReadMe));
  TRY(const std::uint64_t files, WriteManifest(folder));
  JsonObject printed;
  printed.Set("folder", wish.folder)
      .SetNumber("reports", reports.items().size())
      .SetNumber("certificates", certificates)
      .SetNumber("log_entries", log.entries)
      .SetNumber("files", files);
  return client.PrintOwn(std::move(printed), std::to_string(reports.items().size()) + " reports, " +
                                                 std::to_string(certificates) +
                                                 " certificates and " +
                                                 std::to_string(log.entries) +
                                                 " log entries are in " + wish.folder + ".\n");
}

void AddSpan(CLI::App& command, Asked& asked) {
  command.add_option("--from", asked.from, "From this day: YYYY-MM-DD");
  command.add_option("--until", asked.until, "Until this day: YYYY-MM-DD");
}

}  // namespace

void AddReportCommands(CLI::App& app, Client& client) {
  auto wish = std::make_shared<ReportWish>();
  CLI::App* command = AddCommand(
      app, "report", "A table to take away: disposal-register, processing, access-log, …",
      "strongroom report access-log --agency police -o access.csv");
  command
      ->add_option("NAME", wish->name,
                   "disposal-register, processing, access-log, overdue, "
                   "holds, statistics (as a whole and by area), recommendations, attendance, "
                   "unread, themes or duplicates")
      ->required();
  AddSpan(*command, wish->asked);
  command->add_option("--agency", wish->asked.agency,
                      "Only this agency (access-log, recommendations, attendance, unread)");
  command->add_option(
      "--process", wish->asked.process,
      "Only this process (statistics, recommendations, attendance, unread, themes, duplicates)");
  command->add_option("-o,--output", wish->output, "File; else it is printed");
  command->callback(
      [&client, wish] { client.plan.run = [&client, wish] { return RunReport(client, *wish); }; });

  auto evidence = std::make_shared<EvidenceWish>();
  command = AddCommand(app, "evidence", "Everything an inspector asks for, in one folder",
                       "strongroom evidence -o evidence-2026 --from 2026-01-01");
  command->add_option("-o,--output", evidence->folder, "A new folder")->required();
  AddSpan(*command, evidence->asked);
  command->callback([&client, evidence] {
    client.plan.run = [&client, evidence] { return RunEvidence(client, *evidence); };
  });
}

}  // namespace tools
