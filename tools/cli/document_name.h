// DocumentName, ByteRange, ShareLink: what a person types to name bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vault/base/result.h"

namespace tools {

// DocumentName is D or D@V.
struct DocumentName {
  std::string id;
  std::optional<std::uint32_t> version;
  // Parse checks the form of the version only: what is no id answers like an unknown one.
  // Errors: kInvalid the version is no number from 1.
  static vault::Result<DocumentName> Parse(std::string_view text);
};

// ByteRange turns A-B, A- or -N into the value of a Range header.
// Errors: kInvalid no such range, or B before A.
vault::Result<std::string> ByteRange(std::string_view text);

// ShareLink is <server>/s/<link>#<secret>.
struct ShareLink {
  std::string server;
  std::string link;
  std::string secret;
  // Errors: kInvalid anything else.
  static vault::Result<ShareLink> Parse(std::string_view url);
};

// SafeFileName keeps the last part of a name that came from a server, without control characters
// and without a leading dot; "document" when nothing is left.
std::string SafeFileName(std::string_view name);

}  // namespace tools
