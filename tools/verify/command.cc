#include "tools/verify/command.h"

#include <optional>
#include <ostream>
#include <string_view>

#include "tools/verify/files.h"
#include "tools/verify/log_folder.h"
#include "vault/audit/certificate_file.h"
#include "vault/audit/checkpoint.h"
#include "vault/base/bytes.h"
#include "vault/base/result.h"
#include "vault/base/text.h"

#ifndef STRONGROOM_VERSION
#define STRONGROOM_VERSION "0.1.0"
#endif

namespace tools {
namespace {

using vault::Result;

constexpr std::uint64_t kMaxCertificate = 64 << 20;
constexpr std::uint64_t kMaxCheckpoint = 4096;

constexpr std::string_view kHelp =
    R"(strongroom-verify: checks certificates and audit logs, offline

  strongroom-verify certificate FILE --vkey K
  strongroom-verify log DIR --vkey K [--since CHECKPOINT]

certificate   FILE is one certificate with its proof; every byte of it is checked
log           DIR is an exported log; every entry, tile and the checkpoint are checked

  --vkey K             the log's verifier key, or a file that holds it
  --since CHECKPOINT   a checkpoint kept from earlier: the log must be its continuation
  --json               print one JSON value
  --help, --version

Options may stand anywhere. Exit 0: verified. 1: refused, the reason is on standard error.
2: wrong usage. It needs no network, no vault and no clock.

Example:
  strongroom-verify certificate disposal.txt --vkey vkey
  strongroom-verify log log-export --vkey log-export/vkey --since last-year.checkpoint
)";

struct Request {
  std::vector<std::string> words;
  std::optional<std::string> vkey;
  std::optional<std::string> since;
  bool json = false;
  bool help = false;
  bool version = false;
};

// Parse takes the arguments apart; "--" ends the options. Errors: kInvalid.
Result<Request> Parse(const std::vector<std::string>& arguments) {
  Request request;
  bool options = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!options || argument.size() < 2 || argument.front() != '-') {
      request.words.push_back(argument);
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const bool has_value = equals != std::string::npos;
    if (name == "--vkey" || name == "--since") {
      std::optional<std::string>& target = name == "--vkey" ? request.vkey : request.since;
      if (target.has_value()) return vault::Invalid(name + " is given twice");
      if (!has_value && i + 1 == arguments.size()) return vault::Invalid(name + " needs a value");
      target = has_value ? argument.substr(equals + 1) : arguments[++i];
    } else if (has_value) {
      return vault::Invalid("unknown option " + name);
    } else if (name == "--") {
      options = false;
    } else if (name == "--json") {
      request.json = true;
    } else if (name == "--help" || name == "-h") {
      request.help = true;
    } else if (name == "--version") {
      request.version = true;
    } else {
      return vault::Invalid("unknown option " + name);
    }
  }
  return request;
}

// CheckUsage says what is wrong with a request that is neither help nor version.
vault::Status CheckUsage(const Request& request) {
  if (request.words.empty()) return vault::Invalid("say what to verify: certificate or log");
  const std::string& what = request.words.front();
  if (what != "certificate" && what != "log") return vault::Invalid("unknown command " + what);
  if (request.words.size() != 2) return vault::Invalid(what + " takes exactly one path");
  if (!request.vkey.has_value()) return vault::Invalid("--vkey is missing");
  if (request.since.has_value() && what != "log") {
    return vault::Invalid("--since goes with log only");
  }
  return vault::Ok();
}

Result<vault::NoteKey> FindKey(const std::string& text_or_file) {
  auto key = vault::NoteKey::Parse(text_or_file);
  if (key.ok()) return key;
  auto file = ReadSmallFile(text_or_file, kMaxCheckpoint);
  if (!file.ok()) {
    return vault::Invalid("--vkey is neither a verifier key (" + key.error().detail +
                          ") nor a file: " + file.error().detail);
  }
  std::string_view text = file.value();
  if (text.ends_with('\n')) text.remove_suffix(1);
  return vault::NoteKey::Parse(text);
}

std::string Json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00" + vault::EncodeHex(vault::ByteView(&byte, 1));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string HeadJson(const vault::TreeHead& head) {
  return "\"origin\":" + Json(head.origin) + ",\"size\":" + std::to_string(head.size) +
         ",\"root\":" + Json(vault::EncodeBase64(head.root));
}

std::string FieldOf(const VerifiedLog::Rules& rules, std::string_view name) {
  return rules.entry.Only(name).value_or("");
}

// Act is "adopted" or "dropped".
std::string Act(const VerifiedLog::Rules& rules) {
  return rules.entry.type.substr(rules.entry.type.find('.') + 1);
}

std::string RulesJson(const std::vector<VerifiedLog::Rules>& list) {
  std::string out;
  for (const VerifiedLog::Rules& rules : list) {
    out += (out.empty() ? "{" : ",{") + std::string("\"index\":") + std::to_string(rules.index) +
           ",\"logged\":" + Json(rules.entry.time) + ",\"act\":" + Json(Act(rules));
    for (const std::string_view name : {"template", "version", "sha256", "before-sha256"}) {
      const std::string value = FieldOf(rules, name);
      if (!value.empty()) out += "," + Json(name) + ":" + Json(value);
    }
    out += "}";
  }
  return out;
}

std::string RulesText(const std::vector<VerifiedLog::Rules>& list) {
  std::string out;
  for (const VerifiedLog::Rules& rules : list) {
    const std::string before = FieldOf(rules, "before-sha256");
    out += "rules: " + rules.entry.time + " " + Act(rules) + " " + FieldOf(rules, "template") +
           " version " + FieldOf(rules, "version") + ", text " + FieldOf(rules, "sha256") +
           (before.empty() ? "" : ", in place of " + before) + "\n";
  }
  return out;
}

Result<std::string> Certificate(const Request& request, const vault::NoteKey& key) {
  TRY(const std::string file, ReadSmallFile(request.words[1], kMaxCertificate));
  TRY(const vault::VerifiedCertificate found, vault::VerifyCertificate(file, key));
  if (request.json) {
    return "{\"ok\":true,\"kind\":\"certificate\",\"index\":" + std::to_string(found.index) +
           ",\"logged\":" + Json(found.entry.time) + "," + HeadJson(found.head) +
           ",\"text\":" + Json(found.text) + "}\n";
  }
  return found.text + "\nverified: entry " + std::to_string(found.index) + " of the log " +
         found.head.origin + ", logged " + found.entry.time + "\n";
}

Result<std::string> Log(const Request& request, const vault::NoteKey& key) {
  std::optional<std::string> since;
  if (request.since.has_value()) {
    auto older = ReadSmallFile(*request.since, kMaxCheckpoint);
    if (!older.ok()) {
      return vault::Error{older.error().code, "the older checkpoint: " + older.error().detail};
    }
    since = std::move(older).value();
  }
  TRY(const VerifiedLog log, VerifyLogFolder(request.words[1], key, since));
  if (request.json) {
    return "{\"ok\":true,\"kind\":\"log\"," + HeadJson(log.head) + ",\"rules\":[" +
           RulesJson(log.rules) + "]}\n";
  }
  return "verified: " + std::to_string(log.head.size) + " entries of the log " + log.head.origin +
         "\n" + RulesText(log.rules);
}

int Refuse(const vault::Error& error, int code, std::ostream& err) {
  err << "strongroom: " << vault::ErrcName(error.code) << ": " << error.detail << "\n";
  return code;
}

}  // namespace

int RunVerify(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  auto request = Parse(arguments);
  if (!request.ok()) return Refuse(request.error(), 2, err);
  if (request.value().help) {
    out << kHelp;
    return 0;
  }
  if (request.value().version) {
    out << "strongroom-verify " STRONGROOM_VERSION "\n";
    return 0;
  }
  auto usage = CheckUsage(request.value());
  if (!usage.ok()) return Refuse(usage.error(), 2, err);
  auto key = FindKey(*request.value().vkey);
  auto answer = !key.ok() ? Result<std::string>(key.error())
                : request.value().words.front() == "log"
                    ? Log(request.value(), key.value())
                    : Certificate(request.value(), key.value());
  if (!answer.ok()) {
    if (request.value().json) {
      out << "{\"ok\":false,\"error\":" << Json(vault::ErrcName(answer.error().code))
          << ",\"detail\":" << Json(answer.error().detail) << "}\n";
    }
    return Refuse(answer.error(), 1, err);
  }
  out << answer.value();
  return 0;
}

}  // namespace tools
