// Door: what every request goes through: syntax, sealed, session, anchored, role. Then the handler
// looks things up.
#pragma once

#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/context.h"
#include "daemon/http/json.h"
#include "daemon/http/message.h"
#include "daemon/http/router.h"

namespace service {

// Who names the callers of a route. kUnit: an officer of the facilitating unit.
enum class Who : std::uint8_t { kUnit, kIgo, kDpo, kAac };

// Anchoring says whether a route answers before the date was confirmed.
enum class Anchoring : std::uint8_t { kNeeded, kNotNeeded };

// Reach says what a route asks of the way a caller came in. A token reaches kOrdinary as far as its
// scope allows; a first password that was not replaced reaches kOwnWayIn alone. Of every route the
// reach is decided in tests/daemon/reach_test.cc, which fails for a route that is not in its table.
enum class Reach : std::uint8_t {
  kOrdinary,
  kFiling,  // a token that may file is enough
  // Who gets a way in (people, tokens, members, links), and what people decide (approvals,
  // releases, holds, copies, the date): a token would let one person be two, or outlive its own
  // end.
  kInPerson,
  kOwnWayIn,  // whoami, logout, one's own password
};

// Visit is a signed-in person inside the unsealed vault, for one request.
struct Visit {
  VaultGate::Pass pass;
  vault::Actor actor;
  vault::SecretBytes session;

  // Of a program, what its token lets it do; a signed-in person has none.
  std::optional<vault::TokenScope> scope;

  vault::Vault& vault() const { return pass.vault(); }
  // unit says whether the caller is an officer of the unit; Is asks for any of these.
  bool unit() const { return actor.in_unit() && actor.Has("BUO"); }
  bool Is(Who who) const;
  // Require. Errors: kDenied the caller is none of these.
  vault::Status Require(std::initializer_list<Who> callers) const;
};

// Door is one request on its way in.
class Door {
 public:
  Door(Context& context, Request& request) : context_(context), request_(request) {}

  Context& context() { return context_; }
  Request& request() { return request_; }

  // Body reads a JSON object with these members and no others; no body is {}.
  // Errors: kInvalid.
  vault::Result<Json> Body(std::initializer_list<std::string_view> members);

  // Enter gives a signed-in person, or a program with a token that may do this; or refuses: sealed,
  // no session, not anchored, beyond the token, a first password not replaced yet.
  vault::Result<Visit> Enter(Anchoring anchoring) { return EnterFor(Reach::kOrdinary, anchoring); }
  vault::Result<Visit> EnterFor(Reach reach, Anchoring anchoring);
  // EnterUnsigned is for routes that need no session.
  vault::Result<VaultGate::Pass> EnterUnsigned(Anchoring anchoring);

  // RefuseWith is an error with a status of its own (401, 415, 416, 429).
  vault::Error RefuseWith(Response response);
  // Finish makes the answer of what a handler gave.
  vault::Result<Response> Finish(vault::Result<Response> result);

 private:
  // Session finds the token. Errors: kDenied none, malformed, or given in a way that does not
  // count.
  vault::Result<vault::SecretBytes> Session() const;
  vault::Error NoSession(std::string_view detail);
  vault::Status CheckReach(const Visit& visit, Reach reach) const;
  Context& context_;
  Request& request_;
  std::optional<Response> refusal_;
};

// Answered makes a handler of a function that goes through the door.
using Act = vault::Result<Response> (*)(Door&);
Handler Answered(Context& context, Act act);

// Attempt counts one guess at a secret under several keys.
class Attempt {
 public:
  // Begin. Errors: kUnavailable (429) one of the keys has failed too often.
  static vault::Result<Attempt> Begin(Door& door, FailureLimiter& limiter,
                                      std::vector<std::string> keys);
  // Settle takes the try back unless the outcome was a wrong guess.
  template <class T>
  void Settle(const vault::Result<T>& outcome) {
    if (outcome.ok() || !IsGuess(outcome.error())) TakeBack();
  }

 private:
  Attempt(FailureLimiter& limiter, std::vector<std::string> keys)
      : limiter_(&limiter), keys_(std::move(keys)) {}
  static bool IsGuess(const vault::Error& error) {
    return error.code == vault::Errc::kDenied || error.code == vault::Errc::kNotFound;
  }
  void TakeBack();
  FailureLimiter* limiter_;
  std::vector<std::string> keys_;
};

// AddressKey is the limiter's key of a peer.
std::string AddressKey(const Request& request);

inline constexpr std::string_view kSessionCookie = "__Host-strongroom";

}  // namespace service
