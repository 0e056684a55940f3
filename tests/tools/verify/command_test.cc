#include "tools/verify/command.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <vector>

#include "tests/support/audit_log_fixture.h"
#include "vault/audit/certificate_file.h"
#include "vault/base/text.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

struct Answer {
  int code = -1;
  std::string out;
  std::string err;
};

Answer Invoke(const std::vector<std::string>& arguments) {
  std::ostringstream out;
  std::ostringstream err;
  Answer answer;
  answer.code = tools::RunVerify(arguments, out, err);
  answer.out = out.str();
  answer.err = err.str();
  return answer;
}

// Refused says whether the program refused with one error line of a known kind.
::testing::AssertionResult Refused(const Answer& answer, int code) {
  const bool one_line = !answer.err.empty() && answer.err.find('\n') == answer.err.size() - 1;
  const std::size_t end = answer.err.find(": ", 12);
  const bool kind = answer.err.starts_with("strongroom: ") && end != std::string::npos &&
                    ErrcFromName(answer.err.substr(12, end - 12)).has_value();
  if (answer.code == code && one_line && kind) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "exit " << answer.code << ", " << answer.err;
}

std::vector<std::string> FilesBelow(const std::string& root) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class VerifyProgram : public AuditLogFixture {
 protected:
  std::string Key() const { return log_->VerifierKey(); }

  // Certificate logs a certificate and writes its file.
  std::string Certificate() {
    const std::string text = "Certificate\nwhat: 1 document of class \"FRM\"\n";
    LogEntry entry(kCertificateType, kLogTime);
    entry.Add(kTextDigestField, CertificateDigest(text));
    const std::uint64_t index = log_->Record(entry, NothingElse).value();
    const std::string path = folder_.At("certificate");
    WriteFile(path, AssembleCertificate(text, entry.text(), log_->Proof(index).value()).value());
    return path;
  }

  // CertificateOf logs a certificate of a kind and writes its file.
  std::string CertificateOf(const std::string& text, std::string_view kind) {
    LogEntry entry(kCertificateType, kLogTime);
    entry.Add("kind", kind).Add(kTextDigestField, CertificateDigest(text));
    const std::uint64_t index = log_->Record(entry, NothingElse).value();
    const std::string path = folder_.At("certificate-" + std::string(kind));
    WriteFile(path, AssembleCertificate(text, entry.text(), log_->Proof(index).value()).value());
    return path;
  }
  static std::string ReadFile(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }

  // Independent runs the checker that shares no code with us and gives its exit code.
  int Independent(const std::string& root) const {
    const std::string command = "python3 '" STRONGROOM_SOURCE_DIR
                                "/tests/tools/independent_log_check.py' '" +
                                root + "' '" + Key() + "' >/dev/null";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

TEST_F(VerifyProgram, CertificatesVerifyWithTheKeyOrAFileOfIt) {
  Grow(3);
  const std::string file = Certificate();
  WriteFile(folder_.At("key"), Key() + "\n");
  WriteFile(folder_.At("bare-key"), Key());
  for (const std::string& key : {Key(), folder_.At("key"), folder_.At("bare-key")}) {
    const Answer answer = Invoke({"certificate", file, "--vkey", key});
    EXPECT_EQ(answer.code, 0) << answer.err;
    EXPECT_TRUE(answer.out.starts_with("Certificate\nwhat: 1 document of class \"FRM\"\n"));
    EXPECT_NE(answer.out.find("entry 3 of the log docs.example.org/vault/log/1"),
              std::string::npos);
    EXPECT_EQ(answer.err, "");
  }
}

TEST_F(VerifyProgram, JsonIsOneValueWithTheTextEscaped) {
  const std::string file = Certificate();
  const Answer answer = Invoke({"--json", "certificate", file, "--vkey", Key()});
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(
      answer.out,
      "{\"ok\":true,\"kind\":\"certificate\",\"index\":0,"
      "\"logged\":\"2026-07-09T12:00+01:00\",\"origin\":\"docs.example.org/vault/log/1\","
      "\"size\":1,\"root\":\"" +
          EncodeBase64(log_->root()) +
          "\",\"text\":\"Certificate\\u000awhat: 1 document of class \\\"FRM\\\"\\u000a\"}\n");
  WriteFile(file, ReadFile(file) + " ");
  const Answer refused = Invoke({"certificate", file, "--vkey", Key(), "--json"});
  EXPECT_TRUE(Refused(refused, 1));
  EXPECT_TRUE(refused.out.starts_with("{\"ok\":false,\"error\":\"corrupt\",\"detail\":\""));
  EXPECT_TRUE(refused.out.ends_with("\"}\n"));
}

TEST_F(VerifyProgram, AChangedCertificateIsRefusedWithTheReason) {
  const std::string path = Certificate();
  const std::string file = ReadFile(path);
  for (std::size_t i = 0; i < file.size(); i += 13) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    WriteFile(path, changed);
    EXPECT_TRUE(Refused(Invoke({"certificate", path, "--vkey", Key()}), 1)) << i;
  }
  EXPECT_TRUE(Refused(Invoke({"certificate", folder_.At("absent"), "--vkey", Key()}), 1));
  EXPECT_TRUE(Refused(Invoke({"certificate", folder_.path(), "--vkey", Key()}), 1));
}

// A certificate that was written anew does not undo the one before: each is what was said then.
TEST_F(VerifyProgram, ProvisionalReissuedAndOlderCertificatesEachVerifyAsWhatTheyWere) {
  Grow(3);
  const std::string provisional =
      CertificateOf("PROVISIONAL CERTIFICATE OF DESTRUCTION\nkind: x\n", "provisional");
  Grow(300);
  const std::string final_text = "CERTIFICATE OF DESTRUCTION\nreplaces: the one before\n";
  const std::string reissued = CertificateOf(final_text, "final");
  Grow(700);
  for (const auto& [file, first_line] :
       {std::pair{provisional, "PROVISIONAL CERTIFICATE OF DESTRUCTION\n"},
        std::pair{reissued, "CERTIFICATE OF DESTRUCTION\n"}}) {
    const Answer answer = Invoke({"certificate", file, "--vkey", Key()});
    EXPECT_EQ(answer.code, 0) << answer.err;
    EXPECT_TRUE(answer.out.starts_with(first_line)) << answer.out;
  }
  // The provisional one's proof does not carry the final text, nor the other way round.
  const std::string before = ReadFile(provisional);
  const std::string after = ReadFile(reissued);
  const std::string mixed = folder_.At("mixed");
  const std::size_t proof_of_before = before.find("c2sp.org/tlog-proof");
  const std::size_t proof_of_after = after.find("c2sp.org/tlog-proof");
  ASSERT_NE(proof_of_before, std::string::npos);
  WriteFile(mixed, after.substr(0, proof_of_after) + before.substr(proof_of_before));
  EXPECT_TRUE(Refused(Invoke({"certificate", mixed, "--vkey", Key()}), 1));
  // A word changed to claim more is found out.
  std::string claimed = before;
  claimed.erase(claimed.find("PROVISIONAL "), 12);
  WriteFile(mixed, claimed);
  EXPECT_TRUE(Refused(Invoke({"certificate", mixed, "--vkey", Key()}), 1));
}

TEST_F(VerifyProgram, WrongUsageIsExitTwo) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"certificate"},
                                             {"log"},
                                             {"nothing", "x", "--vkey", "k"},
                                             {"certificate", "a", "b", "--vkey", "k"},
                                             {"certificate", "a"},
                                             {"certificate", "a", "--vkey"},
                                             {"certificate", "a", "--vkey", "k", "--vkey", "k"},
                                             {"certificate", "a", "--vkey", "k", "--since", "c"},
                                             {"log", "a", "--vkey", "k", "--unknown"},
                                             {"log", "a", "--vkey", "k", "--json=yes"}}) {
    EXPECT_TRUE(Refused(Invoke(arguments), 2));
  }
  EXPECT_TRUE(Refused(Invoke({"log", folder_.path(), "--vkey", "no key"}), 1));
}

TEST_F(VerifyProgram, HelpAndVersionAnswerOnStandardOutput) {
  const Answer help = Invoke({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("Example:"), std::string::npos);
  const Answer version = Invoke({"log", "--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("strongroom-verify "));
}

TEST_F(VerifyProgram, OptionsMayStandAnywhere) {
  Grow(2);
  const std::string root = Export("log");
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--vkey", Key(), "log", root},
                                             {"log", "--vkey", Key(), root},
                                             {"log", root, "--vkey=" + Key()},
                                             {"--vkey", Key(), "--", "log", root}}) {
    const Answer answer = Invoke(arguments);
    EXPECT_EQ(answer.code, 0) << answer.err;
    EXPECT_EQ(answer.out, "verified: 2 entries of the log docs.example.org/vault/log/1\n");
  }
}

TEST_F(VerifyProgram, ExportedLogsOfEverySizeVerifyHereAndIndependently) {
  for (const std::uint64_t size : {0U, 1U, 2U, 255U, 256U, 257U, 515U}) {
    Grow(size);
    const std::string root = Export("log-" + std::to_string(size));
    const Answer answer = Invoke({"log", root, "--vkey", Key(), "--json"});
    EXPECT_EQ(answer.code, 0) << size << ": " << answer.err;
    EXPECT_EQ(answer.out,
              "{\"ok\":true,\"kind\":\"log\",\"origin\":"
              "\"docs.example.org/vault/log/1\",\"size\":" +
                  std::to_string(size) + ",\"root\":\"" + EncodeBase64(log_->root()) +
                  "\",\"rules\":[]}\n");
    EXPECT_EQ(Independent(root), 0) << size;
  }
}

TEST_F(VerifyProgram, SaysWhichRulesALogWasWrittenUnder) {
  Grow(1);
  const std::string first(64, '1');
  const std::string second(64, '2');
  LogEntry adopted("policy.adopted", kLogTime);
  adopted.Add("template", "macfa").Add("version", std::uint64_t{101}).Add("sha256", first);
  ASSERT_TRUE(log_->Record(adopted, NothingElse).ok());
  LogEntry changed("policy.adopted", kLogTime + 60);
  changed.Add("template", "macfa").Add("version", std::uint64_t{101}).Add("sha256", second);
  changed.Add("before-sha256", first);
  ASSERT_TRUE(log_->Record(changed, NothingElse).ok());
  LogEntry dropped("policy.dropped", kLogTime + 120);
  dropped.Add("template", "macfa").Add("version", std::uint64_t{101}).Add("sha256", second);
  ASSERT_TRUE(log_->Record(dropped, NothingElse).ok());
  const std::string root = Export("log");
  EXPECT_EQ(Invoke({"log", root, "--vkey", Key()}).out,
            "verified: 4 entries of the log docs.example.org/vault/log/1\n"
            "rules: 2026-07-09T12:00+01:00 adopted macfa version 101, text " +
                first +
                "\n"
                "rules: 2026-07-09T12:01+01:00 adopted macfa version 101, text " +
                second + ", in place of " + first +
                "\n"
                "rules: 2026-07-09T12:02+01:00 dropped macfa version 101, text " +
                second + "\n");
  const Answer json = Invoke({"log", root, "--vkey", Key(), "--json"});
  EXPECT_TRUE(json.out.ends_with(
      ",\"rules\":[{\"index\":1,\"logged\":\"2026-07-09T12:00+01:00\",\"act\":\"adopted\","
      "\"template\":\"macfa\",\"version\":\"101\",\"sha256\":\"" +
      first +
      "\"},{\"index\":2,\"logged\":\"2026-07-09T12:01+01:00\",\"act\":\"adopted\","
      "\"template\":\"macfa\",\"version\":\"101\",\"sha256\":\"" +
      second + "\",\"before-sha256\":\"" + first +
      "\"},{\"index\":3,\"logged\":\"2026-07-09T12:02+01:00\",\"act\":\"dropped\","
      "\"template\":\"macfa\",\"version\":\"101\",\"sha256\":\"" +
      second + "\"}]}\n"))
      << json.out;
}

TEST_F(VerifyProgram, AFlippedByteInAnyFileIsRefusedHereAndIndependently) {
  Grow(259);
  const std::string root = Export("log");
  const std::vector<std::string> files = FilesBelow(root);
  ASSERT_EQ(files.size(), 7U);
  for (const std::string& path : files) {
    const std::string good = ReadFile(path);
    for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      WriteFile(path, changed);
      EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key()}), 1)) << path << " " << at;
      EXPECT_EQ(Independent(root), 1) << path << " " << at;
    }
    WriteFile(path, good);
  }
  EXPECT_EQ(Invoke({"log", root, "--vkey", Key()}).code, 0);
}

TEST_F(VerifyProgram, ALogWithAMissingOrAShorterOrALongerFileIsRefused) {
  Grow(259);
  const std::string root = Export("log");
  for (const std::string& path : FilesBelow(root)) {
    const std::string good = ReadFile(path);
    fs::remove(path);
    EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key()}), 1)) << path;
    WriteFile(path, good.substr(0, good.size() - 1));
    EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key()}), 1)) << path;
    WriteFile(path, good + '\0');
    EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key()}), 1)) << path;
    WriteFile(path, good);
  }
  EXPECT_EQ(Invoke({"log", root, "--vkey", Key()}).code, 0);
}

TEST_F(VerifyProgram, ALogWithOneFileMoreIsRefused) {
  Grow(259);
  const std::string root = Export("log");
  for (const char* name : {"note", "tile/0/002", "tile/0/001.p/2", "tile/2/000.p/1",
                           "tile/entries/001.p/3.bak", "tile/0/x000/001"}) {
    WriteFile(root + "/" + name, "x");
    const Answer answer = Invoke({"log", root, "--vkey", Key()});
    EXPECT_TRUE(Refused(answer, 1)) << name;
    EXPECT_NE(answer.err.find(name), std::string::npos) << answer.err;
    fs::remove(root + "/" + name);
  }
  fs::create_symlink("checkpoint", root + "/link");
  EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key()}), 1));
}

TEST_F(VerifyProgram, AnOlderCheckpointMustBeTheBeginningOfTheLog) {
  std::vector<std::string> older;
  for (const std::uint64_t size : {0U, 1U, 5U, 256U, 300U}) {
    Grow(size);
    older.push_back(folder_.At("checkpoint-" + std::to_string(size)));
    WriteFile(older.back(), log_->Checkpoint().value());
  }
  const std::string root = Export("log");
  for (const std::string& checkpoint : older) {
    const Answer answer = Invoke({"log", root, "--vkey", Key(), "--since", checkpoint});
    EXPECT_EQ(answer.code, 0) << checkpoint << ": " << answer.err;
  }
  Grow(301);
  WriteFile(folder_.At("newer"), log_->Checkpoint().value());
  EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key(), "--since", folder_.At("newer")}), 1));

  // The same name and key, five other entries: a fork that each checkpoint alone would not show.
  const std::string text = TreeHeadText({kLogOrigin, 5, HashOfNothing()});
  WriteFile(folder_.At("fork"),
            SignedNote(text, NoteKey::Parse(Key()).value(), signer_.Sign(AsBytes(text))));
  const Answer fork = Invoke({"log", root, "--vkey", Key(), "--since", folder_.At("fork")});
  EXPECT_TRUE(Refused(fork, 1));
  EXPECT_NE(fork.err.find("not a continuation"), std::string::npos);

  std::string unsigned_note = ReadFile(older[2]);
  unsigned_note[unsigned_note.size() - 10] ^= 1;
  WriteFile(folder_.At("unsigned"), unsigned_note);
  EXPECT_TRUE(
      Refused(Invoke({"log", root, "--vkey", Key(), "--since", folder_.At("unsigned")}), 1));
  EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key(), "--since", folder_.At("absent")}), 1));
}

TEST_F(VerifyProgram, AConsistentLogWithAnEntryThatIsNoEntryIsRefused) {
  const std::string root = folder_.At("log");
  const std::string entry = "name Sam Lee\n";
  MerkleEdge edge;
  (void)edge.Append(HashLeaf(AsBytes(entry)));
  const NoteKey key = NoteKey::Parse(Key()).value();
  const std::string text = TreeHeadText({kLogOrigin, 1, edge.Root()});
  WriteFile(root + "/checkpoint", SignedNote(text, key, signer_.Sign(AsBytes(text))));
  WriteFile(root + "/vkey", Key() + "\n");
  WriteFile(root + "/tile/entries/000.p/1", std::string("\0\x0d", 2) + entry);
  WriteFile(root + "/tile/0/000.p/1", ToString(edge.Root()));
  EXPECT_EQ(Independent(root), 0) << "as a tree it is sound";
  EXPECT_TRUE(Refused(Invoke({"log", root, "--vkey", Key()}), 1));
}

}  // namespace
}  // namespace vault
