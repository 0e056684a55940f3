#include "tools/cli/http_exchange.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "vault/base/text.h"

namespace tools {
namespace {

using vault::Result;
using vault::Status;

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::size_t kMaximumHead = 64 * 1024;
constexpr std::size_t kMaximumLine = 16 * 1024;
constexpr std::uint64_t kMaximumKept = 16 * 1024 * 1024;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string LowerText(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A buffered view of the stream: lines for the head and chunk sizes, runs of bytes for bodies.
class Incoming {
 public:
  explicit Incoming(ByteStream& stream) : stream_(stream), buffer_(kBuffer) {}

  Result<std::string> Line() {
    std::string line;
    for (;;) {
      if (begin_ == end_) TRY_VOID(Fill());
      const char c = static_cast<char>(buffer_.view()[begin_++]);
      if (c == '\n') {
        if (line.empty() || line.back() != '\r') return vault::Invalid("the answer is not HTTP");
        line.pop_back();
        return line;
      }
      line += c;
      if (line.size() > kMaximumLine) return vault::Invalid("a header line is too long");
    }
  }

  // Run gives 1..limit bytes, valid until the next call.
  Result<vault::ByteView> Run(std::uint64_t limit) {
    if (begin_ == end_) TRY_VOID(Fill());
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - begin_, limit));
    vault::ByteView run = buffer_.view().subspan(begin_, n);
    begin_ += n;
    return run;
  }

  bool drained() const { return begin_ == end_; }

 private:
  Status Fill() {
    TRY(std::size_t n, stream_.Read(buffer_.mutable_view()));
    if (n == 0) return vault::Unavailable("the server closed the connection too early");
    begin_ = 0;
    end_ = n;
    return vault::Ok();
  }

  ByteStream& stream_;
  vault::Plaintext buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

// Keeps what no sink takes: JSON and problem documents.
class Kept final : public BodySink {
 public:
  Status Begin(const HttpHead&, std::optional<std::uint64_t> size) override {
    if (size.value_or(0) > kMaximumKept) return vault::Invalid("the answer is too large");
    return vault::Ok();
  }
  Status Write(vault::ByteView bytes) override {
    if (body_.size() + bytes.size() > kMaximumKept) {
      return vault::Invalid("the answer is too large");
    }
    body_.Append(bytes);
    return vault::Ok();
  }
  vault::Plaintext Take() { return std::move(body_); }

 private:
  vault::Plaintext body_;
};

void Append(vault::Plaintext& text, std::string_view more) { text.Append(vault::AsBytes(more)); }

vault::Plaintext RequestHead(std::string_view host, const HttpRequest& request) {
  vault::Plaintext head;
  Append(head, request.method);
  Append(head, " ");
  Append(head, request.target);
  Append(head, " HTTP/1.1\r\nHost: ");
  Append(head, host);
  Append(head, "\r\nAccept: application/json, application/problem+json, */*\r\n");
  for (const auto& [name, value] : request.headers) {
    Append(head, name);
    Append(head, ": ");
    Append(head, value);
    Append(head, "\r\n");
  }
  if (request.bearer != nullptr) {
    Append(head, "Authorization: Bearer ");
    head.Append(request.bearer->view());
    Append(head, "\r\n");
  }
  if (request.json != nullptr) {
    Append(head, "Content-Type: application/json\r\nContent-Length: ");
    Append(head, std::to_string(request.json->size()));
    Append(head, "\r\n");
  } else if (request.upload != nullptr) {
    Append(head, "Content-Type: application/octet-stream\r\n");
    if (auto size = request.upload->size()) {
      Append(head, "Content-Length: " + std::to_string(*size) + "\r\n");
    } else {
      Append(head, "Transfer-Encoding: chunked\r\n");
    }
  } else if (request.method == "POST") {
    Append(head, "Content-Length: 0\r\n");
  }
  Append(head, "\r\n");
  return head;
}

std::string ChunkHead(std::size_t size) {
  char digits[16];
  auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  return std::string(digits, end) + "\r\n";
}

// What the source says is our caller's failure; what the stream says may hide an early answer.
enum class Sent { kAll, kRefused };

Result<Sent> SendUpload(ByteStream& stream, BodySource& source) {
  vault::Plaintext buffer(kBuffer);
  const auto size = source.size();
  std::uint64_t sent = 0;
  for (;;) {
    TRY(std::size_t n, source.Read(buffer.mutable_view()));
    if (size && (sent + n > *size || (n == 0 && sent < *size))) {
      return vault::Conflict("the file changed while it was being read");
    }
    if (n == 0) break;
    sent += n;
    vault::ByteView bytes = buffer.view().first(n);
    if (size) {
      if (!stream.Write(bytes).ok()) return Sent::kRefused;
      continue;
    }
    if (!stream.Write(vault::AsBytes(ChunkHead(n))).ok() || !stream.Write(bytes).ok() ||
        !stream.Write(vault::AsBytes("\r\n")).ok()) {
      return Sent::kRefused;
    }
  }
  if (!size && !stream.Write(vault::AsBytes("0\r\n\r\n")).ok()) return Sent::kRefused;
  return Sent::kAll;
}

Result<HttpHead> ReadHead(Incoming& incoming) {
  TRY(std::string line, incoming.Line());
  std::string_view rest = line;
  if (!rest.starts_with("HTTP/1.1 ") || rest.size() < 12) {
    return vault::Invalid("the answer is not HTTP/1.1");
  }
  HttpHead head;
  auto status = vault::ParseDecimal(rest.substr(9, 3));
  if (!status.ok()) return vault::Invalid("the answer has no status");
  head.status = static_cast<int>(status.value());
  std::size_t total = line.size();
  for (;;) {
    TRY(std::string field, incoming.Line());
    if (field.empty()) return head;
    total += field.size();
    const std::size_t colon = field.find(':');
    if (total > kMaximumHead || colon == 0 || colon == std::string::npos) {
      return vault::Invalid("the answer's header is malformed");
    }
    std::string name = LowerText(std::string_view(field).substr(0, colon));
    const bool fresh =
        head.headers.emplace(name, Trim(std::string_view(field).substr(colon + 1))).second;
    if (!fresh && (name == "content-length" || name == "transfer-encoding")) {
      return vault::Invalid("the answer states its length twice");
    }
  }
}

Status CopyExactly(Incoming& incoming, std::uint64_t size, BodySink& sink) {
  while (size > 0) {
    TRY(vault::ByteView run, incoming.Run(size));
    size -= run.size();
    TRY_VOID(sink.Write(run));
  }
  return vault::Ok();
}

Status CopyChunks(Incoming& incoming, BodySink& sink) {
  for (;;) {
    TRY(std::string line, incoming.Line());
    std::string_view digits = Trim(std::string_view(line).substr(0, line.find(';')));
    std::uint64_t size = 0;
    const char* end = digits.data() + digits.size();
    auto parsed = std::from_chars(digits.data(), end, size, 16);
    if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
      return vault::Invalid("a chunk has no size");
    }
    if (size == 0) break;
    TRY_VOID(CopyExactly(incoming, size, sink));
    TRY(std::string after, incoming.Line());
    if (!after.empty()) return vault::Invalid("a chunk is longer than it says");
  }
  for (;;) {  // trailers
    TRY(std::string line, incoming.Line());
    if (line.empty()) return vault::Ok();
  }
}

}  // namespace

std::string HttpHead::Header(std::string_view name) const {
  auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

Result<Exchanged> Exchange(ByteStream& stream, std::string_view host, const HttpRequest& request,
                           BodySink* sink) {
  TRY_VOID(stream.Write(RequestHead(host, request).view()));
  Sent sent = Sent::kAll;
  if (request.json != nullptr) {
    TRY_VOID(stream.Write(request.json->view()));
  } else if (request.upload != nullptr) {
    TRY(sent, SendUpload(stream, *request.upload));
  }

  Incoming incoming(stream);
  Exchanged result;
  HttpHead& head = result.answer.head;
  do {
    TRY(head, ReadHead(incoming));
  } while (head.status >= 100 && head.status < 200);
  if (sent == Sent::kRefused && head.status < 400) {
    return vault::Unavailable("the connection broke during the upload");
  }

  Kept kept;
  BodySink& body = sink != nullptr && head.status / 100 == 2 ? *sink : kept;
  const std::string coding = LowerText(head.Header("transfer-encoding"));
  if (!coding.empty()) {
    if (coding != "chunked" || head.headers.contains("content-length")) {
      return vault::Invalid("the answer's length is ambiguous");
    }
    TRY_VOID(body.Begin(head, std::nullopt));
    TRY_VOID(CopyChunks(incoming, body));
  } else {
    auto length = vault::ParseDecimal(head.Header("content-length"));
    if (head.status == 204) length = std::uint64_t{0};
    if (!length.ok()) return vault::Invalid("the answer does not say how long it is");
    TRY_VOID(body.Begin(head, length.value()));
    TRY_VOID(CopyExactly(incoming, length.value(), body));
  }
  result.answer.body = kept.Take();
  const bool close = LowerText(head.Header("connection")) == "close" || sent == Sent::kRefused;
  result.end = close || !incoming.drained() ? ExchangeEnd::kFinished : ExchangeEnd::kReusable;
  return result;
}

std::string PercentEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace tools
