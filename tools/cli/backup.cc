// backup, restore and drill.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tools/cli/local_vault.h"
#include "tools/cli/progress.h"
#include "vault/restore.h"

namespace tools {
namespace {

using vault::Status;

constexpr auto kBetweenLooks = std::chrono::milliseconds(100);

// Watch draws the progress of work that runs here.
vault::ProgressSink Watch(ProgressBar& bar) {
  return [&bar, before = std::uint64_t{0}](const vault::WorkProgress& progress) mutable -> Status {
    bar.Expect(progress.total);
    bar.Advance(progress.done - before);
    before = progress.done;
    return vault::Ok();
  };
}

struct Backup {
  std::string folder;
  LocalPlace place;  // data is empty: through the daemon
};

std::string BackupWords(const Json& report) {
  const std::string missing = report.Find("missing").Text();
  std::string words = "The backup is made: " + report.Find("blobs").Text() + " encrypted files, " +
                      report.Find("copied").Text() + " of them copied now.\n";
  words += "It holds no keys: without the key tree and its cell it opens nothing.\n";
  if (missing != "0") {
    words += "Note: " + missing + " stored files are missing from the vault: look into it now.\n";
  }
  return words;
}

Status BackUpHere(Client& client, const Backup& options) {
  TRY(const LocalVault local, LocalVault::Prepare(client, options.place));
  TRY(const std::unique_ptr<vault::Vault> opened, local.Unseal(client, options.place));
  vault::BackupReport report;
  {
    ProgressBar bar(client.console().err, SteadyTicks);
    TRY(report, opened->backups().Make({AbsolutePath(options.folder), std::nullopt}, Watch(bar)));
  }
  JsonObject printed;
  printed.Set("folder", AbsolutePath(options.folder)).Set("time", vault::FormatTime(report.time));
  for (const vault::BackupFigure& figure : vault::kBackupFigures) {
    printed.SetNumber(figure.name, report.*figure.count);
  }
  const vault::Plaintext text = std::move(printed).Take();
  return client.PrintWith(std::string(text.text()), BackupWords);
}

// Await looks until the work in the background has ended, and gives the last answer.
vault::Result<std::string> Await(Client& client, const std::string& path, std::string answer) {
  ProgressBar bar(client.console().err, SteadyTicks);
  std::uint64_t before = 0;
  while (true) {
    TRY(const Json state, Json::Parse(answer));
    TRY(const std::int64_t done, state.Find("done_bytes").Number());
    TRY(const std::int64_t total, state.Find("total_bytes").Number());
    bar.Expect(static_cast<std::uint64_t>(total));
    bar.Advance(static_cast<std::uint64_t>(done) - before);
    before = static_cast<std::uint64_t>(done);
    if (state.Find("state").Text() != "running") return answer;
    std::this_thread::sleep_for(kBetweenLooks);
    TRY(answer, client.Get(path));
  }
}

Status BackUpThere(Client& client, const Backup& options) {
  JsonObject body;
  body.Set("folder", AbsolutePath(options.folder));
  TRY(std::string answer, client.Post("/api/v1/backup", std::move(body)));
  TRY(answer, Await(client, "/api/v1/backup", std::move(answer)));
  return client.PrintWith(std::move(answer), BackupWords);
}

struct Drill {
  std::string folder;
  std::optional<std::string> scratch;
  std::optional<std::string> person;
  std::optional<std::string> password_file;
  LocalPlace place;  // data is empty: through the daemon
};

Status CheckDrill(const Drill& options) {
  if (options.place.data.empty() == !options.person) return vault::Ok();
  return vault::Invalid("--person goes with --data, and --data with --person");
}

std::string DrillWords(const Json& state) {
  std::string words = state.Find("passed").Text() == "yes"
                          ? "The drill passed: the backup can be restored.\n"
                          : "The drill FAILED: look into it now.\n";
  words += "The backup is of " + Spoken(state.Find("backup")) + "; " + state.Find("blobs").Text() +
           " encrypted files, every one whole.\n";
  for (const vault::DrillFigure& figure : vault::kDrillFigures) {
    const std::string count = state.Find(figure.name).Text();
    if (figure.words.empty() || count == "0") continue;
    words += count + " " + std::string(figure.words) + "\n";
  }
  return words;
}

// A drill that failed is no success, whatever was printed.
Status DrillVerdict(const Json& state) {
  if (state.Find("passed").Text() == "yes") return vault::Ok();
  return vault::Corrupt("the drill failed");
}

Status DrillHere(Client& client, const Drill& options) {
  TRY(const LocalVault local, LocalVault::Prepare(client, options.place));
  TRY(const std::unique_ptr<vault::Vault> opened, local.Unseal(client, options.place));
  TRY(const vault::Plaintext password,
      ReadSecret(client.console(), "Password", options.password_file));
  TRY(const vault::SessionSecret session,
      opened->people().SignIn(*options.person, vault::AsBytes(password.text())));
  TRY(const vault::Actor actor, opened->people().Resume(session.view()));
  vault::DrillWish wish;
  wish.backup = AbsolutePath(options.folder);
  if (options.scratch) wish.scratch = AbsolutePath(*options.scratch);
  vault::DrillReport report;
  {
    ProgressBar bar(client.console().err, SteadyTicks);
    TRY(report, opened->drills().Run(actor, wish, Watch(bar)));
  }
  JsonObject printed;
  printed.Set("state", "done")
      .SetFlag("passed", report.passed)
      .Set("backup", vault::FormatTime(report.backup));
  for (const vault::DrillFigure& figure : vault::kDrillFigures) {
    printed.SetNumber(figure.name, report.*figure.count);
  }
  const vault::Plaintext text = std::move(printed).Take();
  TRY(const Json state, Json::Parse(text.text()));
  TRY_VOID(client.PrintWith(std::string(text.text()), DrillWords));
  return DrillVerdict(state);
}

Status DrillThere(Client& client, const Drill& options) {
  JsonObject body;
  body.Set("folder", AbsolutePath(options.folder));
  if (options.scratch) body.Set("scratch", AbsolutePath(*options.scratch));
  TRY(std::string answer, client.Post("/api/v1/drill", std::move(body)));
  TRY(answer, Await(client, "/api/v1/drill", std::move(answer)));
  TRY(const Json state, Json::Parse(answer));
  TRY_VOID(client.PrintWith(std::move(answer), DrillWords));
  return DrillVerdict(state);
}

struct Restore {
  std::string folder;
  std::optional<std::string> tree;
  std::vector<std::string> checkpoints;
  bool stage = false;
  LocalPlace place;
};

vault::Result<std::string> ReadNote(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return vault::NotFound("a checkpoint's file cannot be read");
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (text.size() > 4096) return vault::Invalid("a checkpoint's file is too large");
  return text;
}

std::string RestoreWords(const vault::RestoreOutcome& outcome, const std::string& origin) {
  std::string words = "The vault is restored.\n";
  const auto line = [&words](std::uint64_t count, const std::string& what) {
    if (count != 0) words += std::to_string(count) + " " + what + "\n";
  };
  line(outcome.documents, "document versions were destroyed after the backup and stay so.");
  line(outcome.people,
       "people ended or changed their password after the backup: add those who should be there.");
  line(outcome.loans, "loans or links of the backup had ended since.");
  line(outcome.others, "matters or subjects of the backup were destroyed since.");
  line(outcome.holds, "holds were placed after the backup: they hold on, under a new number.");
  line(outcome.orphans,
       "keys have no row in the register: filed after the backup. They are closed and kept.");
  line(outcome.unreadable, "stored files belong to nothing that is known; they are kept.");
  words += "The audit log is " + origin + "\n";
  return words;
}

Status RunRestore(Client& client, const Restore& options) {
  TRY(const LocalVault local, LocalVault::Prepare(client, options.place));
  vault::RestoreWish wish;
  wish.backup = AbsolutePath(options.folder);
  if (options.tree) wish.tree = AbsolutePath(*options.tree);
  for (const std::string& path : options.checkpoints) {
    TRY(std::string note, ReadNote(path));
    wish.checkpoints.push_back(std::move(note));
  }
  vault::StagedRestore staged;
  {
    ProgressBar bar(client.console().err, SteadyTicks);
    TRY(staged, vault::StageRestore(local.world(), local.place(), wish, Watch(bar)));
  }
  JsonObject printed;
  printed.SetNumber("blobs", staged.blobs).SetNumber("copied", staged.copied);
  if (options.stage) {
    printed.SetFlag("finished", false);
    return client.PrintOwn(std::move(printed),
                           "All is laid ready. The next unsealing finishes the restore.\n");
  }
  auto opened = local.Unseal(client, options.place);
  if (!opened.ok()) {
    // What cannot be finished now is taken back: the folder is as it was.
    TRY_VOID(vault::AbandonRestore(local.world(), local.place()));
    return opened.error();
  }
  vault::Vault& restored = *opened.value();
  const vault::RestoreOutcome outcome = restored.restored().value_or(vault::RestoreOutcome());
  const auto lock = restored.Locked();
  printed.SetFlag("finished", true)
      .SetNumber("documents", outcome.documents)
      .SetNumber("people", outcome.people)
      .SetNumber("loans", outcome.loans)
      .SetNumber("others", outcome.others)
      .SetNumber("holds", outcome.holds)
      .SetNumber("orphans", outcome.orphans)
      .Set("log_origin", restored.log().origin())
      .SetNumber("log_size", restored.log().size());
  return client.PrintOwn(std::move(printed), RestoreWords(outcome, restored.log().origin()));
}

}  // namespace

void AddBackupCommands(CLI::App& app, Client& client) {
  auto backup = std::make_shared<Backup>();
  CLI::App* command =
      AddCommand(app, "backup", "Copy everything but the keys into a folder of the server",
                 "strongroom backup /mnt/backup/strongroom\n  strongroom backup /mnt/backup/"
                 "strongroom --data /srv/strongroom    (sealed, without a daemon)");
  command->add_option("DIR", backup->folder, "The folder; a later backup adds what is new")
      ->required();
  command->add_option("--data", backup->place.data, "The vault's folder, when no daemon serves it");
  AddPlaceOptions(*command, backup->place);
  command->callback([&client, backup] {
    client.plan.run = [&client, backup] {
      return backup->place.data.empty() ? BackUpThere(client, *backup)
                                        : BackUpHere(client, *backup);
    };
  });

  auto restore = std::make_shared<Restore>();
  command = AddCommand(app, "restore", "Put a vault together again from a backup and its key tree",
                       "strongroom restore /mnt/backup/strongroom --data /srv/strongroom \\\n"
                       "    --tree /srv/strongroom.kept-aside --confirm-date 2026-04-09");
  command->add_option("DIR", restore->folder, "The backup's folder")->required();
  command->add_option("--data", restore->place.data, "The vault's folder")->required();
  command->add_option("--tree", restore->tree,
                      "The folder with the current keys.db, when it is not in the vault's folder");
  command->add_option("--checkpoint", restore->checkpoints,
                      "File with a checkpoint of the log that somebody kept, repeatable");
  command->add_flag("--stage", restore->stage,
                    "Only lay all ready, without a secret; the next unsealing finishes");
  AddPlaceOptions(*command, restore->place);
  command->callback([&client, restore] {
    client.plan.run = [&client, restore] { return RunRestore(client, *restore); };
  });

  auto drill = std::make_shared<Drill>();
  command = AddCommand(
      app, "drill", "Restore a backup beside the vault, open a sample, and leave nothing behind",
      "strongroom drill /mnt/backup/strongroom\n  strongroom drill /mnt/backup/strongroom --data "
      "/srv/strongroom --person officer@unit.example    (sealed, without a daemon)");
  command->add_option("DIR", drill->folder, "The backup's folder")->required();
  command->add_option("--scratch", drill->scratch,
                      "A folder with room for the backup (else DATA.drill beside the vault's)");
  command->add_option("--data", drill->place.data, "The vault's folder, when no daemon serves it");
  command->add_option("--person", drill->person, "With --data: the officer who opens the sample");
  command->add_option("--password-file", drill->password_file,
                      "With --data: file with the officer's password (else a prompt)");
  AddPlaceOptions(*command, drill->place);
  command->callback([&client, drill] {
    client.plan.check = [drill] { return CheckDrill(*drill); };
    client.plan.run = [&client, drill] {
      return drill->place.data.empty() ? DrillThere(client, *drill) : DrillHere(client, *drill);
    };
  });
}

}  // namespace tools
