#include "daemon/mail/letters.h"

#include "vault/base/day_words.h"

namespace service {
namespace {

struct Words {
  std::string_view subject;
  std::string_view before;  // the day stands between the two
  std::string_view after;
};

Words WordsOf(vault::MailKind kind) {
  switch (kind) {
    case vault::MailKind::kReminder:
      return {"something is due soon", "Something you are asked for is due on ", "."};
    case vault::MailKind::kOverdue:
      return {"something is overdue", "Something you are asked for was due on ",
              " and is not recorded as done."};
    case vault::MailKind::kEscalation:
      return {"overdue, and nobody has answered", "Something was due on ",
              ". Whoever owes it was reminded and it is still not recorded as done."};
    case vault::MailKind::kHoldReview:
      return {"a hold is to be reviewed", "A hold was to be reviewed on ",
              ". It stays in force until somebody releases it."};
    case vault::MailKind::kDisposal:
      return {"a disposal waits for approval", "A disposal has been waiting for approval since ",
              ". Nothing is destroyed until two people have approved it."};
    case vault::MailKind::kMissing:
      return {"what agencies were to file is missing", "What agencies were to file by ",
              " is not all there. Who owes what is shown after signing in (matter missing)."};
  }
  return {};
}

}  // namespace

MailText LetterText(const vault::Letter& letter, const std::string& public_url) {
  const Words words = WordsOf(letter.kind);
  MailText mail;
  mail.to = letter.to;
  mail.subject = "Strongroom: ";
  if (!letter.reference.empty()) mail.subject += letter.reference + ": ";
  mail.subject += words.subject;
  mail.body =
      std::string(words.before) + vault::DayWords(letter.day) + std::string(words.after) + "\n\n";
  if (!letter.reference.empty()) mail.body += "Reference: " + letter.reference + "\n";
  mail.body += "Sign in: " + public_url + "/\n\n";
  mail.body +=
      "This message was sent by a machine. It says nothing of a case, and an answer to it is read "
      "by nobody.\n";
  return mail;
}

}  // namespace service
