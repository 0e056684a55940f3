// What people do with tokens and roles in a history.
#include <algorithm>

#include "tests/campaign/history.h"

namespace vault {
namespace {

constexpr UnixSeconds kDay = 86400;

}  // namespace

// Owners are those whose key can be re-made without shutting the history out.
std::vector<std::string> History::Owners() const {
  std::vector<std::string> owners = PeopleOf("AAC");
  for (const std::string& email : PeopleOf("AUD")) owners.push_back(email);
  return owners;
}

History::Act History::MakeToken() {
  const std::vector<std::string> owners = Owners();
  if (owners.empty()) return AddPerson();
  const std::string email = dice_.Of(owners);
  const NewToken wanted{NewWords("token"), TokenScope::kRead,
                        clock_.Realtime() + static_cast<UnixSeconds>(2 + dice_.Below(60)) * kDay};
  return {"making a token", [this, email, wanted]() -> Status {
            TRY(const Actor actor, SignIn(email));
            TRY(const People::MadeToken made, (*life_)->people().MakeToken(actor, wanted));
            ledger_.people.at(email).tokens[ToBytes(made.secret.view())] = made.view.until;
            return Ok();
          }};
}

History::Act History::UseToken() {
  struct Choice {
    Bytes secret;
    bool runs;
  };
  std::vector<Choice> choices;
  for (const auto& [email, person] : ledger_.people) {
    for (const auto& [secret, until] : person.tokens) {
      if (clock_.Realtime() + kDay < until && !person.locked) choices.push_back({secret, true});
    }
    for (const Bytes& secret : person.ended_tokens) choices.push_back({secret, false});
  }
  if (choices.empty()) return MakeToken();
  const Choice choice = dice_.Of(choices);
  return {"using a token", [this, choice]() -> Status {
            const bool opened = (*life_)->people().ResumeToken(choice.secret).ok();
            if (opened && !choice.runs) judge_->Accuse("an ended token lets somebody in");
            if (!opened && choice.runs) judge_->Accuse("a running token lets nobody in");
            return Ok();
          }};
}

History::Act History::EndToken() {
  std::vector<std::pair<std::string, Bytes>> choices;
  for (const std::string& email : Owners()) {
    for (const auto& [secret, until] : ledger_.people.at(email).tokens) {
      choices.emplace_back(email, secret);
    }
  }
  if (choices.empty()) return MakeToken();
  const auto [email, secret] = dice_.Of(choices);
  Ledger::Person& person = ledger_.people.at(email);
  ++person.touched;
  person.tokens.erase(secret);
  person.doubtful_tokens.insert(secret);
  const std::string id = EncodeHex(Blake2b<16>(secret, AsBytes("strongroom/v1/token-id")));
  return {"ending a token", [this, email = email, secret = secret, id]() -> Status {
            TRY(const Actor actor, SignIn(email));
            TRY(const People::Ending ending, (*life_)->people().EndToken(actor, id));
            TRY_VOID(Destroyed(ending));
            ledger_.people.at(email).doubtful_tokens.erase(secret);
            ledger_.people.at(email).ended_tokens.insert(secret);
            return Ok();
          }};
}

History::Act History::ChangeRole() {
  const std::vector<std::string> owners = Owners();
  if (owners.empty()) return AddPerson();
  const std::string email = dice_.Of(owners);
  ++ledger_.people.at(email).touched;
  const bool give = dice_.Chance(60);
  return {give ? "giving a role" : "taking a role", [this, email, give]() -> Status {
            TRY(const Actor actor, Officer());
            const RoleChange change{email, "PRT-M", std::nullopt};
            TRY(const People::Ending ending, give ? (*life_)->people().GiveRole(actor, change)
                                                  : (*life_)->people().TakeRole(actor, change));
            return Destroyed(ending);
          }};
}

Status History::Destroyed(People::Ending ending) {
  return ending == People::Ending::kDone ? Ok() : Unavailable("the destruction is owed");
}

// TokensMayEnd: what re-makes or ends a person's key takes the tokens with it.
void History::TokensMayEnd(Ledger::Person& person) {
  for (const auto& [secret, until] : person.tokens) person.doubtful_tokens.insert(secret);
  person.tokens.clear();
}

void History::TokensEnded(Ledger::Person& person) {
  TokensMayEnd(person);
  person.ended_tokens.merge(person.doubtful_tokens);
  person.doubtful_tokens.clear();
}

// EndGivenTimes is what a sweep that came to its end has taken back: first passwords and tokens.
void History::EndGivenTimes() {
  // The true time: nothing ends by a clock that jumped.
  const UnixSeconds sure = ledger_.now - kDay;
  for (auto& [email, person] : ledger_.people) {
    if (!person.live) continue;
    for (auto token = person.tokens.begin(); token != person.tokens.end();) {
      const bool over = token->second <= sure;
      if (over) person.ended_tokens.insert(token->first);
      token = over ? person.tokens.erase(token) : std::next(token);
    }
    if (!person.invited_until || *person.invited_until > sure || person.locked) continue;
    person.locked = true;
    Retire(person);
  }
}

}  // namespace vault
