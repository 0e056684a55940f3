// Layering: reads every #include of the tree and holds it against the table of what may know what.
//
// Two tables: rows (which folder may include which of our folders) and doors (which files may
// include a foreign library). A fault is reported with the row's sentence, which says why.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace vault {
namespace {

namespace fs = std::filesystem;

// Tree is every source file of a tree: path from the root, and text.
using Tree = std::map<std::string, std::string>;

struct Row {
  std::string_view folder;
  std::vector<std::string_view> may_include;
  std::string_view why;
};

// A folder may always include itself. "vault" as a row or a target is the files directly in it.
const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {"vault/base", {}, "base is the vocabulary: it knows no key, file or peer"},
      {"vault/crypto", {"vault/base"}, "cryptography is called here and nowhere else"},
      {"vault/store", {"vault/base", "vault/crypto"}, "SQLCipher and file syncing live here only"},
      {"vault/keys",
       {"vault/base", "vault/crypto", "vault/store"},
       "a key is had for a receipt, and the receipt is in base"},
      {"vault/audit", {"vault/base", "vault/crypto", "vault/store"}, "the log is below every act"},
      {"vault",
       {"vault/base", "vault/crypto", "vault/store", "vault/keys", "vault/audit"},
       "the vault knows no rule text, form or peer"},
      {"policies", {"vault/base"}, "rules are pure: no key, no disk, no clock of their own"},
      {"ingest",
       {"vault/base"},
       "readers are pure: bytes in, Form out; they run in a process that can reach nothing"},
      {"daemon/custody",
       {"vault/base", "vault/crypto", "vault/store", "vault/keys"},
       "custody speaks with other hosts about cells: it knows no vault, document or person"},
      {"daemon",
       {"vault", "vault/base", "vault/audit", "policies", "ingest", "daemon/custody"},
       "handlers get no key and no SQL"},
      {"tools",
       {"vault", "vault/base", "vault/audit", "policies", "ingest", "daemon/custody"},
       "tools do not link the daemon, but for its custody: init makes remote cells too"},
  };
  return rows;
}

struct Door {
  std::vector<std::string_view> headers;  // how the name in <> begins
  std::vector<std::string_view> files;    // how the path of a file that may include it begins
  std::string_view why;
};

const std::vector<Door>& Doors() {
  static const std::vector<Door> doors = {
      {{"sodium"}, {"vault/crypto/"}, "cryptography is called in vault/crypto and nowhere else"},
      {{"openssl/"},
       {"vault/crypto/", "daemon/http/", "daemon/custody/"},
       "OpenSSL is the bulk cipher of vault/crypto and the TLS of daemon/http and daemon/custody"},
      {{"sqlcipher/", "sqlite3"}, {"vault/store/"}, "SQLCipher lives in vault/store only"},
      {{"tss2/"}, {"vault/keys/tpm_device."}, "one file speaks to the TPM"},
      {{"pugixml"}, {"vault/base/xml."}, "XML is read through one strict door"},
      {{"Poco/"},
       {"daemon/http/", "daemon/config.", "daemon/mail/", "daemon/custody/", "tools/cli/"},
       "Poco speaks to the network and reads settings, and does nothing else"},
      {{"boost/"}, {"daemon/http/"}, "Boost parses HTTP and nothing else"},
      {{"zip.h", "zipconf.h"},
       {"ingest/zip.", "daemon/press/"},
       "one file reads archives, the press writes them"},
      {{"seccomp.h"}, {"ingest/sandbox."}, "one file builds the sandbox"},
      {{"CLI/"},
       {"tools/", "daemon/custody/custodian_main."},
       "command lines are parsed in tools, and in the custodian's program"},
      {{"systemd/"}, {"daemon/"}, "the service manager is the daemon's business"},
      {{"gtest/", "gmock/"}, {}, "test frameworks are for tests"},
  };
  return doors;
}

// SystemHeaders are POSIX and Linux, next to the standard library's names without a dot.
bool IsSystemHeader(const std::string& header) {
  static const std::set<std::string> known = {
      "dirent.h", "errno.h",   "fcntl.h",  "grp.h",     "ifaddrs.h", "limits.h", "netdb.h",
      "poll.h",   "pthread.h", "pwd.h",    "sched.h",   "signal.h",  "spawn.h",  "stdio.h",
      "stdlib.h", "string.h",  "syslog.h", "termios.h", "time.h",    "unistd.h",
  };
  for (const char* folder : {"sys/", "linux/", "net/", "netinet/", "arpa/"}) {
    if (header.starts_with(folder)) return true;
  }
  return known.contains(header) || header.find_first_of("./") == std::string::npos;
}

bool BeginsWithAny(const std::string& text, const std::vector<std::string_view>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view b) { return text.starts_with(b); });
}

// RowOf is the row a path belongs to: the longest folder name, "vault" only for its own files.
const Row* RowOf(const std::string& path) {
  const Row* found = nullptr;
  for (const Row& row : Rows()) {
    if (!path.starts_with(std::string(row.folder) + "/")) continue;
    if (row.folder == "vault" && path.find('/', 6) != std::string::npos) continue;
    if (found == nullptr || row.folder.size() > found->folder.size()) found = &row;
  }
  return found;
}

std::string OwnIncludeFault(const Tree& tree, const std::string& path, const std::string& header) {
  if (!tree.contains(header)) return "there is no such file; includes begin at the root";
  const Row* from = RowOf(path);
  const Row* to = RowOf(header);
  if (from == nullptr) return "the folder has no row in the table";
  if (to == nullptr) return "programs do not include tests";
  if (from == to) return "";
  const auto& allowed = from->may_include;
  const bool ok = std::find(allowed.begin(), allowed.end(), to->folder) != allowed.end();
  return ok ? "" : std::string(from->why);
}

std::string ForeignIncludeFault(const std::string& path, const std::string& header) {
  for (const Door& door : Doors()) {
    if (!BeginsWithAny(header, door.headers)) continue;
    return BeginsWithAny(path, door.files) ? "" : std::string(door.why);
  }
  return IsSystemHeader(header) ? "" : "a foreign library enters at one door; this one has none";
}

// Faults lists every include that the tables forbid: "file includes header: sentence".
std::vector<std::string> Faults(const Tree& tree) {
  static const std::regex include(R"rx((?:^|\n)[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"])rx");
  std::vector<std::string> faults;
  for (const auto& [path, text] : tree) {
    // Tests look into every layer; only programs are layered.
    if (path.starts_with("tests/")) continue;
    for (std::sregex_iterator match(text.begin(), text.end(), include), end; match != end;
         ++match) {
      const std::string header = (*match)[2];
      const std::string fault = (*match)[1] == "<" ? ForeignIncludeFault(path, header)
                                                   : OwnIncludeFault(tree, path, header);
      if (!fault.empty()) faults.push_back(path + " includes " + header + ": " + fault);
    }
  }
  return faults;
}

Tree ReadTree() {
  Tree tree;
  const fs::path root(STRONGROOM_SOURCE_DIR);
  for (const char* folder : {"vault", "policies", "ingest", "daemon", "tools", "tests"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string kind = entry.path().extension().string();
      if (!entry.is_regular_file() || (kind != ".h" && kind != ".cc")) continue;
      std::ifstream stream(entry.path());
      tree[entry.path().lexically_relative(root).generic_string()] = {
          std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    }
  }
  return tree;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TEST(Layering, EveryIncludeOfTheTreeIsAllowed) {
  const Tree tree = ReadTree();
  ASSERT_TRUE(tree.contains("vault/base/result.h"));
  ASSERT_TRUE(tree.contains("tests/layering_test.cc"));
  const std::vector<std::string> faults = Faults(tree);
  EXPECT_TRUE(faults.empty()) << Joined(faults);
}

// Example is a small sound tree with one file of every row, to which a test adds one include.
Tree Example() {
  return {
      {"vault/base/a.h", "#include <string>\n"},
      {"vault/crypto/a.h", "#include <sodium.h>\n#include \"vault/base/a.h\"\n"},
      {"vault/store/a.h", "#include <sqlcipher/sqlite3.h>\n#include \"vault/crypto/a.h\"\n"},
      {"vault/keys/a.h", "#include \"vault/store/a.h\"\n"},
      {"vault/audit/a.h", "#include \"vault/store/a.h\"\n"},
      {"vault/a.h", "#include \"vault/keys/a.h\"\n#include \"vault/audit/a.h\"\n"},
      {"policies/a.h", "#include \"vault/base/a.h\"\n"},
      {"ingest/a.h", "#include \"vault/base/a.h\"\n"},
      {"daemon/http/a.h", "#include <Poco/Net/Socket.h>\n#include \"vault/a.h\"\n"},
      {"daemon/api/a.h", "#include \"daemon/http/a.h\"\n#include \"policies/a.h\"\n"},
      {"daemon/custody/a.h", "#include <openssl/ssl.h>\n#include \"vault/keys/a.h\"\n"},
      {"tools/cli/a.h", "#include \"daemon/custody/a.h\"\n#include \"ingest/a.h\"\n"},
      {"tests/support/a.h", "#include \"vault/crypto/a.h\"\n#include <gtest/gtest.h>\n"},
  };
}

TEST(Layering, ASoundTreeHasNoFault) {
  const std::vector<std::string> faults = Faults(Example());
  EXPECT_TRUE(faults.empty()) << Joined(faults);
}

TEST(Layering, EveryForbiddenIncludeIsReportedWithItsSentence) {
  struct Case {
    std::string file;
    std::string line;
    std::string sentence;
  };
  const std::vector<Case> cases = {
      {"vault/base/a.h", "#include \"vault/crypto/a.h\"", "base is the vocabulary"},
      {"vault/crypto/a.h", "#include \"vault/store/a.h\"", "cryptography is called here"},
      {"vault/store/a.h", "#include \"vault/keys/a.h\"", "SQLCipher and file syncing"},
      {"vault/keys/a.h", "#include \"vault/audit/a.h\"", "a key is had for a receipt"},
      {"vault/audit/a.h", "#include \"vault/keys/a.h\"", "the log is below every act"},
      {"vault/audit/a.h", "#include \"vault/a.h\"", "the log is below every act"},
      {"vault/a.h", "#include \"policies/a.h\"", "the vault knows no rule text"},
      {"policies/a.h", "#include \"vault/a.h\"", "rules are pure"},
      {"policies/a.h", "#include \"ingest/a.h\"", "rules are pure"},
      {"ingest/a.h", "#include \"policies/a.h\"", "readers are pure"},
      {"ingest/a.h", "#include \"vault/crypto/a.h\"", "readers are pure"},
      {"daemon/api/a.h", "#include \"vault/keys/a.h\"", "handlers get no key and no SQL"},
      {"daemon/api/a.h", "#include \"vault/store/a.h\"", "handlers get no key and no SQL"},
      {"tools/cli/a.h", "#include \"daemon/http/a.h\"", "tools do not link the daemon"},
      {"daemon/custody/a.h", "#include \"vault/a.h\"", "custody speaks with other hosts"},
      {"daemon/custody/a.h", "#include \"daemon/http/a.h\"", "custody speaks with other hosts"},
      {"daemon/api/a.h", "#include <CLI/CLI.hpp>", "command lines are parsed in tools"},
      {"vault/a.h", "#include \"tests/support/a.h\"", "programs do not include tests"},
      {"vault/a.h", "#include \"a.h\"", "includes begin at the root"},
      {"vault/a.h", "#include <sodium.h>", "cryptography is called in vault/crypto"},
      {"vault/keys/a.h", "#include <openssl/evp.h>", "OpenSSL is the bulk cipher"},
      {"vault/a.h", "#include <sqlcipher/sqlite3.h>", "SQLCipher lives in vault/store"},
      {"vault/keys/a.h", "#include <tss2/tss2_esys.h>", "one file speaks to the TPM"},
      {"ingest/a.h", "#include <pugixml.hpp>", "one strict door"},
      {"daemon/api/a.h", "#include <Poco/JSON/Object.h>", "Poco speaks to the network"},
      {"tools/cli/a.h", "#include <boost/beast.hpp>", "Boost parses HTTP"},
      {"ingest/a.h", "#include <zip.h>", "one file reads archives"},
      {"vault/a.h", "#include <gtest/gtest.h>", "test frameworks are for tests"},
      {"vault/a.h", "#include <curl/curl.h>", "this one has none"},
      {"vault/a.h", "  #  include\t<newlib.h>", "this one has none"},
  };
  for (const Case& c : cases) {
    Tree tree = Example();
    tree[c.file] += c.line + "\n";
    const std::vector<std::string> faults = Faults(tree);
    ASSERT_EQ(faults.size(), 1U) << c.file << " " << c.line << "\n" << Joined(faults);
    EXPECT_TRUE(faults[0].starts_with(c.file + " includes ")) << faults[0];
    EXPECT_NE(faults[0].find(c.sentence), std::string::npos) << faults[0];
  }
}

TEST(Layering, EveryFolderHasARow) {
  Tree tree = Example();
  tree["shiny/a.h"] = "#include \"vault/base/a.h\"\n";
  ASSERT_EQ(Faults(tree).size(), 1U);
  EXPECT_NE(Faults(tree)[0].find("no row"), std::string::npos);
}

}  // namespace
}  // namespace vault
