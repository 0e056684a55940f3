#include "daemon/custody/remote_cell.h"

#include <utility>

#include "vault/keys/cell_record.h"

namespace service {

using vault::CellClass;
using vault::CellRecord;
using vault::Result;
using vault::Status;

namespace {

// Visit is one connection to the custodian, for the one or two requests of an act.
class Visit {
 public:
  static Result<Visit> Begin(const RemotePlace& place, const Identity& own,
                             const RemoteManner& manner) {
    const Deadline deadline = std::chrono::steady_clock::now() + manner.patience;
    TRY(auto channel, Channel::Connect(place.custodian, own, place.pin, deadline));
    return Visit(std::move(channel), deadline);
  }
  Result<CustodyAnswer> Ask(const CustodyRequest& request) {
    TRY_VOID(channel_->Send(EncodeRequest(request).view(), deadline_));
    TRY(const vault::SecretBytes frame, channel_->Receive(deadline_));
    TRY(CustodyAnswer answer, DecodeAnswer(frame.view()));
    if (answer.error) return *answer.error;
    return answer;
  }

 private:
  Visit(std::unique_ptr<Channel> channel, Deadline deadline)
      : channel_(std::move(channel)), deadline_(deadline) {}
  std::unique_ptr<Channel> channel_;
  Deadline deadline_;
};

CustodyRequest Request(CustodyAct act, unsigned slot) {
  CustodyRequest request;
  request.act = act;
  request.slot = static_cast<std::uint8_t>(slot);
  return request;
}

// Threads: one at a time, as every cell.
class RemoteCell final : public vault::ErasureCell {
 public:
  RemoteCell(RemotePlace place, RemoteManner manner, Identity own)
      : place_(std::move(place)), manner_(std::move(manner)), own_(std::move(own)) {}

  // As the custodian last said: a certificate written after an erasure tells the class it was in.
  const CellClass& cell_class() const override { return class_; }

  Status Look() {
    TRY(Visit visit, Visit::Begin(place_, own_, manner_));
    TRY(const CustodyAnswer answer, visit.Ask(Request(CustodyAct::kLook, 0)));
    return Remember(answer);
  }

  Status Write(const CellRecord& record) override {
    TRY(Visit visit, Visit::Begin(place_, own_, manner_));
    CustodyRequest request = Request(CustodyAct::kWrite, 0);
    request.record = vault::EncodeCellRecord(record);
    TRY(const CustodyAnswer written, visit.Ask(request));
    TRY_VOID(Remember(written));
    TRY(const CustodyAnswer found, visit.Ask(Request(CustodyAct::kRead, record.epoch & 1)));
    if (!found.record.EqualTo(request.record.view())) {
      return vault::Unavailable("the erasure cell does not give back what was written");
    }
    return vault::Ok();
  }

  Result<std::optional<CellRecord>> Read(unsigned slot) override {
    CHECK(slot < 2);
    TRY(Visit visit, Visit::Begin(place_, own_, manner_));
    TRY(const CustodyAnswer answer, visit.Ask(Request(CustodyAct::kRead, slot)));
    TRY_VOID(Remember(answer));
    if (answer.record.empty()) return std::optional<CellRecord>();
    auto record = vault::DecodeCellRecord(answer.record.view());
    if (!record) return vault::Unavailable("the custodian gives what is no record");
    return record;
  }

  Status Erase(unsigned slot) override {
    CHECK(slot < 2);
    TRY(Visit visit, Visit::Begin(place_, own_, manner_));
    TRY(const CustodyAnswer erased, visit.Ask(Request(CustodyAct::kErase, slot)));
    TRY_VOID(Remember(erased));
    TRY(const CustodyAnswer left, visit.Ask(Request(CustodyAct::kRead, slot)));
    if (!left.record.empty()) {
      return vault::Unavailable("the custodian still gives an erased secret");
    }
    return vault::Ok();
  }

 private:
  Status Remember(const CustodyAnswer& answer) {
    class_ = ClassOfRemote(answer.cell, answer.host, manner_.here);
    return vault::Ok();
  }

  RemotePlace place_;
  RemoteManner manner_;
  Identity own_;
  CellClass class_;
};

Result<std::unique_ptr<RemoteCell>> Reach(const RemotePlace& place, const RemoteManner& manner) {
  TRY(Identity own, Identity::Load(place.identity_path));
  auto cell = std::make_unique<RemoteCell>(place, manner, std::move(own));
  TRY_VOID(cell->Look());
  return cell;
}

}  // namespace

Result<RemotePlace> ParseRemotePlace(std::string_view where) {
  const vault::Error bad = vault::Invalid(
      "a remote cell is written remote:HOST:PORT/PIN@IDENTITY, the identity a file's absolute "
      "path");
  const std::size_t slash = where.find('/');
  const std::size_t at = where.find('@');
  if (slash == std::string_view::npos || at == std::string_view::npos || at < slash) return bad;
  RemotePlace place;
  const auto custodian = ParseHostPort(where.substr(0, slash));
  const auto pin = ParsePin(where.substr(slash + 1, at - slash - 1));
  place.identity_path = where.substr(at + 1);
  if (!custodian.ok() || custodian.value().port == 0 || !pin.ok() ||
      !place.identity_path.starts_with('/')) {
    return bad;
  }
  place.custodian = custodian.value();
  place.pin = pin.value();
  return place;
}

CellClass ClassOfRemote(const CellClass& custodians, const HostMark& there, const HostMark& here) {
  const bool known = custodians.name == "tpm" || custodians.name == "medium";
  const std::string own = known ? custodians.name : "file";
  const std::string said = "; its custodian says: " + custodians.reason;
  const HostMark unknown{};
  if (there == unknown || here == unknown) {
    return {own, "it is not known whether the custodian runs on another machine" + said};
  }
  if (there == here) return {own, "the custodian runs on this same machine" + said};
  if (own == "tpm") return {"remote", "held by a custodian on another host" + said};
  return {"remote (" + own + ")", "held by a custodian on another host" + said};
}

Result<std::unique_ptr<vault::ErasureCell>> OpenRemoteCell(const RemotePlace& place,
                                                           const RemoteManner& manner) {
  TRY(std::unique_ptr<RemoteCell> cell, Reach(place, manner));
  return std::unique_ptr<vault::ErasureCell>(std::move(cell));
}

std::string RemoteKind::FileOf(const std::string& where) const {
  const auto place = ParseRemotePlace(where);
  return place.ok() ? place.value().identity_path : "";
}

Status RemoteKind::CheckNew(const vault::CellContext& context, const std::string& where) const {
  TRY(const auto cell, Create(context, where));
  return vault::Ok();
}

Result<std::unique_ptr<vault::ErasureCell>> RemoteKind::Create(const vault::CellContext&,
                                                               const std::string& where) const {
  TRY(const RemotePlace place, ParseRemotePlace(where));
  TRY(auto cell, OpenRemoteCell(place, manner_));
  for (unsigned slot = 0; slot < 2; ++slot) {
    TRY(const auto record, cell->Read(slot));
    if (record) return vault::Conflict("the custodian's cell holds the secret of a vault already");
  }
  return cell;
}

Result<std::unique_ptr<vault::ErasureCell>> RemoteKind::Open(const vault::CellContext&,
                                                             const std::string& where) const {
  TRY(const RemotePlace place, ParseRemotePlace(where));
  return OpenRemoteCell(place, manner_);
}

}  // namespace service
