// Courier: who takes a mail to a mail server.
#pragma once

#include <cstdint>
#include <string>

#include "vault/base/result.h"

namespace service {

// MailText is one plain text to one person.
struct MailText {
  std::string to;
  std::string subject;
  std::string body;  // UTF-8, LF lines
};

// Delivery is what the server said.
enum class Delivery : std::uint8_t {
  kTaken,    // it is theirs now
  kForNow,   // not at the moment
  kForGood,  // never: no such address
};

class Courier {
 public:
  virtual ~Courier() = default;
  // Deliver hands one mail over. Errors: kUnavailable no server, none that can be trusted, or it
  // does not let us in: nothing else will be taken either.
  virtual vault::Result<Delivery> Deliver(const MailText& mail) = 0;
};

}  // namespace service
