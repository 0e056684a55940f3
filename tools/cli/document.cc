// file, docs, show, get, form show, withdraw.
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/document_name.h"
#include "tools/cli/transfer.h"
#include "vault/base/text.h"

namespace tools {
namespace {

using vault::Result;
using vault::Status;

std::string DocumentPath(const std::string& id) { return "/api/v1/documents/" + PercentEncode(id); }

const Columns kFiled = {{"id", "Document"}, {"version", "Version"}, {"class", "Class"},
                        {"state", "State"}, {"form", "Form"},       {"findings", "Findings"}};

struct Filing {
  std::vector<std::string> paths;
  std::string matter;
  std::string document_class;
  std::optional<std::string> agency;
  std::optional<std::string> subject;
  std::optional<std::string> name;
};

Status CheckFiling(const Filing& filing) {
  for (const auto& path : filing.paths) {
    if (path == "-" && (!filing.name || filing.paths.size() > 1)) {
      return vault::Invalid("standard input is filed alone and needs --name");
    }
  }
  if (filing.name && filing.paths.size() > 1) {
    return vault::Invalid("--name stands for one file only");
  }
  return vault::Ok();
}

Result<std::string> FileOne(Client& client, const Filing& filing, const std::string& path) {
  const Console& console = client.console();
  auto source = path == "-" ? Result<FileSource>(FileSource::Over(console, console.in))
                            : FileSource::Open(console, path);
  if (!source.ok()) return std::move(source).error();
  const std::string name = filing.name.value_or(std::filesystem::path(path).filename().string());
  HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/documents" + Query({{"matter", filing.matter},
                                                {"class", filing.document_class},
                                                {"agency", filing.agency},
                                                {"subject", filing.subject},
                                                {"name", name}});
  request.upload = &source.value();
  TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kRequired, nullptr));
  return std::string(answer.body.text());
}

// What was filed is printed even when a later file fails: it is in the vault.
Status RunFile(Client& client, const Filing& filing) {
  std::string filed;
  Status failure;
  std::size_t count = 0;
  for (const auto& path : filing.paths) {
    ++count;
    auto one = FileOne(client, filing, path);
    if (!one.ok()) {
      vault::Error error = std::move(one).error();
      if (filing.paths.size() > 1) {
        error.detail +=
            " (file " + std::to_string(count) + " of " + std::to_string(filing.paths.size()) + ")";
      }
      failure = std::move(error);
      break;
    }
    filed += (filed.empty() ? "" : ",") + std::move(one).value();
  }
  if (failure.ok() || !filed.empty()) {
    TRY_VOID(client.PrintList("[" + filed + "]", kFiled));
  }
  return failure;
}

void AddFile(CLI::App& app, Client& client) {
  auto filing = std::make_shared<Filing>();
  CLI::App* command = AddCommand(app, "file", "File documents into a matter",
                                 "strongroom file form.docx --matter MACFA-2026-1 --class FRM "
                                 "--subject S01");
  command->add_option("PATH", filing->paths, "Files; - is standard input")->required();
  command->add_option("--matter", filing->matter, "The matter's id or reference")->required();
  command->add_option("--class", filing->document_class, "Class of document: FRM, REP, …")
      ->required();
  command->add_option("--agency", filing->agency, "The agency that files (else your own)");
  command->add_option("--subject", filing->subject, "The subject's pseudonym or id");
  command->add_option("--name", filing->name, "Name of the file, instead of its own");
  command->callback([&client, filing] {
    client.plan.check = [filing] { return CheckFiling(*filing); };
    client.plan.run = [&client, filing] { return RunFile(client, *filing); };
  });
}

std::string ShowWords(const Json& document) {
  std::string words = RecordText(document, {{"class", "Class"},
                                            {"agency", "Agency"},
                                            {"subject", "Subject"},
                                            {"matter", "Matter"},
                                            {"state", "State"},
                                            {"held", "Held"},
                                            {"may_open", "You may open it"},
                                            {"reason_required", "Needs a reason"},
                                            {"rule", "Rule"},
                                            {"id", "Id"}});
  const Json& versions = document.Find("versions");
  if (versions.items().empty()) return words;
  return words + "\n" +
         TableText(versions, {{"version", "Version"},
                              {"filed", "Filed"},
                              {"size", "Padded size"},
                              {"state", "State"}});
}

void AddListing(CLI::App& app, Client& client) {
  auto matter = std::make_shared<std::optional<std::string>>();
  auto document_class = std::make_shared<std::optional<std::string>>();
  CLI::App* command = AddCommand(app, "docs", "List the documents you may know of",
                                 "strongroom docs --matter MACFA-2026-1 --class FRM");
  command->add_option("--matter", *matter, "The matter's id or reference");
  command->add_option("--class", *document_class, "Class of document");
  command->callback([&client, matter, document_class] {
    client.plan.run = [&client, matter, document_class] {
      return client.PrintList(client.Get("/api/v1/documents" +
                                         Query({{"matter", *matter}, {"class", *document_class}})),
                              {{"id", "Document"},
                               {"class", "Class"},
                               {"agency", "Agency"},
                               {"subject", "Subject"},
                               {"version", "Version"},
                               {"filed", "Filed"},
                               {"state", "State"},
                               {"may_open", "May open"}});
    };
  });

  auto id = std::make_shared<std::string>();
  command = AddCommand(app, "show", "Show what is known of a document, without opening it",
                       "strongroom show 0123456789abcdef0123456789abcdef");
  command->add_option("D", *id, "The document's id")->required();
  command->callback([&client, id] {
    client.plan.run = [&client, id] {
      return client.PrintWith(client.Get(DocumentPath(*id)), ShowWords);
    };
  });
}

struct Reading {
  std::string document;
  std::optional<std::uint32_t> version;
  std::optional<std::string> output;
  std::optional<std::string> range;
  std::optional<std::string> reason;
};

// Notes what the answer's header says; the bytes go on to the file.
class Opened final : public BodySink {
 public:
  explicit Opened(FileSink& next) : next_(next) {}
  Status Begin(const HttpHead& head, std::optional<std::uint64_t> size) override {
    status = head.status;
    version = head.Header("strongroom-version");
    return next_.Begin(head, size);
  }
  Status Write(vault::ByteView bytes) override { return next_.Write(bytes); }

  int status = 0;
  std::string version;

 private:
  FileSink& next_;
};

Status CheckReading(const Client& client, const Reading& reading) {
  auto name = DocumentName::Parse(reading.document);
  if (!name.ok()) return name.error();
  if (name.value().version && reading.version) {
    return vault::Invalid("name the version once");
  }
  if (reading.range) {
    if (auto range = ByteRange(*reading.range); !range.ok()) return range.error();
  }
  if (client.options.json && !reading.output) {
    return vault::Invalid("--json needs -o: the document itself would stand on the output");
  }
  return vault::Ok();
}

Status RunGet(Client& client, const Reading& reading) {
  TRY(DocumentName name, DocumentName::Parse(reading.document));
  const auto version = reading.version ? reading.version : name.version;
  HttpRequest request;
  request.target =
      DocumentPath(name.id) + "/content" +
      Query({{"version", version ? std::optional(std::to_string(*version)) : std::nullopt},
             {"reason", reading.reason}});
  if (reading.range) {
    TRY(std::string range, ByteRange(*reading.range));
    request.headers.emplace_back("Range", range);
  }
  std::optional<std::string> path = reading.output;
  if (path == "-") path.reset();
  FileSink file(client.console(), path);
  Opened opened(file);
  const bool ranged = reading.range.has_value();
  TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kRequired, &opened));
  if (ranged && opened.status != 206) return vault::Unavailable("the server sent no range");
  TRY_VOID(file.Finish());
  if (!path) return vault::Ok();
  JsonObject printed;
  printed.Set("id", name.id).Set("file", *path).SetNumber("bytes", file.bytes());
  if (auto number = vault::ParseDecimal(opened.version); number.ok()) {
    printed.SetNumber("version", number.value());
  }
  return client.PrintOwn(std::move(printed), "The document is in " + *path + ".\n");
}

void AddGet(CLI::App& app, Client& client) {
  auto reading = std::make_shared<Reading>();
  CLI::App* command = AddCommand(app, "get", "Open a document",
                                 "strongroom get 0123456789abcdef0123456789abcdef -o form.docx");
  command->add_option("D", reading->document, "The document's id, or id@version")->required();
  command->add_option("--version", reading->version, "The version (else the newest)");
  command->add_option("-o,--output", reading->output, "The file to write (else standard output)");
  command->add_option("--range", reading->range, "Bytes from-to, both included: 0-1023");
  command->add_option("--reason", reading->reason, "Why, where a reason is asked");
  command->callback([&client, reading] {
    client.plan.check = [&client, reading] { return CheckReading(client, *reading); };
    client.plan.run = [&client, reading] { return RunGet(client, *reading); };
  });
}

std::string FormWords(const Json& form) {
  std::string words = RecordText(form, {{"form", "Form"}, {"version", "Version"}});
  const Json& grades = form.Find("grades");
  if (!grades.items().empty()) {
    words +=
        "\n" + TableText(grades, {{"section", "Section"}, {"title", "Title"}, {"grade", "Grade"}});
  }
  for (const auto& answer : form.Find("answers").items()) {
    words += "\n" + OneLine(answer.Find("section").Text()) + "  " +
             OneLine(answer.Find("question").Text()) + "\n" +
             PlainText(answer.Find("text").Text()) + "\n";
  }
  const Json& gaps = form.Find("gaps");
  if (!gaps.items().empty()) {
    words += "\nGaps\n" +
             TableText(gaps, {{"section", "Section"}, {"question", "Question"}, {"what", "What"}});
  }
  return words;
}

void AddForm(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "form", "Forms read out of documents");
  auto document = std::make_shared<std::string>();
  auto reason = std::make_shared<std::optional<std::string>>();
  CLI::App* command = AddCommand(*noun, "show", "Show the grades, answers and gaps of a form",
                                 "strongroom form show 0123456789abcdef0123456789abcdef");
  command->add_option("D", *document, "The document's id, or id@version")->required();
  command->add_option("--reason", *reason, "Why, where a reason is asked");
  command->callback([&client, document, reason] {
    client.plan.check = [document]() -> Status {
      auto name = DocumentName::Parse(*document);
      return name.ok() ? vault::Ok() : Status(name.error());
    };
    client.plan.run = [&client, document, reason]() -> Status {
      TRY(DocumentName name, DocumentName::Parse(*document));
      std::optional<std::string> version;
      if (name.version) version = std::to_string(*name.version);
      return client.PrintWith(client.Get(DocumentPath(name.id) + "/form" +
                                         Query({{"version", version}, {"reason", *reason}})),
                              FormWords);
    };
  });
}

void AddWithdraw(CLI::App& app, Client& client) {
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::optional<std::string>>();
  CLI::App* command = AddCommand(app, "withdraw", "Take a document out of the running loans",
                                 "strongroom withdraw 0123456789abcdef0123456789abcdef");
  command->add_option("D", *id, "The document's id")->required();
  command->add_option("--reason", *reason, "Why");
  command->callback([&client, id, reason] {
    client.plan.run = [&client, id, reason] {
      JsonObject body;
      body.Set("reason", *reason);
      return client.PrintRecord(client.Post(DocumentPath(*id) + "/withdraw", std::move(body)),
                                {{"id", "Document"}, {"loans", "Taken out of loans"}});
    };
  });
}

void AddPuttingRight(CLI::App& app, Client& client) {
  auto id = std::make_shared<std::string>();
  auto reason = std::make_shared<std::string>();
  CLI::App* command = AddCommand(app, "return", "Give a form back to its author to be filed again",
                                 "strongroom return 0123456789abcdef0123456789abcdef "
                                 "--reason \"another agency's letter is in it\"");
  command->add_option("D", *id, "The document's id")->required();
  command->add_option("--reason", *reason, "Why")->required();
  command->callback([&client, id, reason] {
    client.plan.run = [&client, id, reason] {
      JsonObject body;
      body.Set("reason", *reason);
      return client.PrintRecord(client.Post(DocumentPath(*id) + "/return", std::move(body)),
                                {{"id", "Document"}, {"loans", "Taken out of loans"}});
    };
  });

  auto happened = std::make_shared<std::array<std::optional<std::string>, 3>>();
  command = AddCommand(app, "document-event", "Record what happened to one document alone",
                       "strongroom document-event 0123456789abcdef0123456789abcdef PUBLISHED "
                       "--at 2026-06-15");
  command->add_option("D", (*happened)[0], "The document's id")->required();
  command->add_option("EVENT", (*happened)[1], "An event of the template: PUBLISHED, SUPERSEDED, …")
      ->required();
  command->add_option("--at", (*happened)[2], "When, if not now");
  command->callback([&client, happened] {
    client.plan.run = [&client, happened] {
      JsonObject body;
      body.Set("event", *(*happened)[1]).Set("at", (*happened)[2]);
      return client.PrintRecord(
          client.Post(DocumentPath(*(*happened)[0]) + "/events", std::move(body)),
          {{"id", "Document"}, {"event", "Recorded"}});
    };
  });

  auto anew = std::make_shared<std::string>();
  command =
      AddCommand(app, "put-right", "Say that a document was filed wrongly, and anew as another",
                 "strongroom put-right 0123456789abcdef0123456789abcdef "
                 "--anew fedcba9876543210fedcba9876543210 --reason \"wrong subject\"");
  command->add_option("D", *id, "The wrong document's id")->required();
  command->add_option("--anew", *anew, "The id it was filed anew as")->required();
  command->add_option("--reason", *reason, "Why")->required();
  command->callback([&client, id, anew, reason] {
    client.plan.run = [&client, id, anew, reason] {
      JsonObject body;
      body.Set("anew", *anew).Set("reason", *reason);
      return client.PrintRecord(client.Post(DocumentPath(*id) + "/put-right", std::move(body)),
                                {{"id", "Document"}, {"loans", "Taken out of loans"}});
    };
  });
}

}  // namespace

void AddDocumentCommands(CLI::App& app, Client& client) {
  AddFile(app, client);
  AddListing(app, client);
  AddGet(app, client);
  AddForm(app, client);
  AddWithdraw(app, client);
  AddPuttingRight(app, client);
}

}  // namespace tools
