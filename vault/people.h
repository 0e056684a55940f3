// People: who there is, how they prove it, and what happens to their keys when that changes.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/wiped.h"
#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/disposal.h"
#include "vault/people_rows.h"

namespace vault {

struct PersonView {
  PersonId id;
  std::string email;
  AgencyId agency;
  std::vector<std::string> roles;
  std::optional<UnixSeconds> until;
  bool may_sign_in = false;
};

struct NewPerson {
  std::string email;
  AgencyId agency;
  std::vector<std::string> roles;
  std::optional<UnixSeconds> until;
  Plaintext password;  // empty: one is made up and given back once
};

// SessionSecret is S of FORMAT.md §6: 32 random bytes that only the client keeps.
using SessionSecret = Key<struct SessionUse>;

// People.
//
// Invariants: nothing that a password opens is stored without an outer layer under the person's
// slot; a password that changed, a role that changed and a person who ended re-make that slot; the
// unit never loses its last officer.
// Threads: safe from any thread; Argon2 runs outside the register's lock.
class People {
 public:
  People(Core& core, Compartments& compartments, Disposal& disposal)
      : core_(core), compartments_(compartments), disposal_(disposal) {}

  struct Added {
    PersonId id;
    Plaintext password;  // only when it was made up here
  };
  // Add registers a person. Errors: kDenied not the unit; kInvalid; kConflict the address is taken.
  Result<Added> Add(const Actor& actor, NewPerson person);
  // Check looks at what can be judged without the vault: address, roles, password. Errors:
  // kInvalid.
  static Status Check(const NewPerson& person, ByteView password);
  // AddFirst is Add for the officer of a new vault, before anybody can sign in.
  Result<PersonId> AddFirst(NewPerson person);

  // SignIn proves a password. Wrong name and wrong password answer alike, after the same work.
  // Errors: kDenied.
  Result<SessionSecret> SignIn(std::string_view email, ByteView password);
  // Resume makes the actor of one request. Errors: kDenied no such session.
  Result<Actor> Resume(ByteView session_secret);
  Status SignOut(ByteView session_secret);
  // SessionLeft is how many seconds a session still has if it stays in use.
  // Errors: kDenied no such session.
  Result<UnixSeconds> SessionLeft(ByteView session_secret);

  // ChangePassword re-makes the person's slot: the old password opens nothing, not even in a
  // backup. Errors: kDenied the old password is wrong; kInvalid the new one is too short.
  Status ChangePassword(const Actor& actor, ByteView old_password, ByteView new_password);
  // Reset gives a person a new key pair and password; what the actor can hand over is handed over
  // at once, the rest is owed.
  Result<Added> Reset(const Actor& actor, std::string_view email, Plaintext password);
  // End shreds a person's slot; their agency's records stay. Errors: kConflict the last officer.
  Status End(const Actor& actor, std::string_view email);
  // EndExpired ends everybody whose last day has passed (the sweep). Gives how many.
  Result<std::uint64_t> EndExpired();

  Result<std::vector<PersonView>> List(const Actor& actor);
  Result<PersonView> View(const PersonId& id);
  // Find gives a live person by address. Errors: kNotFound.
  Result<PersonId> Find(std::string_view email);
  // DropSessions forgets all sessions (sealing).
  void DropSessions();
  // RunningRoles lists the codes that run now.
  Result<std::vector<std::string>> RunningRoles(const PersonId& id);

 private:
  struct Session {
    PersonId person;
    Bytes wrapped_key;
    UnixSeconds signed_in;
    UnixSeconds last_used;
  };
  Result<PersonId> Insert(const NewPerson& person, ByteView password, const LogEntry& entry);
  Result<Bytes> WrapSecret(const PersonRow& row, const BoxSecretKey& key, ByteView stretched,
                           ByteView salt);
  Status Remake(const PersonRow& old, PersonRow fresh, ByteView password_inner,
                const LogEntry& entry, const std::vector<MemberRow>& members);
  Status EndRow(const PersonRow& row, const LogEntry& entry);
  Result<std::string> EmailOf(const PersonRow& row);
  void DropSessionsOf(const PersonId& person);

  Core& core_;
  Compartments& compartments_;
  Disposal& disposal_;
  std::map<ByteArray<16>, Session> sessions_;
};

// KnownRole says whether a code is a role (domain roles of POLICY.md).
bool KnownRole(std::string_view code);

}  // namespace vault
