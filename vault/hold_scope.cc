// What a hold keeps, and what it would collide with.
#include <algorithm>

#include "vault/agencies.h"
#include "vault/holds.h"

namespace vault {
namespace {

constexpr std::int32_t kSoonDays = 90;

// The objects under a scope: kind, id, version, class, day due, slot.
std::string_view ObjectsUnder(std::string_view scope) {
  if (scope == "document") {
    return "SELECT 'document', document.id, version.version, document.class, version.due_day, "
           "version.slot FROM document JOIN version ON version.document = document.id "
           "WHERE document.id = ?1 AND version.state = 'live'";
  }
  if (scope == "subject") {
    return "SELECT 'document', document.id, version.version, document.class, version.due_day, "
           "version.slot FROM document JOIN version ON version.document = document.id "
           "WHERE document.subject = ?1 AND version.state = 'live' UNION ALL "
           "SELECT 'subject', id, 0, '', due_day, slot FROM subject WHERE id = ?1 AND "
           "state = 'live'";
  }
  return "SELECT 'document', document.id, version.version, document.class, version.due_day, "
         "version.slot FROM document JOIN version ON version.document = document.id "
         "WHERE document.matter = ?1 AND version.state = 'live' UNION ALL "
         "SELECT 'subject', id, 0, '', due_day, slot FROM subject WHERE matter = ?1 AND "
         "state = 'live' UNION ALL "
         "SELECT 'matter', id, 0, '', due_day, slot FROM matter WHERE id = ?1 AND state = 'live'";
}

struct Under {
  HoldCollision thing;
  SlotNumber slot = 0;
};

Result<std::vector<Under>> AllUnder(Core& core, const ObjectId& object, std::string_view scope) {
  std::vector<Under> all;
  auto query = core.database->Prepare(ObjectsUnder(scope)).Bind(object);
  while (true) {
    TRY(const bool more, query.Step());
    if (!more) return all;
    Under one;
    one.thing.kind = query.Text(0);
    one.thing.id = query.IdAt<ObjectId>(1).ToHex();
    one.thing.version = query.U32(2);
    one.thing.class_code = query.Text(3);
    // The largest number stands for "no day yet".
    if (!query.IsNull(4) && query.Int(4) < INT32_MAX) {
      one.thing.due = Day::FromNumber(static_cast<std::int32_t>(query.Int(4)));
    }
    one.slot = query.U32(5);
    all.push_back(std::move(one));
  }
}

}  // namespace

Result<std::vector<HoldCollision>> Holds::Collisions(const ObjectId& object, std::string_view scope,
                                                     Day until) {
  TRY(std::vector<Under> all, AllUnder(core_, object, scope));
  const Day today = LondonDay(core_.time->Now().low);
  std::vector<HoldCollision> collisions;
  for (Under& one : all) {
    if (one.thing.due && *one.thing.due <= until) {
      one.thing.state = *one.thing.due <= today ? "due" : "soon";
    }
    auto query = core_.database
                     ->Prepare(
                         "SELECT disposal.state FROM disposal_item JOIN disposal ON disposal.id = "
                         "disposal_item.disposal WHERE disposal_item.object = ? AND "
                         "disposal_item.slot = ? AND disposal.state IN ('proposed', 'waiting')")
                     .Bind(ObjectId::Parse(one.thing.id).value(), one.slot);
    TRY(const bool open, query.Step());
    if (open) one.thing.state = query.Text(0);
    if (!one.thing.state.empty()) collisions.push_back(std::move(one.thing));
  }
  return collisions;
}

Result<HoldScope> Holds::Preview(const Actor& actor, const NewHold& hold) {
  const Core::Lock lock = core_.Locked();
  TRY_VOID(RequireRole(actor, {"IGO", "BUO"}));
  TRY(const Target target, TargetOf(actor, hold));
  TRY(const std::vector<Under> all, AllUnder(core_, target.object, target.scope));
  HoldScope scope;
  for (const Under& one : all) {
    if (one.thing.kind == "matter") ++scope.matters;
    if (one.thing.kind == "subject") ++scope.subjects;
    if (one.thing.kind == "document") {
      ++scope.versions;
      const auto at = std::find_if(scope.classes.begin(), scope.classes.end(),
                                   [&](const auto& c) { return c.first == one.thing.class_code; });
      if (at == scope.classes.end()) {
        scope.classes.emplace_back(one.thing.class_code, 1);
      } else {
        ++at->second;
      }
    }
    TRY(const SlotEntry entry, core_.keeper->Look(one.slot));
    if ((entry.flags & kFlagHold) != 0) ++scope.held_already;
  }
  std::sort(scope.classes.begin(), scope.classes.end());
  const Day until = LondonDay(core_.time->Now().low).Plus(kSoonDays);
  TRY(scope.collisions, Collisions(target.object, target.scope, until));
  return scope;
}

}  // namespace vault
