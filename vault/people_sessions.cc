// How people prove who they are: passwords, sessions and tokens.
#include <algorithm>

#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/passwords.h"
#include "vault/people.h"
#include "vault/person_key.h"

namespace vault {
namespace {

constexpr UnixSeconds kSessionLife = 12 * 3600;
constexpr UnixSeconds kSessionIdle = 3600;

Error WrongSignIn() { return Denied("the e-mail address or the password is wrong"); }

ByteArray<16> SessionName(ByteView secret) {
  return Blake2b<16>(secret, AsBytes("strongroom/v1/sid"));
}
ByteArray<32> SessionKey(ByteView secret) {
  return Blake2b<32>(secret, AsBytes("strongroom/v1/session"));
}

}  // namespace

Result<People::Proved> People::Prove(std::string_view email, ByteView password) {
  std::optional<PersonRow> row;
  PasswordLayer layer;
  layer.cost = core_.costs.person;
  {
    const Core::Lock lock = core_.Locked();
    const Result<PersonId> id = Find(email);
    if (id.ok()) {
      auto loaded = LoadPerson(core_, id.value());
      if (loaded.ok() && !loaded.value().password.empty()) {
        TRY(const SecretBytes inner,
            core_.keeper->OpenOuter(PasswordPlace(loaded.value()), loaded.value().password));
        TRY(layer, PasswordLayer::Parse(inner.view()));
        row = std::move(loaded).value();
      }
    }
  }
  // An unknown name costs the same work as a wrong password.
  TRY(const SecretBytes stretched, StretchPassword(password, layer.salt, layer.cost));
  if (!row) return WrongSignIn();
  auto key = layer.Open(stretched, row->id);
  if (!key.ok()) return WrongSignIn();
  return Proved{*std::move(row), std::move(key).value()};
}

Result<SessionSecret> People::SignIn(std::string_view email, ByteView password) {
  TRY(const Proved proved, Prove(email, password));
  const PersonRow& row = proved.row;
  const Core::Lock lock = core_.Locked();
  const UnixSeconds now = core_.time->Now().high;
  if (row.until && now >= *row.until) return WrongSignIn();
  if (row.invited_until && now >= *row.invited_until) {
    if (!core_.time->anchored()) return Unavailable("the date has not been confirmed");
    return Expired("this first password has ended: ask the facilitating unit for another");
  }
  SessionSecret secret = SessionSecret::Random(*core_.random);
  TRY(const std::string who, core_.VaultPseudonym(row.id.view()));
  LogEntry entry = core_.Entry("session.began");
  entry.Person("actor", who).Add("agency", row.agency.text());
  TRY(const std::vector<PersonId> acts_for, ActsFor(row.id));
  for (const PersonId& absent : acts_for) {
    TRY(const std::string whom, core_.VaultPseudonym(absent.view()));
    entry.Person("for", whom);
  }
  TRY_VOID(core_.Record(entry, [](Transaction&) { return Ok(); }));
  const ByteArray<32> session_key = SessionKey(secret.view());
  sessions_[SessionName(secret.view())] =
      Session{row.id, SealAead(session_key, proved.key.view(), row.id.view(), *core_.random),
              core_.clock->Boottime(), core_.clock->Boottime()};
  return secret;
}

Result<bool> People::MustChoosePassword(const PersonId& id) {
  const Core::Lock lock = core_.Locked();
  TRY(const PersonRow row, LoadPerson(core_, id));
  return row.invited_until.has_value();
}

Result<Actor> People::Resume(ByteView session_secret) {
  if (session_secret.size() != SessionSecret::kSize) return Denied("sign in first");
  const Core::Lock lock = core_.Locked();
  const auto it = sessions_.find(SessionName(session_secret));
  if (it == sessions_.end()) return Denied("sign in first");
  Session& session = it->second;
  const UnixSeconds now = core_.clock->Boottime();
  if (now - session.signed_in > kSessionLife || now - session.last_used > kSessionIdle) {
    sessions_.erase(it);
    return Denied("your session has ended: sign in again");
  }
  session.last_used = now;
  auto row = LoadPerson(core_, session.person);
  if (!row.ok() || (row.value().until && core_.time->Now().high >= *row.value().until)) {
    sessions_.erase(it);
    return Denied("sign in first");
  }
  const ByteArray<32> session_key = SessionKey(session_secret);
  TRY(const SecretBytes key,
      OpenAeadSecret(session_key, session.wrapped_key, session.person.view()));
  return ActorOf(row.value(), key);
}

Result<Actor> People::ActorOf(const PersonRow& row, const SecretBytes& key) {
  TRY(BoxSecretKey secret, BoxSecretKey::FromBytes(key.view()));
  Actor actor;
  actor.person_ = row.id;
  actor.agency_ = row.agency;
  actor.in_unit_ = row.agency == core_.unit;
  actor.slot_ = row.slot;
  TRY(actor.roles_, ActingRoles(row.id));
  TRY(actor.acting_for_, ActsFor(row.id));
  TRY(actor.excluded_, ExcludedOf(row));
  actor.key_ = std::make_unique<PersonKey>(std::move(secret));
  return actor;
}

Status People::SignOut(ByteView session_secret) {
  const Core::Lock lock = core_.Locked();
  if (session_secret.size() == SessionSecret::kSize) sessions_.erase(SessionName(session_secret));
  return Ok();
}

Result<UnixSeconds> People::SessionLeft(ByteView session_secret) {
  const Core::Lock lock = core_.Locked();
  const auto it = sessions_.find(SessionName(session_secret));
  if (it == sessions_.end()) return Denied("sign in first");
  return std::max<UnixSeconds>(0, it->second.signed_in + kSessionLife - core_.clock->Boottime());
}

void People::DropSessions() {
  const Core::Lock lock = core_.Locked();
  sessions_.clear();
}

void People::DropSessionsOf(const PersonId& person) {
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.person == person; });
}

}  // namespace vault
