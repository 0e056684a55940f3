// Mails on their way: to whom, in which words, over what kind of connection, and what becomes of
// those that are not taken.
#include "daemon/jobs/mail.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ctime>
#include <fstream>

#include "daemon/mail/letters.h"
#include "daemon/mail/smtp.h"
#include "tests/support/smtp_server.h"
#include "tests/support/test_daemon.h"
#include "vault/mails.h"

namespace service {
namespace {

class MailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SelfSigned wanted{folder_.At("cert.pem"), folder_.At("key.pem"), {}, 0};
    // The TLS library compares with the machine's clock and takes no other.
    wanted.not_before = std::time(nullptr) - 3600;
    ASSERT_TRUE(MakeSelfSignedCertificate(wanted).ok());
    manner_.certificate = folder_.At("cert.pem");
    manner_.key = folder_.At("key.pem");
  }
  SmtpSettings Settings(const SmtpServer& server) {
    SmtpSettings settings;
    settings.host = "localhost";
    settings.port = server.port();
    settings.from = "strongroom@unit.example";
    settings.authority = folder_.At("cert.pem");
    settings.security = manner_.tls_at_once ? SmtpSecurity::kTls : SmtpSecurity::kStartTls;
    return settings;
  }
  std::string Password(std::string_view text, mode_t mode) {
    std::ofstream(folder_.At("password")) << text;
    ::chmod(folder_.At("password").c_str(), mode);
    return folder_.At("password");
  }
  vault::TempFolder folder_;
  SmtpServer::Manner manner_;
};

const MailText kMail = {"a.first@pol.example", "Strongroom: MACFA-2026-01: something is due soon",
                        "Two lines\nof text.\n"};

TEST_F(MailTest, StartTlsAndImplicitTlsDeliverAndNothingButTheGreetingIsInClear) {
  for (const bool at_once : {false, true}) {
    manner_.tls_at_once = at_once;
    // base64 of "\0us\0our password"
    manner_.account = "AHVzAG91ciBwYXNzd29yZA==";
    SmtpServer server(manner_);
    SmtpSettings settings = Settings(server);
    settings.user = "us";
    settings.password_file = Password("our password\n", 0600);
    const auto delivery = SmtpCourier(settings).Deliver(kMail);
    ASSERT_TRUE(delivery.ok()) << delivery.error().detail;
    EXPECT_EQ(delivery.value(), Delivery::kTaken);
    ASSERT_EQ(server.mails().size(), 1u);
    const std::string mail = server.mails()[0];
    EXPECT_NE(mail.find("Two lines\nof text."), std::string::npos) << mail;
    EXPECT_NE(mail.find("Auto-Submitted: auto-generated"), std::string::npos);
    EXPECT_EQ(server.in_clear().find("a.first"), std::string::npos);
    EXPECT_EQ(server.in_clear().find("AUTH"), std::string::npos);
  }
}

TEST_F(MailTest, WhereEncryptionIsNotOfferedOrNotTrustedNothingIsSent) {
  manner_.offers_tls = false;
  {
    SmtpServer server(manner_);
    EXPECT_EQ(SmtpCourier(Settings(server)).Deliver(kMail).error().code, vault::Errc::kUnavailable);
    EXPECT_TRUE(server.mails().empty());
    EXPECT_EQ(server.in_clear().find("a.first"), std::string::npos);
  }
  manner_.offers_tls = true;
  for (const bool at_once : {false, true}) {
    manner_.tls_at_once = at_once;
    SmtpServer server(manner_);
    SmtpSettings settings = Settings(server);
    SelfSigned other{folder_.At(at_once ? "o1.pem" : "o2.pem"),
                     folder_.At(at_once ? "k1.pem" : "k2.pem"),
                     {},
                     std::time(nullptr) - 3600};
    ASSERT_TRUE(MakeSelfSignedCertificate(other).ok());
    settings.authority = other.certificate_path;
    EXPECT_EQ(SmtpCourier(settings).Deliver(kMail).error().code, vault::Errc::kUnavailable);
    EXPECT_TRUE(server.mails().empty());
  }
}

TEST_F(MailTest, ARefusedAddressIsGivenUpAndABusyServerIsTriedAgain) {
  manner_.recipient = "550 nobody here";
  {
    SmtpServer server(manner_);
    EXPECT_EQ(SmtpCourier(Settings(server)).Deliver(kMail).value(), Delivery::kForGood);
  }
  manner_.recipient = "451 later";
  SmtpServer server(manner_);
  EXPECT_EQ(SmtpCourier(Settings(server)).Deliver(kMail).value(), Delivery::kForNow);
}

TEST_F(MailTest, APasswordThatOthersMayReadIsNotUsedAndAWrongOneLetsNobodyIn) {
  manner_.account = "AHVzAG91ciBwYXNzd29yZA==";
  SmtpServer server(manner_);
  SmtpSettings settings = Settings(server);
  settings.user = "us";
  settings.password_file = Password("our password", 0644);
  EXPECT_EQ(SmtpCourier(settings).Deliver(kMail).error().code, vault::Errc::kDenied);
  settings.password_file = Password("another password", 0600);
  EXPECT_EQ(SmtpCourier(settings).Deliver(kMail).error().code, vault::Errc::kUnavailable);
  EXPECT_EQ(ReadMailPassword(folder_.At("nowhere")).error().code, vault::Errc::kNotFound);
  EXPECT_TRUE(server.mails().empty());
}

TEST(LetterTest, SaysAReferenceADayAndALinkAndNothingElse) {
  vault::Letter letter;
  letter.to = "a.first@pol.example";
  letter.reference = "MACFA-2026-01";
  letter.day = vault::Day::Parse("2026-04-09").value();
  for (const vault::MailKind kind :
       {vault::MailKind::kReminder, vault::MailKind::kOverdue, vault::MailKind::kEscalation,
        vault::MailKind::kHoldReview, vault::MailKind::kDisposal, vault::MailKind::kMissing}) {
    letter.kind = kind;
    const MailText mail = LetterText(letter, "https://vault.example");
    EXPECT_NE(mail.subject.find("MACFA-2026-01"), std::string::npos);
    EXPECT_NE(mail.body.find("9 April 2026"), std::string::npos) << mail.body;
    EXPECT_NE(mail.body.find("https://vault.example/"), std::string::npos);
    EXPECT_EQ(mail.body.find("a.first"), std::string::npos);
  }
}

// Told writes down what it is given.
class Told final : public Courier {
 public:
  vault::Result<Delivery> Deliver(const MailText& mail) override {
    if (closed) return vault::Unavailable("nobody there");
    mails.push_back(mail);
    return Delivery::kTaken;
  }
  bool closed = false;
  std::vector<MailText> mails;
};

TEST(MailJobTest, WhatIsOverdueIsSentOnceAndAQueueOutlivesASilentServer) {
  TestDaemon daemon;
  ASSERT_NO_FATAL_FAILURE(daemon.StartUnsealed());
  const Audit audit = Audit::In(daemon);
  const std::string igo = daemon.AddPerson("igo@unit.example", "unit", "IGO");
  const Reply placed = daemon.Post("holds", igo,
                                   Json::Object({{"matter", audit.ref},
                                                 {"reason", "an inquiry into Alice Example"},
                                                 {"review", "2026-02-20"}}));
  ASSERT_EQ(placed.status, 200) << placed.body;
  daemon.clock().Pass(10 * 86400);
  Told courier;
  courier.closed = true;
  EXPECT_FALSE(MailJob::RunOnce(daemon.app().context(), courier).ok());
  EXPECT_TRUE(courier.mails.empty());
  courier.closed = false;
  // The first one waits for its next try; those behind it kept their turn.
  daemon.clock().Pass(600);
  ASSERT_TRUE(MailJob::RunOnce(daemon.app().context(), courier).ok());
  ASSERT_FALSE(courier.mails.empty());
  const std::size_t sent = courier.mails.size();
  bool review = false;
  for (const MailText& mail : courier.mails) {
    review = review || mail.to == "igo@unit.example";
    for (const std::string_view word : {"Alice", "Adult A", "inquiry", "neglect"}) {
      EXPECT_EQ((mail.subject + mail.body).find(word), std::string::npos) << mail.body;
    }
  }
  EXPECT_TRUE(review);
  ASSERT_TRUE(MailJob::RunOnce(daemon.app().context(), courier).ok());
  EXPECT_EQ(courier.mails.size(), sent);
  const Reply list = daemon.Get("mails", daemon.SignIn("igo@unit.example"));
  EXPECT_EQ(list.json.elements().size(), sent) << list.body;
}

}  // namespace
}  // namespace service
