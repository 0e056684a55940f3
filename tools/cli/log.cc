// log checkpoint, proof, export and list.
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/log_export.h"
#include "tools/cli/log_tiles.h"
#include "tools/cli/output_file.h"
#include "tools/cli/progress.h"

namespace tools {
namespace {

using vault::Result;
using vault::Status;
namespace fs = std::filesystem;

// Ask fetches a path below /log/.
Result<std::string> Ask(Client& client, const std::string& path) {
  HttpRequest request;
  request.target = "/log/" + path;
  TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kRequired, nullptr));
  return std::string(answer.body.text());
}

// LogAt is the log that a command is about: the present one, or one that a restore put aside.
struct LogAt {
  Client& client;
  std::string folder;  // "", or "past/<number>/"
};
Result<std::string> LogFile(const LogAt& log, const std::string& path) {
  return Ask(log.client, log.folder + path);
}

Result<LogAt> FindLog(Client& client, const std::optional<std::string>& origin) {
  if (!origin) return LogAt{client, ""};
  TRY(const std::string answer, Ask(client, "list"));
  TRY(const Json logs, Json::Parse(answer));
  for (const Json& log : logs.items()) {
    if (log.Find("origin").Text() != *origin) continue;
    const auto number = log.Find("number").Number();
    return LogAt{client, number.ok() ? "past/" + std::to_string(number.value()) + "/" : ""};
  }
  return vault::NotFound("no log of this vault has this origin: strongroom log list");
}

// A partial tile may have grown while we read: then the full tile begins with what we need.
Result<std::string> TileBytes(const LogAt& log, const LogTile& tile) {
  auto bytes = LogFile(log, tile.path);
  if (bytes.ok() || tile.path == tile.full_path || bytes.error().code != vault::Errc::kNotFound) {
    return bytes;
  }
  TRY(std::string full, LogFile(log, tile.full_path));
  return Truncated(full, tile);
}

Status WriteFile(const fs::path& path, std::string_view bytes) {
  std::error_code failure;
  fs::create_directories(path.parent_path(), failure);
  TRY(OutputFile file, OutputFile::Create(path.string()));
  TRY_VOID(file.Write(vault::AsBytes(bytes)));
  return std::move(file).Finish();
}

// Only an empty folder, or one that holds nothing but an earlier export, is written to.
Status CheckFolder(const fs::path& folder) {
  std::error_code failure;
  if (!fs::exists(folder, failure)) return vault::Ok();
  const std::set<std::string> ours = {"checkpoint", "vkey", "tile"};
  fs::directory_iterator entry(folder, failure);
  if (failure) return vault::Conflict("the export needs a folder");
  for (; entry != fs::directory_iterator(); entry.increment(failure)) {
    if (failure || !ours.contains(entry->path().filename().string())) {
      return vault::Conflict("the folder holds other files than an export: name a new one");
    }
  }
  return vault::Ok();
}

// Tiles of an earlier, smaller export are no part of this one: a checker would call them added.
void RemoveOldPartials(const fs::path& folder, const std::set<std::string>& written) {
  std::vector<fs::path> old;
  std::error_code failure;
  fs::recursive_directory_iterator entry(folder / "tile", failure);
  for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
    if (!entry->is_regular_file(failure) || entry->path().parent_path().extension() != ".p") {
      continue;
    }
    if (!written.contains(entry->path().lexically_relative(folder).string())) {
      old.push_back(entry->path());
    }
  }
  for (const auto& path : old) {
    fs::remove(path, failure);
    fs::remove(path.parent_path(), failure);  // stays while it holds a partial tile of ours
  }
}

Result<LogExport> Export(const LogAt& log, const std::string& where) {
  Client& client = log.client;
  const fs::path folder(where);
  TRY_VOID(CheckFolder(folder));
  TRY(std::string checkpoint, LogFile(log, "checkpoint"));
  TRY(std::string vkey, LogFile(log, "vkey"));
  TRY(std::uint64_t size, CheckpointSize(checkpoint));
  std::set<std::string> written;
  const auto tiles = TilesOf(size);
  {
    ProgressBar progress(client.console().err, SteadyTicks);
    for (const auto& tile : tiles) {
      TRY(std::string bytes, TileBytes(log, tile));
      TRY_VOID(WriteFile(folder / tile.path, bytes));
      written.insert(tile.path);
      progress.Advance(bytes.size());
    }
  }
  RemoveOldPartials(folder, written);
  TRY_VOID(WriteFile(folder / "vkey", vkey));
  // Last, so that a checkpoint in the folder says that its tiles are there.
  TRY_VOID(WriteFile(folder / "checkpoint", checkpoint));
  return LogExport{size, tiles.size() + 2};
}

Status RunExport(const LogAt& log, const std::string& where) {
  TRY(const LogExport done, Export(log, where));
  JsonObject printed;
  printed.SetNumber("size", done.entries).SetNumber("files", done.files).Set("folder", where);
  return log.client.PrintOwn(std::move(printed),
                             std::to_string(done.entries) + " log entries are in " + where + ".\n");
}

// A text of the log, as it is, or as one member of an object.
Status PrintText(Client& client, JsonObject object, const char* member,
                 Result<std::string> answer) {
  TRY(std::string text, std::move(answer));
  object.Set(member, text);
  return client.PrintOwn(std::move(object), text);
}

std::shared_ptr<std::optional<std::string>> AddOrigin(CLI::App& command) {
  auto origin = std::make_shared<std::optional<std::string>>();
  command.add_option("--origin", *origin, "A log that a restore put aside, by its name");
  return origin;
}

}  // namespace

Result<LogExport> ExportLog(Client& client, const std::string& where) {
  TRY(const LogAt log, FindLog(client, std::nullopt));
  return Export(log, where);
}

void AddLogCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "log", "The audit log");
  CLI::App* command = AddCommand(*noun, "checkpoint", "Print the signed state of the log",
                                 "strongroom log checkpoint");
  auto of = AddOrigin(*command);
  command->callback([&client, of] {
    client.plan.run = [&client, of]() -> Status {
      TRY(const LogAt log, FindLog(client, *of));
      TRY(std::string checkpoint, LogFile(log, "checkpoint"));
      TRY(std::uint64_t size, CheckpointSize(checkpoint));
      JsonObject object;
      object.SetNumber("size", size);
      return PrintText(client, std::move(object), "checkpoint", checkpoint);
    };
  });

  auto index = std::make_shared<std::uint64_t>(0);
  command = AddCommand(*noun, "proof", "Print the proof that an entry is in the log",
                       "strongroom log proof 41");
  command->add_option("INDEX", *index, "The entry's number, from 0")->required();
  of = AddOrigin(*command);
  command->callback([&client, index, of] {
    client.plan.run = [&client, index, of]() -> Status {
      TRY(const LogAt log, FindLog(client, *of));
      JsonObject object;
      object.SetNumber("index", *index);
      return PrintText(client, std::move(object), "proof",
                       LogFile(log, "proof/" + std::to_string(*index)));
    };
  });

  auto folder = std::make_shared<std::string>();
  command = AddCommand(*noun, "export", "Write the whole log into a folder, for checking offline",
                       "strongroom log export log && strongroom-verify log log --vkey log/vkey");
  command->add_option("DIR", *folder, "The folder")->required();
  of = AddOrigin(*command);
  command->callback([&client, folder, of] {
    client.plan.run = [&client, folder, of]() -> Status {
      TRY(const LogAt log, FindLog(client, *of));
      return RunExport(log, *folder);
    };
  });

  command = AddCommand(*noun, "list", "List this log and those that restores put aside, with keys",
                       "strongroom log list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(
          Ask(client, "list"),
          {{"origin", "Origin"}, {"size", "Entries"}, {"current", "Goes on"}, {"vkey", "Key"}});
    };
  });
}

}  // namespace tools
