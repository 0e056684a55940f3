// SmtpServer: a mail server inside a test, with TLS by STARTTLS or from the first byte.
#pragma once

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace service {

// SmtpServer answers one connection after another.
class SmtpServer {
 public:
  struct Manner {
    std::string certificate;
    std::string key;
    bool tls_at_once = false;
    bool offers_tls = true;
    std::string account;               // base64 of "\0user\0password"; empty: none is asked for
    std::string recipient = "250 ok";  // what is said to RCPT
  };

  explicit SmtpServer(Manner manner)
      : manner_(std::move(manner)),
        socket_(Poco::Net::SocketAddress("127.0.0.1", 0)),
        thread_([this] { Serve(); }) {}
  ~SmtpServer() {
    stopping_ = true;
    thread_.join();
  }
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  std::uint16_t port() const { return socket_.address().port(); }
  // mails are the texts taken; said is everything that was heard, in clear or not.
  std::vector<std::string> mails() const {
    const std::lock_guard lock(mutex_);
    return mails_;
  }
  std::string in_clear() const {
    const std::lock_guard lock(mutex_);
    return in_clear_;
  }

 private:
  Poco::Net::Context::Ptr ServerContext() const {
    return new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, manner_.key,
                                  manner_.certificate, "", Poco::Net::Context::VERIFY_NONE, 9,
                                  false);
  }

  void Serve() {
    while (!stopping_) {
      if (!socket_.poll(Poco::Timespan(0, 20'000), Poco::Net::Socket::SELECT_READ)) continue;
      try {
        Poco::Net::StreamSocket connection = socket_.acceptConnection();
        connection.setReceiveTimeout(Poco::Timespan(5, 0));
        Talk(std::move(connection));
      } catch (const Poco::Exception&) {
        // The other end went away or did not trust us: the next one may.
      }
    }
  }

  std::string Line(Poco::Net::StreamSocket& socket, bool clear) {
    std::string line;
    char c = 0;
    while (socket.receiveBytes(&c, 1) == 1) {
      if (clear) {
        const std::lock_guard lock(mutex_);
        in_clear_ += c;
      }
      if (c == '\n') break;
      if (c != '\r') line += c;
    }
    if (c != '\n') throw Poco::IOException("closed");
    return line;
  }

  static void Say(Poco::Net::StreamSocket& socket, const std::string& text) {
    const std::string line = text + "\r\n";
    socket.sendBytes(line.data(), static_cast<int>(line.size()));
  }

  void Talk(Poco::Net::StreamSocket socket) {
    bool clear = !manner_.tls_at_once;
    if (!clear) socket = Poco::Net::SecureStreamSocket::attach(socket, ServerContext());
    Say(socket, "220 mail.example ready");
    while (true) {
      const std::string line = Line(socket, clear);
      const std::string verb = line.substr(0, 4);
      if (verb == "EHLO") {
        Say(socket, "250-mail.example");
        if (clear && manner_.offers_tls) Say(socket, "250-STARTTLS");
        Say(socket, "250 AUTH PLAIN LOGIN");
      } else if (line == "STARTTLS") {
        if (!manner_.offers_tls) {
          Say(socket, "502 no");
          continue;
        }
        Say(socket, "220 go on");
        socket = Poco::Net::SecureStreamSocket::attach(socket, ServerContext());
        clear = false;
      } else if (verb == "AUTH") {
        Say(socket, line.find(manner_.account) != std::string::npos ? "235 welcome" : "535 no");
      } else if (verb == "RCPT") {
        Say(socket, manner_.recipient);
      } else if (verb == "DATA") {
        Say(socket, "354 go on");
        std::string text;
        for (std::string part = Line(socket, clear); part != "."; part = Line(socket, clear)) {
          text += part + "\n";
        }
        {
          const std::lock_guard lock(mutex_);
          mails_.push_back(std::move(text));
        }
        Say(socket, "250 taken");
      } else if (verb == "QUIT") {
        Say(socket, "221 good-bye");
        return;
      } else {
        Say(socket, "250 ok");
      }
    }
  }

  const Manner manner_;
  Poco::Net::ServerSocket socket_;
  mutable std::mutex mutex_;
  std::vector<std::string> mails_;
  std::string in_clear_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace service
