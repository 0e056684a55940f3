#include "daemon/http/multipart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace service {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=BOUND";

// Pieces gives a text in reads of at most so many bytes, then ends, or breaks off with an error.
class Pieces : public BodyReader {
 public:
  Pieces(std::string text, std::size_t most) : text_(std::move(text)), most_(most) {}
  vault::Result<std::size_t> Read(vault::MutableByteView out) override {
    const std::size_t n = std::min({out.size(), most_, text_.size() - at_});
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), n, out.begin());
    at_ += n;
    return n;
  }

 private:
  std::string text_;
  std::size_t most_;
  std::size_t at_ = 0;
};

std::string Field(std::string_view name, std::string_view value) {
  return "--BOUND\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
         std::string(value) + "\r\n";
}
std::string File(std::string_view name, std::string_view content) {
  return "--BOUND\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" +
         std::string(name) + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" +
         std::string(content) + "\r\n";
}

struct Form {
  std::string fields;
  std::string name;
  std::string content;
};

vault::Result<Form> Read(std::string_view type, const std::string& body, std::size_t piece,
                         std::size_t out_size) {
  Pieces source(body, piece);
  TRY(const auto reader, MultipartReader::Open(type, source));
  Form form;
  for (const auto& [name, value] : reader->fields()) form.fields += name + "=" + value + ";";
  form.name = reader->file_name();
  vault::Bytes out(out_size);
  while (true) {
    TRY(const std::size_t n, reader->Read(out));
    if (n == 0) break;
    form.content += vault::AsText(vault::ByteView(out).first(n));
  }
  EXPECT_EQ(reader->Read(out).value(), 0U);
  return form;
}

vault::Result<Form> Read(const std::string& body) { return Read(kType, body, 1000, 1000); }

TEST(Multipart, GivesFieldsThenTheFileUnderEveryCut) {
  // The content is full of beginnings of the delimiter.
  const std::string content =
      "\r\n--BOUN\r\n--BOUNX\r\r\n\r\n--\r\n--B--BOUND\n--BOUND\r--BOUND" + std::string(300, '\r');
  const std::string body = Field("matter", "MACFA/7") + Field("note", "Łódź\r\ntwo lines") +
                           Field("empty", "") + File("Form 7.docx", content) + "--BOUND--\r\n";
  for (std::size_t piece : {1, 2, 3, 7, 10, 64, 1000, 100'000}) {
    for (std::size_t out : {1, 2, 9, 10, 11, 1000}) {
      const auto form = Read(kType, body, piece, out);
      ASSERT_TRUE(form.ok()) << form.error().detail;
      EXPECT_EQ(form.value().fields, "matter=MACFA/7;note=Łódź\r\ntwo lines;empty=;");
      EXPECT_EQ(form.value().name, "Form 7.docx");
      EXPECT_EQ(form.value().content, content);
    }
  }
}

TEST(Multipart, GivesLargeFilesAndEmptyOnes) {
  std::string content;
  for (std::size_t i = 0; content.size() < 1'000'000; ++i) content += std::to_string(i);
  EXPECT_EQ(Read(kType, File("a", content) + "--BOUND--", 5000, 70'000).value().content, content);
  EXPECT_EQ(Read(File("a", "") + "--BOUND--").value().content, "");
}

TEST(Multipart, KeepsOnlyTheLastComponentOfAName) {
  const auto name = [](std::string_view sent) {
    return Read(File(sent, "x") + "--BOUND--").value().name;
  };
  EXPECT_EQ(name("../../etc/passwd"), "passwd");
  EXPECT_EQ(name("C:\\\\Users\\\\x\\\\Form.docx"), "Form.docx");
  EXPECT_EQ(name("C:\\Users\\Form.docx"), "Form.docx");
  EXPECT_EQ(name("a\\\"b"), "a\"b");
  EXPECT_EQ(name(""), "");
  EXPECT_EQ(name("Żółć.odt"), "Żółć.odt");
}

TEST(Multipart, UnderstandsBoundariesAsSendersWriteThem) {
  const std::string body = File("a", "x") + "--BOUND--\r\n";
  for (const std::string type :
       {"multipart/form-data; boundary=BOUND", "Multipart/Form-Data;boundary=\"BOUND\"",
        "multipart/form-data ; charset=utf-8 ; Boundary=BOUND"}) {
    EXPECT_TRUE(Read(type, body, 1000, 1000).ok()) << type;
  }
  for (const std::string type :
       {"", "multipart/form-data", "multipart/form-data; boundary=", "application/json",
        "multipart/mixed; boundary=BOUND", "multipart/form-data; boundary=\"BOUND",
        "multipart/form-data; boundary=BOUND; boundary=OTHER",
        "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=BOUND x",
        "multipart/form-data boundary=BOUND", "multipart/form-data; boundary=\"a\\\"b\""}) {
    EXPECT_FALSE(Read(type, body, 1000, 1000).ok()) << type;
  }
  EXPECT_FALSE(
      Read("multipart/form-data; boundary=" + std::string(71, 'a'), body, 1000, 1000).ok());
}

struct Hostile {
  std::string name;
  std::string body;
};

TEST(Multipart, RefusesHostileForms) {
  const std::string end = "--BOUND--\r\n";
  const std::string file = File("a", "x");
  const std::string head =
      "--BOUND\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"";
  std::string many;
  for (int i = 0; i < 33; ++i) many += Field("f" + std::to_string(i), "x");
  const std::vector<Hostile> cases = {
      {"nothing", ""},
      {"no file", Field("a", "b") + end},
      {"only an end", end},
      {"a preamble", "hello\r\n" + file + end},
      {"another boundary", "--OTHER\r\n\r\n" + end},
      {"an epilogue", file + end + "hello"},
      {"no end", file},
      {"half an end", file + "--BOUND-"},
      {"an end without its line", file + "--BOUND"},
      {"text behind the boundary", file + "--BOUND x"},
      {"a field behind the file", file + Field("a", "b") + end},
      {"a second file", file + file + end},
      {"a field twice", Field("a", "b") + Field("a", "c") + file + end},
      {"a field without a name",
       "--BOUND\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n" + file + end},
      {"a part without headers", "--BOUND\r\n\r\nx\r\n" + file + end},
      {"a part without a disposition", "--BOUND\r\nContent-Type: a/b\r\n\r\nx\r\n" + file + end},
      {"two dispositions",
       head + "\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nx\r\n" + end},
      {"another disposition",
       "--BOUND\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n" + end},
      {"two names", "--BOUND\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n" + end},
      {"two file names", head + "; filename=\"b\"\r\n\r\nx\r\n" + end},
      {"an open quote", "--BOUND\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n" + end},
      {"a folded header", head + ";\r\n x=y\r\n\r\nx\r\n" + end},
      {"a header with a bare line feed", head + "\nX: y\r\n\r\nx\r\n" + end},
      {"a header with a zero", head + "\r\nX: " + std::string(1, '\0') + "\r\n\r\nx\r\n" + end},
      {"a header that is not utf-8", head + "\r\nX: \xFF\r\n\r\nx\r\n" + end},
      {"a header without a colon", head + "\r\nX\r\n\r\nx\r\n" + end},
      {"a header without end", head + "\r\nX: " + std::string(10'000, 'a')},
      {"long headers", head + "\r\nX: " + std::string(5'000, 'a') + "\r\n\r\nx\r\n" + end},
      {"many headers",
       head + "\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\nx\r\n" +
           end},
      {"an encoded part", head + "\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n" + end},
      {"a long file name", File(std::string(256, 'a'), "x") + end},
      {"a long field name", Field(std::string(65, 'a'), "b") + file + end},
      {"a large field", Field("a", std::string(8193, 'b')) + file + end},
      {"an endless field", Field("a", std::string(1'000'000, 'b'))},
      {"a field that is not utf-8", Field("a", "\xC0\xAF") + file + end},
      {"a field with a zero", Field("a", std::string(1, '\0')) + file + end},
      {"too many fields", many + file + end},
      {"bare line feeds",
       "--BOUND\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\n\nx\n--BOUND--\n"},
  };
  for (const auto& [name, body] : cases) {
    for (std::size_t piece : {1, 1000}) {
      const auto form = Read(kType, body, piece, 1000);
      ASSERT_FALSE(form.ok()) << name;
      EXPECT_EQ(form.error().code, vault::Errc::kInvalid) << name;
    }
  }
}

TEST(Multipart, EveryTruncationIsAnError) {
  const std::string body = Field("a", "b") + File("n", "content") + "--BOUND--";
  ASSERT_TRUE(Read(body).ok());
  for (std::size_t n = 0; n < body.size(); ++n) {
    EXPECT_FALSE(Read(body.substr(0, n)).ok()) << n;
  }
}

TEST(Multipart, StaysAnErrorOnceItWasOne) {
  Pieces source(File("a", "content"), 1000);
  const auto reader = MultipartReader::Open(kType, source);
  ASSERT_TRUE(reader.ok());
  vault::Bytes out(1000);
  // What can no longer be the beginning of a delimiter is given before the end is missed.
  EXPECT_EQ(reader.value()->Read(out).value(), 1U);
  EXPECT_FALSE(reader.value()->Read(out).ok());
  EXPECT_FALSE(reader.value()->Read(out).ok());
}

}  // namespace
}  // namespace service
