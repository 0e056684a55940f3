// Letters: what a reminder says: why, which matter by its reference, which day, and where to look.
#pragma once

#include <string>

#include "daemon/mail/courier.h"
#include "vault/mails.h"

namespace service {

// LetterText puts a letter into plain words. No name, no subject, no class and nothing of a case is
// in it: a mail is read on the way and kept for ever.
MailText LetterText(const vault::Letter& letter, const std::string& public_url);

}  // namespace service
