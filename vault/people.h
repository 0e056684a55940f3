// People: who there is, how they prove it, and what happens to their keys when that changes.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/wiped.h"
#include "vault/compartments.h"
#include "vault/core.h"
#include "vault/disposal.h"
#include "vault/matter_rows.h"
#include "vault/named_boxes.h"
#include "vault/people_rows.h"

namespace vault {

// The two roles that a vault cannot do without.
inline constexpr std::string_view kOfficerRole = "BUO";
inline constexpr std::string_view kGovernanceRole = "IGO";

struct PersonView {
  PersonId id;
  std::string email;
  AgencyId agency;
  std::vector<std::string> roles;
  std::optional<UnixSeconds> until;
  // The end of a first password that its owner has not replaced yet.
  std::optional<UnixSeconds> invited_until;
};

struct NewPerson {
  std::string email;
  AgencyId agency;
  std::vector<std::string> roles;
  std::optional<UnixSeconds> until;
  Plaintext password;  // empty: a first password is made up and given back once
};

// RoleChange gives or takes one role.
struct RoleChange {
  std::string email;
  std::string code;
  std::optional<UnixSeconds> until;  // of a role that is given
};

// DeputyView is one running deputyship.
struct DeputyView {
  DeputyId id;
  std::string stands_for;  // addresses
  std::string deputy;
  UnixSeconds until = 0;
};
struct NewDeputy {
  std::string stands_for;
  std::string deputy;
  UnixSeconds until = 0;
};

// ExclusionView is one subject kept from one person.
struct ExclusionView {
  ExclusionId id;
  MatterId matter;
  SubjectId subject;
  std::string email;
  Day since;
  std::string reason;
};

// TokenView is one token of a person, without its secret.
struct TokenView {
  std::string id;
  std::string name;
  TokenScope scope = TokenScope::kRead;
  UnixSeconds until = 0;
};
struct NewToken {
  std::string name;
  TokenScope scope = TokenScope::kRead;
  UnixSeconds until = 0;
};
// TokenSecret is 32 random bytes that only the program it was made for keeps.
using TokenSecret = Key<struct TokenUse>;

// SessionSecret is S of FORMAT.md §6: 32 random bytes that only the client keeps.
using SessionSecret = Key<struct SessionUse>;

// People.
//
// Invariants: nothing that a password or token opens is stored without an outer layer under the
// person's slot; a password, role or token that changed or ended and a person who ended re-make
// that slot; the unit never loses its last officer, nor its last information governance officer; a
// password that was made up here ends by itself and is good for one thing, choosing another, so
// that nobody knows a colleague's password. Threads: safe from any thread; Argon2 runs outside the
// register's lock.
class People {
 public:
  People(Core& core, Compartments& compartments, Disposal& disposal)
      : core_(core), compartments_(compartments), disposal_(disposal) {}

  struct Added {
    PersonId id;
    Plaintext password;  // only when it was made up here
    std::optional<UnixSeconds> invited_until;
  };
  // Add registers a person. Errors: kDenied not the unit; kInvalid; kConflict the address is taken.
  Result<Added> Add(const Actor& actor, NewPerson person);
  // Check looks at what can be judged without the vault: address, roles, password. Errors:
  // kInvalid.
  static Status Check(const NewPerson& person, ByteView password);
  // AddFirst is Add for the officer of a new vault, before anybody can sign in.
  Result<PersonId> AddFirst(NewPerson person);

  // SignIn proves a password. Wrong name and wrong password answer alike, after the same work.
  // Errors: kDenied; kExpired a first password that was not replaced in time.
  Result<SessionSecret> SignIn(std::string_view email, ByteView password);
  // Resume makes the actor of one request. Errors: kDenied no such session.
  Result<Actor> Resume(ByteView session_secret);
  Status SignOut(ByteView session_secret);
  // MustChoosePassword says whether a person still has the first password that was made up.
  Result<bool> MustChoosePassword(const PersonId& id);
  // SessionLeft is how many seconds a session still has if it stays in use.
  // Errors: kDenied no such session.
  Result<UnixSeconds> SessionLeft(ByteView session_secret);

  // Ending says how far went what re-makes a slot or ends it: it stands either way. kOwed: the keys
  // of before could not be destroyed just now, so that the cells and a copy of the data still open
  // what they opened; that is in the deletion debt, and tried again by every sweep.
  enum class Ending : std::uint8_t { kDone, kOwed };

  // ChangePassword re-makes the person's slot: the old password opens nothing, not even in a
  // backup. Errors: kDenied the old password is wrong; kInvalid the new one is too short.
  Result<Ending> ChangePassword(const Actor& actor, ByteView old_password, ByteView new_password);
  // Reset gives a person a new key pair and password; what the actor can hand over is handed over
  // at once, the rest is owed.
  struct Anew {
    Added added;
    Ending destruction = Ending::kDone;
  };
  Result<Anew> Reset(const Actor& actor, std::string_view email, Plaintext password);
  // ---- tokens, for programs: the person's own way in, with an end and no more than its scope.
  // MakeToken. Errors: kInvalid no name, an end in the past or more than a year away; kConflict the
  // name is in use.
  struct MadeToken {
    TokenView view;
    TokenSecret secret;
  };
  Result<MadeToken> MakeToken(const Actor& actor, const NewToken& token);
  Result<std::vector<TokenView>> Tokens(const Actor& actor);
  // EndToken re-makes the person's slot: the token opens nothing, not even in a backup.
  // Errors: kNotFound no token of the actor's.
  Result<Ending> EndToken(const Actor& actor, std::string_view id);
  // ResumeToken makes the actor of one request of a program. Errors: kDenied.
  struct Program {
    Actor actor;
    TokenScope scope;
  };
  Result<Program> ResumeToken(ByteView secret);

  // GiveRole and TakeRole re-make the slot: the role rows of every older register are dead.
  // Errors: kNotFound the person, or a role they do not have; kInvalid; kConflict they have it, it
  // is their only one, or they are the last officer.
  Result<Ending> GiveRole(const Actor& actor, const RoleChange& change);
  Result<Ending> TakeRole(const Actor& actor, const RoleChange& change);
  // ---- deputies: a person acts for a colleague of the same agency, in their roles and their
  // matters, until an end that comes by itself.
  // NameDeputy gives the deputy what the actor can hand over at once; the rest is owed.
  // Errors: kDenied the actor is neither the unit nor the one to be stood for; kNotFound; kInvalid
  // another agency, the same person, an end in the past or more than a year away; kConflict they
  // are that person's deputy already.
  Result<DeputyView> NameDeputy(const Actor& actor, const NewDeputy& deputy);
  // EndDeputy re-makes the deputy's slot without it. Errors: kNotFound.
  Result<Ending> EndDeputy(const Actor& actor, const DeputyId& id);
  // Deputies lists those that run: all of them for the unit, one's own and one's deputies else.
  Result<std::vector<DeputyView>> Deputies(const Actor& actor);
  // HandOverOwed gives members who are owed their key to a matter, and deputies who lack a matter,
  // what this actor can unlock. Gives how many keys were handed over.
  Result<std::uint64_t> HandOverOwed(const Actor& actor);

  // ---- exclusions: a conflict of interest keeps a subject from one person, whatever their agency
  // may read.
  // Exclude re-makes the person's slot: their sessions and downloads end at once, and no older row
  // without it counts. Errors: kDenied the actor is neither the unit, nor a co-ordinator of their
  // agency, nor themselves; kNotFound; kConflict excluded already; kInvalid no reason.
  struct Excluded {
    ExclusionId id;
    Ending destruction = Ending::kDone;
  };
  Result<Excluded> Exclude(const Actor& actor, const MatterRow& matter, const SubjectRow& subject,
                           std::string_view email, std::string_view reason);
  // Readmit ends it. The unit's alone, and never for oneself.
  Result<Ending> Readmit(const Actor& actor, const ExclusionId& id);
  Result<std::vector<ExclusionView>> Exclusions(const Actor& actor, const MatterRow& matter);

  // ActingRoles are a person's running roles and those of whom they act for.
  Result<std::vector<std::string>> ActingRoles(const PersonId& id);

  // End shreds a person's slot; their agency's records stay. Errors (the person is not out):
  // kConflict the last officer or information governance officer; kUnavailable.
  Result<Ending> End(const Actor& actor, std::string_view email);
  // EndExpired ends everybody whose last day has passed (the sweep), and every first password that
  // was not replaced in time, and every token, role and deputyship that ended. One whose keys could
  // not be destroyed just now does not hold up the others. Gives how many people.
  Result<std::uint64_t> EndExpired();

  // ---- an agency that another one follows (succession.h).
  // MoveAgency takes these people over to the other agency and ends everybody else of theirs, all
  // with `also` in one commit. What a person has stays theirs; what they had as the deputy of one
  // who ends goes. Says how far the endings came, as End does. Errors (nobody has moved): kNotFound
  // somebody is not of the agency; kConflict nobody would hold a role the vault cannot do without;
  // kUnavailable.
  struct AgencyMove {
    AgencyId from;
    AgencyId to;
    std::vector<PersonId> going_over;
    LogEntry entry;
    AuditLog::Act also;
  };
  Result<Ending> MoveAgency(const AgencyMove& move);

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
  // Proved is a person whose password was right, with the private key it opened.
  struct Proved {
    PersonRow row;
    SecretBytes key;
  };
  Result<Proved> Prove(std::string_view email, ByteView password);
  Result<PersonId> Insert(const NewPerson& person, ByteView password,
                          std::optional<UnixSeconds> invited_until, const LogEntry& entry);
  // Standing is all that hangs on a person's slot and moves with a re-make.
  struct Standing {
    PersonRow row;
    std::vector<MemberRow> members;
    std::vector<RoleRow> roles;
    std::vector<TokenRow> tokens;
    std::vector<DeputyRow> deputies;
    std::vector<NamedBoxRow> named;
    // also runs in the commit of the re-make.
    AuditLog::Act also = {};
  };
  Result<Standing> StandingOf(const PersonId& id);
  // Remake moves a standing to a new slot. password: the inner layer from now on; absent, the old
  // one moves unopened. Errors: nothing has moved.
  Result<Ending> Remake(const PersonRow& old, Standing next, const std::optional<Bytes>& password,
                        const LogEntry& entry);
  // Remade is a person on their way to a new slot.
  struct Remade {
    PersonRow old;
    Standing next;
    SlotReservation slot;
  };
  Result<Remade> PrepareRemake(const PersonRow& old, Standing next,
                               const std::optional<Bytes>& password);
  KeyKeeper::Filling FillingOf(Remade& remade) const;
  Status WriteRemade(Transaction& transaction, const Remade& remade);
  // NewLookups is everybody's address under a new look-up key, without those who end: the old key
  // dies with them, so that an old register cannot be asked whether somebody was ever here.
  struct NewLookups {
    SlotReservation slot;
    ObjectId object;
    ObjectId old_object;
    std::vector<PersonRow> people;  // who stay, with their new hashes
  };
  Result<NewLookups> PrepareLookups(const std::vector<PersonId>& ending);
  static KeyKeeper::Filling FillingOf(NewLookups& lookups);
  Status WriteLookups(Transaction& transaction, const NewLookups& lookups);
  static Status WriteEnded(Transaction& transaction, const PersonId& id);
  // TakeLookups uses the look-up key that the register names now.
  Status TakeLookups();
  // DropDeputiesOf takes out of a standing what they had for people who end.
  static void DropDeputiesOf(Standing& standing, const std::vector<PersonId>& ended);
  // Departure is who leaves, and who goes on under a new slot because of it, as they were and as
  // they shall be.
  struct Departure {
    std::vector<PersonRow> ending;
    std::vector<std::pair<PersonRow, Standing>> staying;
    LogEntry entry;
    AuditLog::Act also;
  };
  // Depart does all of it in one commit, and destroys the keys of before in one epoch. Errors
  // (nothing has changed): as End.
  Result<Ending> Depart(Departure departure);
  Result<Ending> EndRow(const PersonRow& row, const LogEntry& entry);
  Status EndInvitation(const PersonId& id);
  Status EndExpiredTokens(const PersonId& id);
  // EndExpiredParts takes away roles and deputyships whose time is over.
  Status EndExpiredParts(const PersonId& id);
  Result<Ending> DropDeputy(const DeputyRow& deputy, const LogEntry& entry);
  Result<std::uint64_t> SupplyDeputy(const Actor& actor, const DeputyRow& deputy);
  Result<std::vector<PersonId>> ActsFor(const PersonId& id);
  Result<Actor> ActorOf(const PersonRow& row, const SecretBytes& key);
  // Keeps refuses when nobody but these people would hold a role the vault cannot do without.
  Status Keeps(std::string_view role, const std::vector<PersonId>& leaving);
  UnixSeconds InvitationEnd() const;
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
