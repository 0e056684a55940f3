// share new, list, end and open.
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/cli/commands.h"
#include "tools/cli/document_name.h"
#include "tools/cli/transfer.h"

namespace tools {
namespace {

using vault::Result;
using vault::Status;

struct NewShare {
  std::vector<std::string> documents;
  std::optional<std::string> pack;
  std::optional<std::string> subject;
  std::string to;
  std::string until;
  std::optional<std::uint64_t> uses;
};

Status CheckShare(const NewShare& share) {
  if (share.documents.empty() == !share.pack) {
    return vault::Invalid("name either documents (--doc) or a pack (--pack and --subject)");
  }
  if (share.pack.has_value() != share.subject.has_value()) {
    return vault::Invalid("--pack and --subject belong together");
  }
  return vault::Ok();
}

Status RunNew(Client& client, const NewShare& share) {
  JsonObject body;
  body.Set("documents", share.documents).Set("matter", share.pack).Set("subject", share.subject);
  body.Set("to", share.to).Set("until", share.until);
  if (share.uses) body.SetNumber("uses", *share.uses);
  return client.PrintWith(client.Post("/api/v1/shares", std::move(body)), [](const Json& answer) {
    return RecordText(answer, {{"url", "Link"},
                               {"pin", "PIN"},
                               {"until", "Until"},
                               {"uses", "Uses"},
                               {"id", "Share"}}) +
           "Link and PIN are shown this once. Send the PIN by another way than the link.\n";
  });
}

struct Opening {
  std::string url;
  std::optional<std::string> pin_file;
  std::string output;
};

struct Received {
  std::string path;
  std::uint64_t bytes;
};

// A link whose uses are counted is opened before the number of its documents is known, so nothing
// after that may fail for want of a place: several documents always find or get a folder.
Result<std::string> FolderFor(const std::string& output) {
  struct stat there {};
  std::string folder = output;
  if (::stat(folder.c_str(), &there) == 0 && !S_ISDIR(there.st_mode)) folder += ".documents";
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return vault::Unavailable("the folder for the documents cannot be made");
  }
  return folder;
}

bool IsFolder(const std::string& path) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 && S_ISDIR(there.st_mode);
}

std::string FreshName(const std::string& wanted, std::set<std::string>& taken) {
  std::string name = wanted;
  for (int copy = 2; !taken.insert(name).second; ++copy) {
    name = std::to_string(copy) + "-" + wanted;
  }
  return name;
}

Result<Received> Fetch(Client& client, const std::string& server, HttpRequest request,
                       const std::string& path) {
  FileSink sink(client.console(), path);
  TRY(HttpAnswer answer, client.AskAt(server, std::move(request), &sink));
  TRY_VOID(sink.Finish());
  return Received{path, sink.bytes()};
}

Status RunOpen(Client& client, const Opening& opening) {
  TRY(ShareLink link, ShareLink::Parse(opening.url));
  // The link's own server, unless another address for it was typed; never the configured one.
  const std::string server = client.options.server.value_or(link.server);
  const std::string base = "/api/v1/links/" + link.link;
  TRY(vault::Plaintext pin, ReadSecret(client.console(), "PIN", opening.pin_file));

  JsonObject body;
  body.Set("secret", link.secret).Set("pin", pin);
  const vault::Plaintext text = std::move(body).Take();
  HttpRequest request;
  request.method = "POST";
  request.target = base + "/open";
  request.json = &text;
  TRY(HttpAnswer answer, client.AskAt(server, std::move(request), nullptr));
  TRY(Json opened, Json::Parse(answer.body.text()));

  JsonObject proof;
  proof.Set("secret", link.secret).Set("reservation", opened.Find("reservation").Text());
  const vault::Plaintext proof_text = std::move(proof).Take();
  const auto& documents = opened.Find("documents").items();
  if (documents.empty()) return vault::NotFound("the link holds no document");
  const bool in_folder = documents.size() > 1 || IsFolder(opening.output);
  std::string folder;
  if (in_folder) {
    TRY(folder, FolderFor(opening.output));
  }
  std::set<std::string> taken;
  std::vector<std::string> files;
  std::uint64_t bytes = 0;
  for (const auto& document : documents) {
    HttpRequest one;
    one.method = "POST";
    one.target = base + "/documents/" + PercentEncode(document.Find("n").Text());
    one.json = &proof_text;
    const Json& name = document.Find("name");
    const std::string wanted =
        SafeFileName(name.kind() == Json::Kind::kText ? name.Text() : std::string());
    TRY(Received received,
        Fetch(client, server, std::move(one),
              in_folder ? folder + "/" + FreshName(wanted, taken) : opening.output));
    files.push_back(received.path);
    bytes += received.bytes;
  }
  std::string words;
  for (const auto& file : files) words += "The document is in " + file + ".\n";
  JsonObject printed;
  printed.Set("id", link.link).Set("files", files).SetNumber("bytes", bytes);
  return client.PrintOwn(std::move(printed), words);
}

void AddOpen(CLI::App& noun, Client& client) {
  auto opening = std::make_shared<Opening>();
  CLI::App* command =
      AddCommand(noun, "open", "Open a link that was sent to you; needs no account",
                 "strongroom share open 'https://vault.example/s/…#…' -o form.docx");
  command->add_option("URL", opening->url, "The whole link, in quotes")->required();
  command->add_option("--pin-file", opening->pin_file,
                      "File with the PIN (else a prompt or standard input)");
  command
      ->add_option("-o,--output", opening->output,
                   "The file to write, or a folder when the link holds several documents")
      ->required();
  command->callback([&client, opening] {
    client.plan.check = [opening]() -> Status {
      auto link = ShareLink::Parse(opening->url);
      return link.ok() ? vault::Ok() : Status(link.error());
    };
    client.plan.run = [&client, opening] { return RunOpen(client, *opening); };
  });
}

}  // namespace

void AddShareCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "share", "Links for somebody without an account");

  auto share = std::make_shared<NewShare>();
  CLI::App* command = AddCommand(*noun, "new", "Make a link that ends",
                                 "strongroom share new --doc 0123456789abcdef0123456789abcdef "
                                 "--to duty@school.example --until 2026-04-09T17:00");
  command->add_option("--doc", share->documents, "A document's id, repeatable")->delimiter(',');
  command->add_option("--pack", share->pack, "A matter, to share the pack of its --subject");
  command->add_option("--subject", share->subject, "The subject's pseudonym or id");
  command->add_option("--to", share->to, "Address of the person it is for")->required();
  command->add_option("--until", share->until, "When it ends: YYYY-MM-DD[Thh:mm]")->required();
  command->add_option("--uses", share->uses, "How often it may be opened (else once)");
  command->callback([&client, share] {
    client.plan.check = [share] { return CheckShare(*share); };
    client.plan.run = [&client, share] { return RunNew(client, *share); };
  });

  command = AddCommand(*noun, "list", "List the links", "strongroom share list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/shares"), {{"id", "Share"},
                                                             {"to", "For"},
                                                             {"until", "Until"},
                                                             {"uses", "Uses"},
                                                             {"used", "Used"},
                                                             {"failures", "Failed tries"},
                                                             {"state", "State"}});
    };
  });

  auto id = std::make_shared<std::string>();
  command = AddCommand(*noun, "end", "End a link now",
                       "strongroom share end 0123456789abcdef0123456789abcdef");
  command->add_option("ID", *id, "The share's id")->required();
  command->callback([&client, id] {
    client.plan.run = [&client, id] {
      return client.PrintDone(client.Post("/api/v1/shares/" + PercentEncode(*id) + "/end", {}),
                              "The link has ended.");
    };
  });

  AddOpen(*noun, client);
}

}  // namespace tools
