// login, logout, whoami, password.
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/commands.h"

namespace tools {
namespace {

const Columns kWhoAmI = {{"email", "Person"},
                         {"agency", "Agency"},
                         {"roles", "Roles"},
                         {"expires", "Signed in until"},
                         {"id", "Id"}};

struct Login {
  std::string email;
  std::optional<std::string> password_file;
  std::optional<std::string> totp;
};

vault::Status RunLogin(Client& client, const Login& options) {
  TRY(std::string path, client.TokenFile());
  TRY(vault::Plaintext password, ReadSecret(client.console(), "Password", options.password_file));
  JsonObject body;
  body.Set("email", options.email).Set("password", password).Set("totp", options.totp);
  const vault::Plaintext text = std::move(body).Take();
  HttpRequest request;
  request.method = "POST";
  request.target = "/api/v1/login";
  request.json = &text;
  TRY(HttpAnswer answer, client.Ask(std::move(request), SignIn::kNone, nullptr));
  TRY(Json person, Json::Parse(answer.body.text()));
  const Json& token = person.Find("token");
  if (token.kind() != Json::Kind::kText) return vault::Invalid("the server gave no token");
  TRY_VOID(WriteTokenFile(path, vault::Plaintext::CopyOf(vault::AsBytes(token.Text()))));

  JsonObject printed;
  for (const char* name : {"id", "email", "agency", "expires"}) {
    const Json& value = person.Find(name);
    if (value.kind() == Json::Kind::kText) printed.Set(name, value.Text());
  }
  std::vector<std::string> roles;
  for (const auto& role : person.Find("roles").items()) roles.push_back(role.Text());
  printed.Set("roles", roles);
  const bool must_choose = person.Find("must_choose_password").Text() == "yes";
  printed.SetFlag("must_choose_password", must_choose);
  return client.PrintOwn(
      std::move(printed),
      "Signed in.\n" + RecordText(person, kWhoAmI) +
          (must_choose ? "Now choose a password of your own: strongroom password\n" : ""));
}

// The file goes whatever the server says: who signs out at a shared desk must be signed out there.
vault::Status RunLogout(Client& client) {
  TRY(std::string path, client.TokenFile());
  auto answer = client.Post("/api/v1/logout", {});
  TRY_VOID(RemoveTokenFile(path));
  if (!answer.ok() && answer.error().code != vault::Errc::kDenied) {
    return std::move(answer).error();
  }
  return client.PrintOwn({}, "Signed out.\n");
}

struct Password {
  std::optional<std::string> old_file;
  std::optional<std::string> new_file;
};

vault::Status RunPassword(Client& client, const Password& options) {
  TRY(vault::Plaintext before, ReadSecretLine(client.console(), "Old password", options.old_file));
  TRY(vault::Plaintext after, ReadSecretLine(client.console(), "New password", options.new_file));
  if (!options.new_file && IsTerminal(client.console().in)) {
    TRY(vault::Plaintext again,
        ReadSecretLine(client.console(), "New password again", std::nullopt));
    if (again.text() != after.text()) return vault::Invalid("the new passwords differ");
  }
  JsonObject body;
  body.Set("old", before).Set("new", after);
  TRY(std::string path, client.TokenFile());
  TRY(std::string answer, client.Post("/api/v1/password", std::move(body)));
  // Every session rested on the old password and has ended, this one too.
  TRY_VOID(RemoveTokenFile(path));
  return client.PrintEnding(std::move(answer), "The password is changed. Sign in again.");
}

}  // namespace

void AddSignInCommands(CLI::App& app, Client& client) {
  auto login = std::make_shared<Login>();
  CLI::App* command = AddCommand(app, "login", "Sign in; the other commands then act for you",
                                 "strongroom login officer@unit.example");
  command->add_option("EMAIL", login->email, "Your e-mail address")->required();
  command->add_option("--password-file", login->password_file,
                      "File with the password (else a prompt or standard input)");
  command->add_option("--totp", login->totp, "Code of the second factor, where one is set up");
  command->callback([&client, login] {
    client.plan.run = [&client, login] { return RunLogin(client, *login); };
  });

  command = AddCommand(app, "logout", "Sign out", "strongroom logout");
  command->callback([&client] { client.plan.run = [&client] { return RunLogout(client); }; });

  command = AddCommand(app, "whoami", "Say who is signed in", "strongroom whoami");
  command->callback([&client] {
    client.plan.run = [&client] {
      return client.PrintRecord(client.Get("/api/v1/whoami"), kWhoAmI);
    };
  });

  auto password = std::make_shared<Password>();
  command = AddCommand(app, "password", "Change your password",
                       "strongroom password --old-password-file old --password-file new");
  command->add_option("--old-password-file", password->old_file,
                      "File with the old password (else a prompt or a line of standard input)");
  command->add_option("--password-file", password->new_file,
                      "File with the new password (else a prompt or the next line)");
  command->callback([&client, password] {
    client.plan.run = [&client, password] { return RunPassword(client, *password); };
  });
}

}  // namespace tools
