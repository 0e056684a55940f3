// orphan list, recover and end.
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/commands.h"
#include "tools/cli/http_exchange.h"
#include "vault/base/text.h"

namespace tools {
namespace {

struct Recovery {
  std::string document;
  std::string class_code;
  std::optional<std::string> agency;
  std::optional<std::string> subject;
  std::optional<std::string> name;
};

}  // namespace

void AddOrphanCommands(CLI::App& app, Client& client) {
  CLI::App* noun = AddNoun(app, "orphan", "Documents whose rows in the register were lost");
  CLI::App* command = AddCommand(*noun, "list", "List keys that have no row in the register",
                                 "strongroom orphan list");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintList(client.Get("/api/v1/orphans"), {{"id", "Id"},
                                                              {"kind", "Kind"},
                                                              {"version", "Version"},
                                                              {"matter", "Matter"},
                                                              {"agency", "Agency"},
                                                              {"recoverable", "Recoverable"},
                                                              {"ending", "Ending"},
                                                              {"found", "Found"}});
    };
  });

  auto wish = std::make_shared<Recovery>();
  command = AddCommand(*noun, "recover", "Give a document its row again, from its own header",
                       "strongroom orphan recover 0123456789abcdef0123456789abcdef@2 --class FRM "
                       "--subject \"Adult Alder\"");
  command->add_option("D", wish->document, "The document's id, or id@version")->required();
  command->add_option("--class", wish->class_code, "Its class, as it was filed")->required();
  command->add_option("--agency", wish->agency, "Its owner, where the header's is not known");
  command->add_option("--subject", wish->subject, "Its subject, where the class names one");
  command->add_option("--name", wish->name, "A file name; the one it had is lost");
  command->callback([&client, wish] {
    client.plan.run = [&client, wish]() -> vault::Status {
      const std::size_t at = wish->document.find('@');
      JsonObject body;
      if (at != std::string::npos) {
        TRY(const std::uint64_t version, vault::ParseDecimal(wish->document.substr(at + 1)));
        body.SetNumber("version", version);
      }
      body.Set("class", wish->class_code)
          .Set("agency", wish->agency)
          .Set("subject", wish->subject)
          .Set("name", wish->name);
      const std::string path =
          "/api/v1/orphans/" + PercentEncode(wish->document.substr(0, at)) + "/recover";
      return client.PrintDone(client.Post(path, std::move(body)),
                              "The document is recovered and can be read again.");
    };
  });

  auto ended = std::make_shared<std::string>();
  command = AddCommand(*noun, "end",
                       "Destroy a key without a row, with a certificate; two people ask for it",
                       "strongroom orphan end 0123456789abcdef0123456789abcdef@2");
  command->add_option("D", *ended, "The id in the list, or id@version")->required();
  command->callback([&client, ended] {
    client.plan.run = [&client, ended]() -> vault::Status {
      const std::size_t at = ended->find('@');
      JsonObject body;
      if (at != std::string::npos) {
        TRY(const std::uint64_t version, vault::ParseDecimal(ended->substr(at + 1)));
        body.SetNumber("version", version);
      }
      const std::string path = "/api/v1/orphans/" + PercentEncode(ended->substr(0, at)) + "/end";
      TRY(std::string answer, client.Post(path, std::move(body)));
      return client.PrintWith(std::move(answer), [](const Json& done) -> std::string {
        if (done.Find("state").Text() != "ended") {
          return "Noted. It is destroyed when a second person says so, one of the two an "
                 "information governance officer.\n";
        }
        return "It is destroyed. The certificate is that of disposal " +
               done.Find("disposal").Text() + ".\n";
      });
    };
  });
}

}  // namespace tools
