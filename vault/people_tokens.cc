// Tokens: how programs act for a person, FORMAT.md §6.
#include <algorithm>

#include "vault/base/text.h"
#include "vault/base/wire.h"
#include "vault/crypto/aead.h"
#include "vault/crypto/digest.h"
#include "vault/people.h"
#include "vault/person_key.h"

namespace vault {
namespace {

constexpr UnixSeconds kLongestToken = 366 * 24 * 3600;
constexpr std::size_t kLongestName = 100;

ObjectId TokenId(ByteView secret) {
  return ObjectId::FromBytes(Blake2b<16>(secret, AsBytes("strongroom/v1/token-id"))).value();
}
ByteArray<32> TokenKey(ByteView secret) {
  return Blake2b<32>(secret, AsBytes("strongroom/v1/token"));
}
Bytes PlaceOf(const PersonId& person, const ObjectId& token) {
  return WireWriter().Text("SPW1").Raw(person.view()).Raw(token.view()).bytes();
}

}  // namespace

Result<People::MadeToken> People::MakeToken(const Actor& actor, const NewToken& token) {
  if (token.name.empty() || token.name.size() > kLongestName || !IsUtf8(token.name)) {
    return Invalid("a token needs a name of 1 to 100 characters");
  }
  const Core::Lock lock = core_.Locked();
  const TimeInterval now = core_.time->Now();
  if (token.until <= now.high) return Invalid("until: lies in the past");
  if (token.until > now.low + kLongestToken) return Invalid("a token ends within a year");
  TRY(const std::vector<TokenView> others, Tokens(actor));
  for (const TokenView& other : others) {
    if (other.name == token.name) return Conflict("you have a token of this name");
  }
  TRY(const PersonRow person, LoadPerson(core_, actor.person()));
  TokenSecret secret = TokenSecret::Random(*core_.random);
  TokenRow row;
  row.id = TokenId(secret.view());
  row.person = person.id;
  row.slot = person.slot;
  row.scope = token.scope;
  row.until = person.until ? std::min(token.until, *person.until) : token.until;
  row.row_version = 1;
  TRY(row.name, core_.SealLabel(TokenNamePlace(row), token.name));
  const ByteArray<32> key = TokenKey(secret.view());
  const Bytes inner =
      SealAead(key, SecretOf(actor).view(), PlaceOf(row.person, row.id), *core_.random);
  TRY(row.secret, core_.keeper->SealOuter(TokenPlace(row), inner));
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  LogEntry entry = core_.Entry("token.made");
  entry.Person("actor", who).Add("may", ScopeName(token.scope));
  TRY_VOID(core_.Record(entry, [&](Transaction& transaction) {
    return InsertToken(transaction.database(), core_, row);
  }));
  return MadeToken{{row.id.ToHex(), token.name, row.scope, row.until}, std::move(secret)};
}

Result<std::vector<TokenView>> People::Tokens(const Actor& actor) {
  const Core::Lock lock = core_.Locked();
  TRY(const std::vector<TokenRow> rows, LoadTokens(core_, actor.person()));
  std::vector<TokenView> views;
  for (const TokenRow& row : rows) {
    TRY(std::string name, core_.OpenLabel(TokenNamePlace(row), row.name));
    views.push_back({row.id.ToHex(), std::move(name), row.scope, row.until});
  }
  return views;
}

Result<People::Ending> People::EndToken(const Actor& actor, std::string_view id) {
  const Core::Lock lock = core_.Locked();
  TRY(Standing standing, StandingOf(actor.person()));
  const std::size_t ended =
      std::erase_if(standing.tokens, [&](const TokenRow& token) { return token.id.ToHex() == id; });
  if (ended == 0) return NotFound("no such token");
  TRY(const std::string who, core_.VaultPseudonym(actor.person().view()));
  LogEntry entry = core_.Entry("token.ended");
  entry.Person("actor", who);
  const PersonRow old = standing.row;
  return Remake(old, std::move(standing), std::nullopt, entry);
}

Status People::EndExpiredTokens(const PersonId& id) {
  const UnixSeconds now = core_.time->Now().low;
  const auto over = [now](const TokenRow& token) { return now >= token.until; };
  TRY(const std::vector<TokenRow> tokens, LoadTokens(core_, id));
  if (std::none_of(tokens.begin(), tokens.end(), over)) return Ok();
  TRY(Standing standing, StandingOf(id));
  std::erase_if(standing.tokens, over);
  TRY(const std::string whom, core_.VaultPseudonym(id.view()));
  LogEntry entry = core_.Entry("token.ended");
  entry.Person("person", whom).Add("by", "schedule");
  const PersonRow old = standing.row;
  TRY_VOID(Remake(old, std::move(standing), std::nullopt, entry));
  return Ok();
}

Result<People::Program> People::ResumeToken(ByteView secret) {
  if (secret.size() != TokenSecret::kSize) return Denied("sign in first");
  const Core::Lock lock = core_.Locked();
  const auto token = LoadToken(core_, TokenId(secret));
  if (!token.ok()) return Denied("sign in first");
  const TokenRow& row = token.value();
  if (core_.time->Now().high >= row.until) {
    return Denied("this token has ended, or the date has not been confirmed");
  }
  TRY(const PersonRow person, LoadPerson(core_, row.person));
  TRY(const SecretBytes inner, core_.keeper->OpenOuter(TokenPlace(row), row.secret));
  const ByteArray<32> token_key = TokenKey(secret);
  TRY(const SecretBytes key, OpenAeadSecret(token_key, inner.view(), PlaceOf(row.person, row.id)));
  TRY(Actor actor, ActorOf(person, key));
  return Program{std::move(actor), row.scope};
}

}  // namespace vault
