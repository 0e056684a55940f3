#include "tools/cli/client.h"

namespace tools {

using vault::Result;
using vault::Status;

namespace {

constexpr const char* kDefaultServer = "https://localhost:8443";

Result<std::string> TextOf(Result<HttpAnswer> answer) {
  if (!answer.ok()) return std::move(answer).error();
  std::string text(answer.value().body.text());
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

Result<std::string> Client::TokenFile() const {
  if (options.token_file) return *options.token_file;
  if (auto path = variables_("STRONGROOM_TOKEN_FILE"); path && !path->empty()) return *path;
  return DefaultTokenFile(variables_);
}

Result<std::unique_ptr<HttpClient>> Client::Connect(const std::string& server) const {
  TRY(ServerAddress address, ServerAddress::Parse(server));
  std::optional<std::string> authority = options.authority;
  if (!authority) authority = variables_("STRONGROOM_CA");
  if (authority && authority->empty()) authority.reset();
  return HttpClient::Open(std::move(address), authority);
}

Result<HttpAnswer> Client::AskThrough(HttpClient& http, HttpRequest request, SignIn sign_in,
                                      BodySink* sink) {
  if (sign_in == SignIn::kNone) return http.Ask(request, sink);
  TRY(std::string path, TokenFile());
  TRY(vault::Plaintext token, ReadTokenFile(path));
  request.bearer = &token;
  return http.Ask(request, sink);
}

Result<HttpAnswer> Client::Ask(HttpRequest request, SignIn sign_in, BodySink* sink) {
  if (http_ == nullptr) {
    std::string server = options.server.value_or(
        variables_("STRONGROOM_SERVER").value_or(std::string(kDefaultServer)));
    if (server.empty()) server = kDefaultServer;
    TRY(http_, Connect(server));
  }
  return AskThrough(*http_, std::move(request), sign_in, sink);
}

Result<HttpAnswer> Client::AskAt(const std::string& server, HttpRequest request, BodySink* sink) {
  TRY(std::unique_ptr<HttpClient> http, Connect(server));
  return AskThrough(*http, std::move(request), SignIn::kNone, sink);
}

Result<std::string> Client::Get(const std::string& target) {
  HttpRequest request;
  request.target = target;
  return TextOf(Ask(std::move(request), SignIn::kRequired, nullptr));
}

Result<std::string> Client::Post(const std::string& target, JsonObject body) {
  const vault::Plaintext text = std::move(body).Take();
  HttpRequest request;
  request.method = "POST";
  request.target = target;
  request.json = &text;
  return TextOf(Ask(std::move(request), SignIn::kRequired, nullptr));
}

Status Client::PrintRaw(std::string_view text) {
  return WriteAll(console_.out, vault::AsBytes(text));
}

Status Client::PrintWith(Result<std::string> answer, const Words& words) {
  TRY(std::string text, std::move(answer));
  auto json = Json::Parse(text);
  if (!json.ok()) return vault::Invalid("the server's answer is no JSON");
  if (options.json) return PrintRaw(text + "\n");
  return PrintRaw(words(json.value()));
}

Status Client::PrintRecord(Result<std::string> answer, const Columns& columns) {
  return PrintWith(std::move(answer), [&](const Json& json) { return RecordText(json, columns); });
}

Status Client::PrintList(Result<std::string> answer, const Columns& columns) {
  return PrintWith(std::move(answer), [&](const Json& json) { return TableText(json, columns); });
}

Status Client::PrintDone(Result<std::string> answer, std::string_view sentence) {
  return PrintWith(std::move(answer), [&](const Json&) { return std::string(sentence) + "\n"; });
}

Status Client::PrintEnding(Result<std::string> answer, std::string_view sentence) {
  return PrintWith(std::move(answer), [&](const Json& ending) {
    return std::string(sentence) + "\n" + OwedWords(ending);
  });
}

Status Client::PrintOwn(JsonObject object, std::string_view words) {
  if (!options.json) return PrintRaw(words);
  vault::Plaintext text = std::move(object).Take();
  text.Append(vault::AsBytes("\n"));
  return PrintRaw(text.text());
}

std::string Query(
    const std::vector<std::pair<std::string_view, std::optional<std::string>>>& pairs) {
  std::string query;
  for (const auto& [name, value] : pairs) {
    if (!value) continue;
    query += query.empty() ? "?" : "&";
    query += std::string(name) + "=" + PercentEncode(*value);
  }
  return query;
}

}  // namespace tools
