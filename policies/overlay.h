// Overlay: local changes to a template, with who made them, when and why.
//
// <overlay template of-version version author date reason> holds <set element name attribute value
// reason/>. It makes a new version of the template; the text it is laid over stays as it was, and
// matters that began under it stay under it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policies/fault.h"

namespace policies {

// Amendment is one <set>.
struct Amendment {
  vault::XmlPosition position;
  std::string element;    // "due"
  std::string name;       // its id, code, name or kind
  std::string attribute;  // "offset"
  std::string value;
  std::string reason;
};

// Overlay is one <overlay>.
struct Overlay {
  vault::XmlPosition position;
  std::string template_id;
  std::uint32_t of_version = 0;
  std::uint32_t version = 0;  // the one it makes
  std::string author;
  std::string date;
  std::string reason;
  std::vector<Amendment> amendments;

  // Read reads one text. Faults: all there are.
  static Checked<Overlay> Read(std::string_view text);
};

// IsOverlay says whether a text is meant to be one.
bool IsOverlay(std::string_view text);

// Amend lays an overlay over the text of its template: the same text with the values replaced and
// the new version. Each line stays where it was.
// Faults, in the overlay's text: an element or attribute that is not there or may not be changed
// locally; a locked rule that would be loosened.
Checked<std::string> Amend(std::string_view text, const Overlay& overlay);

}  // namespace policies
