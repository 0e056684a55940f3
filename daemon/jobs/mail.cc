#include "daemon/jobs/mail.h"

#include <vector>

#include "daemon/mail/letters.h"
#include "vault/base/log.h"
#include "vault/mails.h"

namespace service {

using vault::Status;

namespace {

constexpr std::size_t kAtOnce = 50;

Status Settle(Context& context, const vault::ObjectId& id, Delivery delivery) {
  TRY(const VaultGate::Pass pass, context.gate.Enter());
  vault::Mails& mails = pass.vault().mails();
  switch (delivery) {
    case Delivery::kTaken:
      return mails.Sent(id);
    case Delivery::kForNow:
      return mails.Failed(id, vault::Mails::Failure::kForNow);
    case Delivery::kForGood:
      return mails.Failed(id, vault::Mails::Failure::kForGood);
  }
  return vault::Ok();
}

}  // namespace

MailJob::MailJob(Context& context, std::unique_ptr<Courier> courier,
                 std::chrono::milliseconds pause)
    : context_(context), courier_(std::move(courier)), pause_(pause), thread_([this] { Loop(); }) {}

void MailJob::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status MailJob::RunOnce(Context& context, Courier& courier) {
  std::vector<vault::Letter> letters;
  {
    TRY(const VaultGate::Pass pass, context.gate.Enter());
    TRY([[maybe_unused]] const std::uint64_t made, pass.vault().mails().Gather());
    TRY(letters, pass.vault().mails().Waiting(kAtOnce));
  }
  for (const vault::Letter& letter : letters) {
    const auto delivery = courier.Deliver(LetterText(letter, context.settings.public_url));
    TRY_VOID(Settle(context, letter.id, delivery.ok() ? delivery.value() : Delivery::kForNow));
    // What stopped this one stops them all; they keep their turn.
    if (!delivery.ok()) return delivery.error();
  }
  return vault::Ok();
}

void MailJob::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  bool told = false;
  while (!stopping_) {
    lock.unlock();
    const Status sent = RunOnce(context_, *courier_);
    // Once for each time it begins, not every few minutes.
    const bool sealed = !sent.ok() && !context_.gate.Enter().ok();
    if (!sent.ok() && !sealed && !told)
      vault::LogError("mails wait and are tried again", sent.error());
    told = !sent.ok() && !sealed;
    lock.lock();
    wake_.wait_for(lock, pause_, [this] { return stopping_; });
  }
}

}  // namespace service
