// Words: how names and times are read and written in the contract.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/api/door.h"
#include "daemon/http/json.h"
#include "vault/base/civil.h"
#include "vault/base/ids.h"
#include "vault/people.h"

namespace service {

// TimeJson and DayJson write a time and a day; what has no value is null.
inline Json TimeJson(vault::UnixSeconds time) { return vault::FormatTime(time); }
inline Json TimeJson(const std::optional<vault::UnixSeconds>& time) {
  return time ? Json(vault::FormatTime(*time)) : Json();
}
inline Json DayJson(vault::Day day) { return day.ToText(); }
inline Json DayJson(const std::optional<vault::Day>& day) {
  return day ? Json(day->ToText()) : Json();
}
// TextOrNull writes an empty text as null.
inline Json TextOrNull(std::string_view text) { return text.empty() ? Json() : Json(text); }
inline Response JsonAnswer(const Json& json) { return Response::OfJson(200, json.ToText()); }

// EndingJson says of what stands whether the keys of before are destroyed: "done" or "owed".
inline Json EndingJson(vault::People::Ending ending) {
  return Json(ending == vault::People::Ending::kDone ? "done" : "owed");
}

// Hidden makes all errors of not-found alike: what is absent and what may not be known to be there.
template <class T>
vault::Result<T> Hidden(vault::Result<T> result, std::string_view detail) {
  if (!result.ok() && result.error().code == vault::Errc::kNotFound) {
    return vault::NotFound(std::string(detail));
  }
  return result;
}

// The parsers of names: text that is no id answers like an unknown one. Errors: kNotFound.
vault::Result<vault::AgencyId> AgencyNamed(std::string_view text);
vault::Result<vault::DocumentId> DocumentNamed(std::string_view text);

// Optional members of a body. Errors: kInvalid.
vault::Result<std::optional<vault::UnixSeconds>> FindTime(const Json& body, std::string_view name);
vault::Result<std::optional<vault::Day>> FindDay(const Json& body, std::string_view name);
// Secret takes a member that is a password and the like into a buffer that is wiped.
vault::Result<vault::Plaintext> Secret(const Json& body, std::string_view name);
vault::Result<std::optional<vault::Plaintext>> FindSecret(const Json& body, std::string_view name);
vault::Result<std::vector<vault::Plaintext>> FindSecrets(const Json& body, std::string_view name);

// KnownMatter finds a matter, by id or reference, that the caller may know of: the unit, an IGO
// and its members. Errors: kNotFound.
vault::Result<vault::MatterRow> KnownMatter(const Visit& visit, std::string_view name);
bool MayKnowMatter(const Visit& visit, const vault::MatterRow& matter);
// MembersNamed gives the people of these addresses who have a part in the matter.
// Errors: kInvalid somebody has none, or is not there: the two look the same.
vault::Result<std::vector<vault::PersonId>> MembersNamed(const Visit& visit,
                                                         const vault::MatterRow& matter,
                                                         const std::vector<std::string>& emails);
// KnownSubject finds a subject of a matter. Errors: kNotFound.
vault::Result<vault::SubjectRow> KnownSubject(const Visit& visit, const vault::MatterRow& matter,
                                              std::string_view name);
// PartyName is an agency's id, or chair, control, inspection.
std::string PartyName(const vault::CompartmentRow& party);

}  // namespace service
