// Streaming: bodies of any size in flat memory, and answers that never end well when they did not.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/https_server.h"
#include "tests/support/sanitizers.h"
#include "tests/support/tls_client.h"

namespace service {
namespace {

constexpr std::uint64_t kSize = std::uint64_t{200} << 20;
// Under a sanitizer freed memory is kept in quarantine.
constexpr std::int64_t kMostMore = std::int64_t{vault::kUnderSanitizer ? 600 : 32} << 20;

std::int64_t ResidentBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmRSS:") {
      std::int64_t kibibytes = 0;
      status >> kibibytes;
      return kibibytes * 1024;
    }
  }
  return 0;
}

// The byte at a position of the test content; its period fits no buffer size.
std::uint8_t ByteAt(std::uint64_t position) { return static_cast<std::uint8_t>(position % 251); }

// Pattern gives `size` bytes of the test content, then ends well or badly.
class Pattern : public BodyReader {
 public:
  Pattern(std::uint64_t size, bool ends_well) : size_(size), ends_well_(ends_well) {}
  vault::Result<std::size_t> Read(vault::MutableByteView out) override {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - position_));
    for (std::size_t i = 0; i < n; ++i) out[i] = ByteAt(position_ + i);
    position_ += n;
    if (n == 0 && !ends_well_) return vault::Corrupt("the last chunk fails its tag");
    return n;
  }

 private:
  std::uint64_t size_;
  std::uint64_t position_ = 0;
  bool ends_well_;
};

Response Download(std::uint64_t size, bool ends_well, std::optional<std::uint64_t> length) {
  return Response::Streaming(200, "application/octet-stream",
                             {std::make_unique<Pattern>(size, ends_well), length});
}

class Streaming : public ::testing::Test {
 protected:
  Streaming() {
    router_.Add({Verb::kPost, "/upload", StreamedBody(kSize),
                 [this](Request& request) { return Swallow(*request.body); }});
    router_.Add({Verb::kGet, "/download", NoBody(),
                 [](Request&) { return vault::Result<Response>(Download(kSize, true, kSize)); }});
    ServerOptions options;
    options.threads = 4;
    server_.emplace(options, router_);
  }

  vault::Result<Response> Swallow(BodyReader& body) {
    std::vector<std::uint8_t> piece(100'000);
    std::uint64_t position = 0;
    while (true) {
      TRY(const std::size_t n, body.Read(piece));
      if (n == 0) break;
      for (std::size_t i = 0; i < n; ++i) {
        if (piece[i] != ByteAt(position + i)) return vault::Conflict("a byte is wrong");
      }
      position += n;
      most_resident_ = std::max(most_resident_, ResidentBytes());
    }
    return Response::Of(200, "text/plain", std::to_string(position));
  }

  void SendPattern(TlsClient& client, std::string_view before, std::string_view after) {
    constexpr std::size_t kPiece = 251 * 400;
    std::string piece(before);
    for (std::size_t i = 0; i < kPiece; ++i) piece += static_cast<char>(ByteAt(i));
    piece += after;
    for (std::uint64_t sent = 0; sent + kPiece <= kSize; sent += kPiece) {
      ASSERT_TRUE(client.Send(piece));
    }
    whole_pieces_ = kSize / kPiece * kPiece;
  }

  Router router_;
  std::optional<HttpsServer> server_;
  std::int64_t most_resident_ = 0;
  std::uint64_t whole_pieces_ = 0;
};

TEST_F(Streaming, TakesTwoHundredMebibytesInFlatMemory) {
  constexpr std::uint64_t kWhole = kSize / (251 * 400) * (251 * 400);
  TlsClient client(server_->port());
  client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kWhole) +
              "\r\n\r\n");
  const std::int64_t before = ResidentBytes();
  SendPattern(client, "", "");
  const auto answer = client.Receive();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, std::to_string(kWhole));
  EXPECT_GT(most_resident_, 0);
  EXPECT_LT(most_resident_ - before, kMostMore);
}

TEST_F(Streaming, TakesTwoHundredMebibytesInChunksInFlatMemory) {
  TlsClient client(server_->port());
  client.Send("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::int64_t before = ResidentBytes();
  SendPattern(client, "18830\r\n", "\r\n");  // 251 * 400
  client.Send("0\r\n\r\n");
  const auto answer = client.Receive();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, std::to_string(whole_pieces_));
  EXPECT_LT(most_resident_ - before, kMostMore);
}

TEST_F(Streaming, GivesTwoHundredMebibytesInFlatMemory) {
  TlsClient client(server_->port());
  client.Send("GET /download HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::vector<char> piece(1 << 18);
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const std::size_t n = client.Pull(piece.data(), piece.size());
    ASSERT_GT(n, 0U);
    head.append(piece.data(), n);
  }
  EXPECT_NE(head.find("Content-Length: " + std::to_string(kSize)), std::string::npos);
  std::uint64_t position = 0;
  bool right = true;
  const auto check = [&](std::string_view bytes) {
    for (char c : bytes) right = right && static_cast<std::uint8_t>(c) == ByteAt(position++);
  };
  check(std::string_view(head).substr(head.find("\r\n\r\n") + 4));
  const std::int64_t before = ResidentBytes();
  std::int64_t most = before;
  while (const std::size_t n = client.Pull(piece.data(), piece.size())) {
    check({piece.data(), n});
    most = std::max(most, ResidentBytes());
  }
  EXPECT_TRUE(right);
  EXPECT_EQ(position, kSize);
  EXPECT_TRUE(client.clean_end());
  EXPECT_LT(most - before, kMostMore);
}

// One answer for each way of going wrong, and the sizes around the buffer's.
struct BrokenCase {
  std::string name;
  std::uint64_t gives;
  bool ends_well;
  std::optional<std::uint64_t> length;
};

TEST(StreamedAnswer, ThatBreaksOffNeverLooksWhole) {
  constexpr std::uint64_t kBuffer = std::uint64_t{256} << 10;
  const std::vector<BrokenCase> cases = {
      {"fails at once", 0, false, 10},
      {"fails behind its last byte", 10, false, 10},
      {"fails behind a full buffer", kBuffer, false, kBuffer},
      {"fails behind two full buffers", 2 * kBuffer, false, 2 * kBuffer},
      {"fails in the middle", kBuffer + 10, false, 10 * kBuffer},
      {"is too short", 9, true, 10},
      {"is too short by a buffer", kBuffer, true, 2 * kBuffer},
      {"is too long", 11, true, 10},
      {"is too long behind a full buffer", kBuffer + 1, true, kBuffer},
      {"fails in chunks at once", 0, false, std::nullopt},
      {"fails in chunks", 3 * kBuffer, false, std::nullopt},
  };
  Router router;
  router.Add({Verb::kGet, "/{n}", NoBody(), [&](Request& request) -> vault::Result<Response> {
                const BrokenCase& one = cases.at(std::stoul(request.Capture("n")));
                return Download(one.gives, one.ends_well, one.length);
              }});
  ServerOptions options;
  options.threads = 2;
  HttpsServer server(options, router);
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i].name);
    TlsClient client(server.port());
    client.Send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (const Answer& answer : client.ReceiveAll()) EXPECT_FALSE(answer.complete);
    EXPECT_TRUE(client.ended());
    EXPECT_FALSE(client.clean_end());
  }
}

TEST(StreamedAnswer, OfEverySizeArrivesWhole) {
  constexpr std::uint64_t kBuffer = std::uint64_t{256} << 10;
  const std::vector<std::uint64_t> sizes = {0,           1,           kBuffer - 1, kBuffer,
                                            kBuffer + 1, 2 * kBuffer, 5 * kBuffer, 7 * kBuffer - 3};
  Router router;
  router.Add({Verb::kGet, "/length/{n}", NoBody(), [](Request& request) -> vault::Result<Response> {
                const std::uint64_t size = std::stoull(request.Capture("n"));
                return Download(size, true, size);
              }});
  router.Add({Verb::kGet, "/chunks/{n}", NoBody(), [](Request& request) -> vault::Result<Response> {
                return Download(std::stoull(request.Capture("n")), true, std::nullopt);
              }});
  ServerOptions options;
  options.threads = 2;
  HttpsServer server(options, router);
  TlsClient client(server.port());
  for (const std::uint64_t size : sizes) {
    for (const std::string kind : {"length", "chunks"}) {
      client.Send("GET /" + kind + "/" + std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n\r\n");
      const auto answer = client.Receive();
      ASSERT_TRUE(answer.has_value());
      EXPECT_TRUE(answer->complete);
      ASSERT_EQ(answer->body.size(), size);
      bool right = true;
      for (std::uint64_t i = 0; i < size; ++i) {
        right = right && static_cast<std::uint8_t>(answer->body[i]) == ByteAt(i);
      }
      EXPECT_TRUE(right) << kind << size;
    }
  }
}

}  // namespace
}  // namespace service
