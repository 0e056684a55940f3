// TlsClient: the other end of an HTTPS server, down to single bytes.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <openssl/err.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace service {

// Answer is one response as it stood on the wire.
struct Answer {
  int status = 0;
  std::string head;
  std::string body;
  bool complete = false;  // the body was there to its announced end

  // Header gives a header's value; empty when it is absent. Names as the server spells them.
  std::string Header(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// TakeAnswer takes one response off the front of what came; nothing when there is no full header.
inline std::optional<Answer> TakeAnswer(std::string& bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos || bytes.size() < 12) return std::nullopt;
  Answer answer;
  answer.head = bytes.substr(0, end + 2);
  std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
  bytes.erase(0, end + 4);
  if (answer.status == 100 || answer.status == 204 || answer.status == 304) {
    answer.complete = true;
    return answer;
  }
  if (answer.Header("Transfer-Encoding") == "chunked") {
    while (true) {
      const std::size_t line = bytes.find("\r\n");
      std::size_t size = 0;
      if (line == std::string::npos) return answer;
      std::from_chars(bytes.data(), bytes.data() + line, size, 16);
      if (bytes.size() < line + 4 + size) return answer;
      answer.body += bytes.substr(line + 2, size);
      bytes.erase(0, line + 4 + size);
      if (size == 0) break;
    }
    answer.complete = true;
    return answer;
  }
  std::size_t length = 0;
  const std::string text = answer.Header("Content-Length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  answer.body = bytes.substr(0, length);
  answer.complete = answer.body.size() == length;
  bytes.erase(0, answer.body.size());
  return answer;
}

enum class Protocol { kTls13, kTls12 };

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port) : TlsClient(port, Protocol::kTls13) {}
  TlsClient(std::uint16_t port, Protocol protocol) {
    std::signal(SIGPIPE, SIG_IGN);
    Poco::Net::initializeSSL();
    Poco::Net::Context::Params params;
    params.verificationMode = Poco::Net::Context::VERIFY_NONE;
    context_ = new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params);
    if (protocol == Protocol::kTls12) {
      context_->disableProtocols(Poco::Net::Context::PROTO_TLSV1_3);
    }
    socket_ = Poco::Net::SecureStreamSocket(context_);
    try {
      socket_.connect(Poco::Net::SocketAddress("127.0.0.1", port), Poco::Timespan(20, 0));
      socket_.setReceiveTimeout(Poco::Timespan(20, 0));
      socket_.setSendTimeout(Poco::Timespan(20, 0));
      socket_.setNoDelay(true);
      connected_ = socket_.completeHandshake() == 1;
    } catch (const Poco::Exception&) {
      connected_ = false;
    }
  }

  // connected: the handshake was complete.
  bool connected() const { return connected_; }

  // Send gives false when the server is gone.
  bool Send(std::string_view bytes) {
    try {
      ERR_clear_error();
      while (!bytes.empty()) {
        const auto most = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 18));
        const int n = socket_.sendBytes(bytes.data(), most);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
      }
      return true;
    } catch (const Poco::Exception&) {
      return false;
    }
  }

  // Pull reads once: 0 at the end of the stream, which is clean or not.
  std::size_t Pull(char* out, std::size_t size) {
    try {
      ERR_clear_error();  // another client's leftovers on this thread are not ours
      const int n = socket_.receiveBytes(out, static_cast<int>(size));
      if (n > 0) return static_cast<std::size_t>(n);
      clean_end_ = n == 0;
    } catch (const Poco::Exception&) {
      clean_end_ = false;
    }
    ended_ = true;
    return 0;
  }

  // Receive reads one response; nothing when the stream ends before its header is whole.
  std::optional<Answer> Receive() {
    while (true) {
      std::string copy = received_;
      auto answer = TakeAnswer(copy);
      if (answer.has_value() && (answer->complete || ended_)) {
        received_ = copy;
        return answer;
      }
      if (ended_) return std::nullopt;
      char buffer[16384];
      received_.append(buffer, Pull(buffer, sizeof(buffer)));
    }
  }

  // ReceiveAll reads responses until the server ends the connection.
  std::vector<Answer> ReceiveAll() {
    std::vector<Answer> answers;
    while (auto answer = Receive()) answers.push_back(*std::move(answer));
    return answers;
  }

  // ended and clean_end: the server closed, and TLS vouches that nothing was cut off.
  bool ended() const { return ended_; }
  bool clean_end() const { return ended_ && clean_end_; }

  // Readable waits for a moment at most.
  bool Readable(int milliseconds) {
    pollfd wanted{socket_.impl()->sockfd(), POLLIN, 0};
    return ::poll(&wanted, 1, milliseconds) > 0;
  }

  // Close leaves without reading what may still come.
  void Close() {
    try {
      socket_.close();
    } catch (const Poco::Exception&) {
      // The server went first.
    }
  }

 private:
  Poco::Net::Context::Ptr context_;
  Poco::Net::SecureStreamSocket socket_;
  std::string received_;
  bool connected_ = false;
  bool ended_ = false;
  bool clean_end_ = false;
};

}  // namespace service
