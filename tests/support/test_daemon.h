// TestDaemon: the whole service over a real vault in a temporary folder, asked through TLS. Every
// request that it takes, and every answer, is held against the contract for programs.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/app.h"
#include "daemon/http/json.h"
#include "daemon/http/self_signed.h"
#include "tests/support/contract.h"
#include "tests/support/test_vault.h"
#include "tests/support/tls_client.h"

namespace service {

// Reply is an answer with its body read as JSON, where it is JSON.
struct Reply {
  int status = 0;
  std::string head;
  std::string body;
  Json json;

  std::string Text(std::string_view name) const {
    const Json* member = json.is_object() ? json.Find(name) : nullptr;
    if (member == nullptr) return "";
    const auto text = member->AsText();
    return text.ok() ? text.value() : "";
  }
  std::string kind() const { return Text("kind"); }
  std::string Header(std::string_view name) const {
    return Answer{status, head, "", true}.Header(name);
  }
};

class TestDaemon {
 public:
  static constexpr std::string_view kPassphrase = vault::TestVault::kPassphrase;
  static constexpr std::string_view kPassword = vault::TestVault::kPassword;
  static constexpr std::string_view kOfficer = vault::TestVault::kOfficer;

  // Know adds a process to the shipped ones, by its text alone, before the start.
  void Know(const std::string& name, const std::string& text) {
    const vault::TempFolder folder;
    std::filesystem::copy(std::string(STRONGROOM_SOURCE_DIR) + "/policies", folder.At("policies"),
                          std::filesystem::copy_options::recursive);
    std::ofstream(folder.At("policies/templates/" + name)) << text;
    auto book = policies::TemplateBook::LoadFolder(
        folder.At("policies"),
        [](vault::ByteView bytes) { return vault::EncodeHex(vault::Sha256(bytes)); });
    for (const auto& fault : book.ok() ? std::vector<policies::Fault>() : book.faults()) {
      ADD_FAILURE() << fault.ToText();
    }
    ASSERT_TRUE(book.ok());
    rules_ = std::move(book).value();
  }
  // folder is where the vault's files are, cell included.
  const std::string& folder() const { return vault_.folder(); }
  // Start makes a vault and serves it, sealed.
  void Start() { StartWith({}); }
  void StartWith(AppOptions options) {
    ASSERT_NO_FATAL_FAILURE(vault_.Init());
    certificate_ = tls_.At("certificate.pem");
    ASSERT_TRUE(MakeSelfSignedCertificate({certificate_, tls_.At("key.pem"), {}, 0}).ok());
    Serve(std::move(options));
  }
  // Serve serves the vault that is there, as a program does that starts again.
  void Serve(AppOptions options) {
    options.place = vault_.place();
    options.server.port = 0;
    options.server.certificate_path = certificate_;
    options.server.key_path = tls_.At("key.pem");
    options.server.per_address = {1000, 1'000'000, 1'000'000};
    options.server.stop_grace = std::chrono::seconds(5);
    options.api.public_url = "https://vault.example";
    options.api.version = "0.0.0-test";
    options.sweep_pause = std::chrono::hours(24);
    world_ = vault_.world();
    world_.rules = rules_.get();
    auto app = App::Start(world_, *rules_, std::move(options));
    ASSERT_TRUE(app.ok()) << app.error().detail;
    app_ = std::move(app).value();
  }
  // StartUnsealed is Start, Unseal, and the officer signed in.
  void StartUnsealed() {
    ASSERT_NO_FATAL_FAILURE(Start());
    ASSERT_NO_FATAL_FAILURE(Unseal());
    ASSERT_NO_FATAL_FAILURE(SignInOfficer());
  }
  void SignInOfficer() {
    officer_ = SignIn(kOfficer);
    ASSERT_EQ(officer_.size(), 43u);
  }
  void Unseal() {
    const std::string today = vault::LondonDay(vault_.clock().Realtime()).ToText();
    const Reply reply =
        Post("unseal", "", Json::Object({{"passphrase", kPassphrase}, {"confirm_date", today}}));
    ASSERT_EQ(reply.status, 200) << reply.body;
  }

  // Ask sends one request as it is given.
  Reply Ask(std::string_view method, std::string_view target,
            const std::vector<std::string>& headers, std::string_view body) const {
    std::string text = std::string(method) + " " + std::string(target) +
                       " HTTP/1.1\r\nHost: vault.example\r\nConnection: close\r\n";
    for (const std::string& header : headers) text += header + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n";
    TlsClient client(app_->port());
    EXPECT_TRUE(client.Send(text + std::string(body)));
    const auto answer = client.Receive();
    EXPECT_TRUE(answer.has_value()) << method << " " << target;
    if (!answer) return {};
    Reply reply{answer->status, answer->head, answer->body, {}};
    const bool is_json =
        !reply.body.empty() && reply.Header("Content-Type").find("json") != std::string::npos;
    if (is_json) {
      auto json = Json::Parse(reply.body);
      EXPECT_TRUE(json.ok()) << reply.body;
      if (json.ok()) reply.json = std::move(json).value();
    }
    EXPECT_EQ(Promised().Fault(method, target, reply.status, is_json ? &reply.json : nullptr), "")
        << method << " " << target << ": " << reply.body;
    return reply;
  }
  static const Contract& Promised() {
    static const Contract kContract;
    return kContract;
  }
  static std::vector<std::string> Bearer(std::string_view token) {
    if (token.empty()) return {};
    return {"Authorization: Bearer " + std::string(token)};
  }
  // Get and Post take paths below /api/v1/.
  Reply Get(std::string_view path, std::string_view token) const {
    return Ask("GET", "/api/v1/" + std::string(path), Bearer(token), "");
  }
  Reply Post(std::string_view path, std::string_view token, const Json& body) const {
    std::vector<std::string> headers = Bearer(token);
    headers.emplace_back("Content-Type: application/json");
    const std::string target = "/api/v1/" + std::string(path);
    const Reply reply = Ask("POST", target, headers, body.ToText());
    // What is taken is promised; what is refused need not be.
    if (reply.status == 200 && body.is_object()) {
      EXPECT_EQ(Promised().RequestFault("POST", target, body), "") << body.ToText();
    }
    return reply;
  }
  // File sends bytes as a document.
  Reply File(std::string_view query, std::string_view token, std::string_view content) const {
    return Ask("POST", "/api/v1/documents?" + std::string(query), Bearer(token), content);
  }

  std::string SignIn(std::string_view email) const {
    const Reply reply =
        Post("login", "", Json::Object({{"email", email}, {"password", kPassword}}));
    EXPECT_EQ(reply.status, 200) << reply.body;
    return reply.Text("token");
  }
  // AddPerson also adds the agency, unless it is there.
  std::string AddPerson(std::string_view email, std::string_view agency,
                        std::string_view role) const {
    if (agency != "unit") {
      Post("agencies", officer_, Json::Object({{"id", agency}, {"name", "An agency"}}));
    }
    const Reply added = Post("people", officer_,
                             Json::Object({{"email", email},
                                           {"agency", agency},
                                           {"roles", Json::Texts({std::string(role)})},
                                           {"password", kPassword}}));
    EXPECT_EQ(added.status, 200) << added.body;
    return SignIn(email);
  }

  const std::string& officer() const { return officer_; }
  vault::FakeClock& clock() { return vault_.clock(); }
  vault::TestVault& vault() { return vault_; }
  App& app() { return *app_; }
  void Stop() { app_.reset(); }

 private:
  vault::TestVault vault_;
  vault::TempFolder tls_;
  std::unique_ptr<policies::TemplateBook> rules_ = vault::ShippedRules();
  vault::VaultWorld world_;
  std::string certificate_;
  std::unique_ptr<App> app_;
  std::string officer_;
};

// Audit is a running MACFA audit: two agencies, one subject, forms issued.
struct Audit {
  std::string id;
  std::string ref;
  std::string police;    // session of a co-ordinator
  std::string housing;   // the same, of another agency
  std::string outsider;  // the same, of an agency that has no part in it

  static Audit In(TestDaemon& daemon) {
    Audit audit;
    const std::string& officer = daemon.officer();
    const Reply matter = daemon.Post("matters", officer,
                                     Json::Object({{"template", "macfa"},
                                                   {"title", "Self-neglect and hoarding"},
                                                   {"meeting", "2026-04-09T09:30"}}));
    EXPECT_EQ(matter.status, 200) << matter.body;
    audit.id = matter.Text("id");
    audit.ref = matter.Text("ref");
    audit.police = daemon.AddPerson("co@pol.example", "POL", "AAC");
    audit.housing = daemon.AddPerson("co@hsg.example", "HSG", "AAC");
    audit.outsider = daemon.AddPerson("co@frs.example", "FRS", "AAC");
    const auto done = [&](const std::string& path, const Json& body) {
      const Reply reply = daemon.Post("matters/" + audit.id + path, officer, body);
      EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    };
    done("/subjects",
         Json::Object(
             {{"pseudonym", "Adult A"}, {"name", "Alice Example"}, {"born", "1951-03-14"}}));
    for (const std::string agency : {"POL", "HSG"}) {
      done("/involvements", Json::Object({{"subject", "Adult A"}, {"agency", agency}}));
    }
    done("/members", Json::Object({{"email", "co@pol.example"}}));
    done("/members", Json::Object({{"email", "co@hsg.example"}}));
    done("/events", Json::Object({{"event", "FORMS_ISSUED"}}));
    return audit;
  }
  std::string Query(std::string_view more) const {
    return "matter=" + id + "&class=FRM&subject=Adult%20A" + std::string(more);
  }
};

}  // namespace service
