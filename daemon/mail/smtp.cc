#include "daemon/mail/smtp.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/DialogSocket.h>
#include <Poco/Net/MailMessage.h>
#include <Poco/Net/MailRecipient.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureSMTPClientSession.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Timespan.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "vault/base/text.h"

namespace service {

using vault::Result;

namespace {

constexpr int kSeconds = 30;
constexpr std::size_t kMostPassword = 1024;

Poco::Net::Context::Ptr MakeContext(const std::string& authority) {
  Poco::Net::Context::Params params;
  params.verificationMode = Poco::Net::Context::VERIFY_STRICT;
  params.verificationDepth = 9;
  params.loadDefaultCAs = authority.empty();
  params.caLocation = authority;
  Poco::Net::Context::Ptr context =
      new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, params);
  // Mail servers of organisations are older than browsers'; below 1.2 nothing is safe.
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  context->enableExtendedCertificateVerification(true);
  return context;
}

// OwnDomain is how we greet: what stands behind the @ of the sender.
std::string OwnDomain(const std::string& from) {
  const std::size_t at = from.find('@');
  return at == std::string::npos ? "localhost" : from.substr(at + 1);
}

void Write(Poco::Net::SMTPClientSession& session, const SmtpSettings& settings,
           const MailText& mail) {
  Poco::Net::MailMessage message;
  message.setSender(settings.from);
  message.addRecipient(
      Poco::Net::MailRecipient(Poco::Net::MailRecipient::PRIMARY_RECIPIENT, mail.to));
  message.setSubject(Poco::Net::MailMessage::encodeWord(mail.subject, "UTF-8"));
  message.setContentType("text/plain; charset=UTF-8");
  // No answering machine answers a machine.
  message.set("Auto-Submitted", "auto-generated");
  std::string body;
  for (const char c : mail.body) body += c == '\n' ? std::string("\r\n") : std::string(1, c);
  message.setContent(body, Poco::Net::MailMessage::ENCODING_QUOTED_PRINTABLE);
  session.sendMessage(message);
}

// Signing is a session that can say a line as it is: the library's own way to sign in leaves copies
// of the password in memory that nobody wipes.
template <class Session>
class Signing final : public Session {
 public:
  using Session::Session;
  // Say sends the line whole and gives the status of the answer.
  int Say(vault::ByteView line) {
    for (std::size_t sent = 0; sent < line.size();) {
      const int more =
          this->socket().sendBytes(line.data() + sent, static_cast<int>(line.size() - sent));
      if (more <= 0) return 0;
      sent += static_cast<std::size_t>(more);
    }
    std::string answer;
    return this->socket().receiveStatusMessage(answer);
  }
};

// PlainLine is the one line of SASL's PLAIN (RFC 4616): nobody in particular, the user, the
// password.
vault::Plaintext PlainLine(std::string_view user, const vault::Plaintext& password) {
  vault::Plaintext words(1);
  words.Append(vault::AsBytes(user));
  words.Append(vault::Bytes(1));
  words.Append(password.view());
  std::string encoded = vault::EncodeBase64(words.view());
  vault::Plaintext line = vault::Plaintext::CopyOf(vault::AsBytes("AUTH PLAIN "));
  line.Append(vault::AsBytes(encoded));
  line.Append(vault::AsBytes("\r\n"));
  vault::WipeMemory(encoded.data(), encoded.size());
  return line;
}

// SignIn proves who we are, where there is an account.
template <class Session>
vault::Status SignIn(Signing<Session>& session, const SmtpSettings& settings) {
  if (settings.user.empty()) return vault::Ok();
  TRY(const vault::Plaintext password, ReadMailPassword(settings.password_file));
  constexpr int kWelcome = 235;
  const vault::Plaintext line = PlainLine(settings.user, password);
  if (session.Say(line.view()) == kWelcome) return vault::Ok();
  return vault::Unavailable("the mail server does not take our account");
}

template <class Session>
Result<Delivery> Exchange(Signing<Session>& session, const SmtpSettings& settings,
                          const MailText& mail) {
  TRY_VOID(SignIn(session, settings));
  try {
    Write(session, settings, mail);
  } catch (const Poco::Net::SMTPException& refused) {
    // 5xx about this mail is for good; all else may pass.
    return refused.code() >= 500 && refused.code() < 600 ? Delivery::kForGood : Delivery::kForNow;
  }
  try {
    session.close();
  } catch (const Poco::Exception&) {
    // It was taken; how the server says good-bye is its own affair.
  }
  return Delivery::kTaken;
}

Result<Delivery> OverTls(const SmtpSettings& settings, const MailText& mail) {
  const Poco::Net::Context::Ptr context = MakeContext(settings.authority);
  Poco::Net::SecureStreamSocket socket(context);
  socket.setPeerHostName(settings.host);
  socket.connect(Poco::Net::SocketAddress(settings.host, settings.port),
                 Poco::Timespan(kSeconds, 0));
  socket.completeHandshake();
  Signing<Poco::Net::SMTPClientSession> session(socket);
  session.setTimeout(Poco::Timespan(kSeconds, 0));
  session.login(OwnDomain(settings.from));
  return Exchange(session, settings, mail);
}

Result<Delivery> OverStartTls(const SmtpSettings& settings, const MailText& mail) {
  Signing<Poco::Net::SecureSMTPClientSession> session(settings.host, settings.port);
  session.setTimeout(Poco::Timespan(kSeconds, 0));
  session.login(OwnDomain(settings.from));
  // Whoever strips the offer of encryption from the greeting gets nothing.
  if (!session.startTLS(MakeContext(settings.authority))) {
    return vault::Unavailable("the mail server offers no encryption");
  }
  session.login(OwnDomain(settings.from));
  return Exchange(session, settings, mail);
}

Result<Delivery> InClear(const SmtpSettings& settings, const MailText& mail) {
  Signing<Poco::Net::SMTPClientSession> session(settings.host, settings.port);
  session.setTimeout(Poco::Timespan(kSeconds, 0));
  session.login(OwnDomain(settings.from));
  return Exchange(session, settings, mail);
}

}  // namespace

Result<vault::Plaintext> ReadMailPassword(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) {
    if (errno == EACCES) return vault::Denied("the mail password may not be read by us");
    return vault::NotFound("the mail password is not there");
  }
  // Asked of what was opened: what stands at the path could change in between.
  struct stat file {};
  vault::Plaintext text(kMostPassword + 1);
  const bool known = ::fstat(descriptor, &file) == 0;
  const ssize_t size = known ? ::read(descriptor, text.mutable_view().data(), text.size()) : -1;
  ::close(descriptor);
  if (!known || size < 0) return vault::Unavailable("the mail password cannot be read");
  text.Resize(static_cast<std::size_t>(size));
  if (!S_ISREG(file.st_mode)) return vault::Invalid("smtp.password.file names no file");
  if ((file.st_mode & (S_IRWXG | S_IRWXO)) != 0 ||
      (file.st_uid != ::geteuid() && file.st_uid != 0)) {
    return vault::Denied("the mail password may be read by others: chmod 600 it");
  }
  if (text.text().ends_with('\n')) text.Resize(text.size() - 1);
  if (text.size() == 0 || text.size() > kMostPassword) {
    return vault::Invalid("the mail password is empty or too long");
  }
  // A zero would end the password for the server.
  if (text.text().find('\0') != std::string_view::npos) {
    return vault::Invalid("the mail password holds a zero byte");
  }
  return text;
}

Result<Delivery> SmtpCourier::Deliver(const MailText& mail) {
  try {
    switch (settings_.security) {
      case SmtpSecurity::kTls:
        return OverTls(settings_, mail);
      case SmtpSecurity::kStartTls:
        return OverStartTls(settings_, mail);
      case SmtpSecurity::kNone:
        return InClear(settings_, mail);
    }
  } catch (const Poco::Net::SSLException&) {
    return vault::Unavailable("the mail server's certificate is not trusted, or TLS failed");
  } catch (const Poco::Net::SMTPException&) {
    return vault::Unavailable("the mail server refuses us");
  } catch (const Poco::Exception&) {
    return vault::Unavailable("the mail server is not reached");
  }
  return vault::Unavailable("no way to the mail server");
}

}  // namespace service
