#include "daemon/api/other_agency.h"

#include <string>

namespace service {
namespace {

std::string Folded(std::string_view text) {
  std::string words;
  bool apart = false;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool kept = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      static_cast<unsigned char>(c) >= 0x80;
    if (kept && apart && !words.empty()) words += ' ';
    if (kept) words += upper ? static_cast<char>(c - 'A' + 'a') : c;
    apart = !kept;
  }
  return words;
}

// The last of those that followed an agency, as far as they are registered.
vault::AgencyId HeirOf(vault::AgencyId id, const std::vector<vault::AgencyView>& registered) {
  // No chain is longer than the list.
  for (std::size_t step = 0; step < registered.size(); ++step) {
    bool followed = false;
    for (const vault::AgencyView& agency : registered) {
      if (agency.id != id || !agency.successor) continue;
      id = *agency.successor;
      followed = true;
      break;
    }
    if (!followed) break;
  }
  return id;
}

}  // namespace

bool SaysOtherAgency(std::string_view said, const vault::AgencyId& owner,
                     const std::vector<vault::AgencyView>& registered) {
  const std::string words = Folded(said);
  if (words.empty()) return false;
  const vault::AgencyId heir = HeirOf(owner, registered);
  bool other = false;
  for (const vault::AgencyView& agency : registered) {
    if (words != Folded(agency.id.text()) && words != Folded(agency.name)) continue;
    if (HeirOf(agency.id, registered) == heir) return false;
    other = true;
  }
  return other;
}

}  // namespace service
