// MailJob: reminders in the background: what is due is written down, what waits is sent.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "daemon/api/context.h"
#include "daemon/mail/courier.h"

namespace service {

// MailJob looks at once and then after every pause, while the vault is unsealed and its date
// confirmed. The queue is the vault's, so nothing is forgotten by a restart and nothing sent twice
// by one.
//
// Threads: its own; Stop and the destructor wait for a delivery that is under way.
class MailJob {
 public:
  MailJob(Context& context, std::unique_ptr<Courier> courier, std::chrono::milliseconds pause);
  ~MailJob() { Stop(); }
  MailJob(const MailJob&) = delete;
  MailJob& operator=(const MailJob&) = delete;
  void Stop();

  // RunOnce gathers and delivers. The vault is let go while a mail is on its way.
  // Errors: kUnavailable sealed, not anchored, or no server that takes anything.
  static vault::Status RunOnce(Context& context, Courier& courier);

 private:
  void Loop();
  Context& context_;
  std::unique_ptr<Courier> courier_;
  const std::chrono::milliseconds pause_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace service
