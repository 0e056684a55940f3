// HoldPlacing: how a hold comes to be, whether a person asks for it or an event brings it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/core.h"
#include "vault/hold_rows.h"
#include "vault/matter_rows.h"

namespace vault {

// HoldWish is what a hold says, checked.
struct HoldWish {
  std::string scope;  // matter, subject, document
  ObjectId object;
  std::string reason;
  std::string authority;  // may be empty
  Day review;
  bool sealed = false;
};

// PlacedHold is a hold whose keys are kept already. Row and line wait for their commit.
struct PlacedHold {
  HoldRow row;
  LogEntry entry;
  std::vector<SlotNumber> slots;  // all it keeps
};

// SlotsUnderHold lists the keys that live under what a hold names.
Result<std::vector<SlotNumber>> SlotsUnderHold(const Core& core, const ObjectId& object,
                                               std::string_view scope);

// KeepForHold sets the hold bit on every key under the object and makes row and line, which the
// caller commits next, in one act (InsertHold). A crash between keeps too much, never too little.
// It closes no key. actor: none where nobody asked.
Result<PlacedHold> KeepForHold(Core& core, const MatterRow& matter, const HoldWish& wish,
                               const std::optional<PersonId>& actor);

}  // namespace vault
