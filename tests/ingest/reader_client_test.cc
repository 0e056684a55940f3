#include "ingest/reader_client.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "ingest/form_wire.h"
#include "ingest/reading.h"
#include "tests/support/temp_folder.h"
#include "tests/support/word_form.h"

namespace ingest {
namespace {

using vault::TempFolder;

const char* const kReader = STRONGROOM_BIN_DIR "/strongroom-reader";

// Impatient is for readers that never answer.
constexpr ReaderLimits kImpatient = {kMaxFile, std::chrono::milliseconds(200)};
// Patient is for all others: long enough for a slow machine, never reached.
constexpr ReaderLimits kPatient = {kMaxFile, std::chrono::seconds(60)};

// Script makes a program of a few lines of shell, to stand in for the reader.
std::string Script(const TempFolder& folder, std::string_view lines) {
  std::string path = folder.At("reader.sh");
  std::ofstream(path) << "#!/bin/sh\n" << lines << "\n";
  EXPECT_EQ(chmod(path.c_str(), 0700), 0);
  return path;
}

Reader At(const std::string& path, ReaderLimits limits) {
  auto reader = Reader::At(path, limits);
  EXPECT_TRUE(reader.ok());
  return std::move(reader).value();
}

std::string Reason(const ReadOutcome& outcome) {
  return outcome.readable() ? "readable" : std::string(UnreadableCode(outcome.reason()));
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void ExpectNoChildren() {
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Reader, AFormIsReadInAProcessOfItsOwn) {
  vault::Bytes file = WordFormFile(AdultElmForm());
  ReadOutcome outcome = At(kReader, kPatient).Read(file);
  ASSERT_TRUE(outcome.readable()) << Reason(outcome);
  EXPECT_TRUE(outcome == ReadFile(file));
  EXPECT_EQ(outcome.form().subject, "Adult Elm");
  ExpectNoChildren();
}

TEST(Reader, TheUploadMayComeInAnyPieces) {
  vault::Bytes file = WordFormFile(AdultElmForm());
  Reader reader = At(kReader, kPatient);
  for (std::size_t piece : {1u, 1000u, 1u << 20}) {
    Reading reading = reader.Start();
    vault::ByteView rest = file;
    while (!rest.empty()) {
      reading.Write(rest.first(std::min(piece, rest.size())));
      rest = rest.subspan(std::min(piece, rest.size()));
    }
    reading.Write({});
    EXPECT_EQ(Reason(std::move(reading).Finish()), "readable") << piece;
  }
}

TEST(Reader, FilesWithoutAFormGiveTheirReason) {
  Reader reader = At(kReader, kPatient);
  EXPECT_EQ(Reason(reader.Read({})), "empty");
  EXPECT_EQ(Reason(reader.Read(vault::AsBytes("%PDF-1.7"))), "pdf");
  EXPECT_EQ(Reason(reader.Read(ZipMaker().Add("../a", "x").Make())), "unsafe-names");
  ZipEntry bomb;
  bomb.name = "a";
  bomb.content = "x";
  bomb.method = 8;
  bomb.claimed_size = 1 << 30;
  EXPECT_EQ(Reason(reader.Read(ZipMaker().Add(bomb).Make())), "archive-bomb");
}

TEST(Reader, BytesOverTheLimitStopTheProcessAndNotTheFiling) {
  Reader reader = At(kReader, {1000, std::chrono::seconds(60)});
  EXPECT_EQ(Reason(reader.Read(vault::Bytes(1001, 'a'))), "too-large");
  EXPECT_EQ(Reason(reader.Read(vault::Bytes(1000, 'a'))), "plain-text");
  Reading reading = reader.Start();
  reading.Write(vault::Bytes(999, 'a'));
  reading.Write(vault::Bytes(2, 'a'));
  ExpectNoChildren();
  reading.Write(vault::Bytes(999, 'a'));
  EXPECT_EQ(Reason(std::move(reading).Finish()), "too-large");
}

TEST(Reader, TheLargestFileGoesThrough) {
  EXPECT_EQ(Reason(At(kReader, kPatient).Read(vault::Bytes(kMaxFile, 'a'))), "plain-text");
}

TEST(Reader, AReaderThatNeverAnswersIsStopped) {
  TempFolder folder;
  // Reads nothing, so that the socket fills up.
  Reader deaf = At(Script(folder, "exec sleep 600"), kImpatient);
  EXPECT_EQ(Reason(deaf.Read(vault::Bytes(8 << 20, 'a'))), "reader-too-slow");
  EXPECT_EQ(Reason(deaf.Read(vault::AsBytes("short"))), "reader-too-slow");
  Reader mute = At(Script(folder, "cat >/dev/null; exec sleep 600"), kImpatient);
  EXPECT_EQ(Reason(mute.Read(vault::Bytes(8 << 20, 'a'))), "reader-too-slow");
  ExpectNoChildren();
}

TEST(Reader, GarbageIsNoForm) {
  TempFolder folder;
  for (std::string_view script :
       {"exec cat", "cat >/dev/null; printf 'hello'", "cat >/dev/null; printf '\\0\\0\\0\\6SRO1'",
        // A right answer in a wrong frame, and one with something behind it.
        "cat >/dev/null; printf '\\0\\0\\0\\7SRO1\\0\\1'",
        "cat >/dev/null; printf '\\0\\0\\0\\6SRO1\\0\\1x'",
        // What only our side may say.
        "cat >/dev/null; printf '\\0\\0\\0\\6SRO1\\0\\24'"}) {
    Reader reader = At(Script(folder, script), kPatient);
    EXPECT_EQ(Reason(reader.Read(vault::AsBytes("file"))), "reader-stopped") << script;
  }
  Reader well = At(Script(folder, "cat >/dev/null; printf '\\0\\0\\0\\6SRO1\\0\\1'"), kPatient);
  EXPECT_EQ(Reason(well.Read(vault::AsBytes("file"))), "empty");
}

TEST(Reader, EndlessOutputIsCutOff) {
  TempFolder folder;
  Reader reader = At(Script(folder, "cat >/dev/null; exec yes 2>/dev/null"), kPatient);
  EXPECT_EQ(Reason(reader.Read(vault::AsBytes("file"))), "reader-stopped");
  ExpectNoChildren();
}

TEST(Reader, AReaderThatDiesIsNoErrorOfTheFiling) {
  TempFolder folder;
  for (std::string_view script :
       {"exit 0", "exit 1", "kill -9 $$", "kill -SEGV $$", "cat >/dev/null; kill -SYS $$",
        // A right answer, and then a bad end.
        "cat >/dev/null; printf '\\0\\0\\0\\6SRO1\\0\\1'; exit 1"}) {
    Reader reader = At(Script(folder, script), kPatient);
    EXPECT_EQ(Reason(reader.Read(vault::Bytes(4 << 20, 'a'))), "reader-stopped") << script;
  }
  ExpectNoChildren();
}

TEST(Reader, AReaderThatCannotBeConfinedSaysSo) {
  TempFolder folder;
  Reader reader = At(Script(folder, "exit 3"), kPatient);
  EXPECT_EQ(Reason(reader.Read(vault::AsBytes("file"))), "reader-unavailable");
  EXPECT_EQ(Reason(reader.Read(vault::Bytes(4 << 20, 'a'))), "reader-unavailable");
}

TEST(Reader, AProgramThatIsMissingIsToldAtTheStart) {
  EXPECT_EQ(Reader::At("/nonexistent/strongroom-reader", kPatient).error().code,
            vault::Errc::kNotFound);
  EXPECT_EQ(Reader::At("strongroom-reader", kPatient).error().code, vault::Errc::kInvalid);
}

TEST(Reader, AProgramThatVanishesLaterIsNoErrorOfTheFiling) {
  TempFolder folder;
  std::string path = Script(folder, "exit 0");
  Reader reader = At(path, kPatient);
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_EQ(Reason(reader.Read(vault::AsBytes("file"))), "reader-unavailable");
}

TEST(Reader, TheEnvironmentIsEmpty) {
  TempFolder folder;
  ASSERT_EQ(setenv("STRONGROOM_TEST_SECRET", "must-not-travel", 1), 0);
  std::string out = folder.At("environment");
  Reader reader =
      At(Script(folder, "cat >/dev/null; cat /proc/$$/environ > " + out + "; echo done >> " + out),
         kPatient);
  reader.Read(vault::AsBytes("file"));
  unsetenv("STRONGROOM_TEST_SECRET");
  EXPECT_EQ(Contents(out), "done\n");
}

TEST(Reader, NoOtherDescriptorIsInherited) {
  TempFolder folder;
  std::string out = folder.At("descriptors");
  int secret = open(folder.At("secret").c_str(), O_RDWR | O_CREAT, 0600);  // not close-on-exec
  ASSERT_GE(secret, 0);
  Reader reader =
      At(Script(folder, "cat >/dev/null; for f in /proc/$$/fd/*; do readlink $f; done > " + out),
         kPatient);
  reader.Read(vault::AsBytes("file"));
  close(secret);
  std::string seen = Contents(out);
  EXPECT_NE(seen.find("socket:"), std::string::npos);
  EXPECT_EQ(seen.find("/secret"), std::string::npos) << seen;
}

TEST(Reader, BlockedSignalsAreNotInherited) {
  TempFolder folder;
  sigset_t blocked, before;
  sigfillset(&blocked);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &blocked, &before), 0);
  Reader reader = At(Script(folder, "cat >/dev/null; kill -TERM $$; exit 3"), kPatient);
  EXPECT_EQ(Reason(reader.Read(vault::AsBytes("file"))), "reader-stopped");
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST(Reader, AReadingLeftUnfinishedLeavesNoProcess) {
  Reader reader = At(kReader, kPatient);
  {
    Reading reading = reader.Start();
    reading.Write(vault::AsBytes("half a file"));
    Reading moved = std::move(reading);
  }
  ExpectNoChildren();
}

TEST(Reader, AnUploadCutShortIsNotReadAsAWholeFile) {
  // The process itself: frames without the last one.
  int in[2], out[2];
  ASSERT_EQ(pipe(in), 0);
  ASSERT_EQ(pipe(out), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    execl(kReader, kReader, nullptr);
    _exit(99);
  }
  close(in[0]);
  close(out[1]);
  ASSERT_EQ(write(in[1], "\0\0\0\5hello", 9), 9);
  close(in[1]);
  char byte;
  EXPECT_EQ(read(out[0], &byte, 1), 0);
  close(out[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace ingest
