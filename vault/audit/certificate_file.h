// CertificateFile: a certificate that anyone can check offline, as one file.
//
//   file  = "strongroom-certificate/v1\n" text "\n" proof
//   text  = one or more LF-ended lines of UTF-8; the first and the last are not empty
//   proof = a .tlog-proof whose extra line carries the log entry
//   entry = type disposal.certificate, with text-sha256 = hex SHA-256(text), once
//
// The last line "c2sp.org/tlog-proof@v1" begins the proof, so a text may have empty lines.
#pragma once

#include <string>
#include <string_view>

#include "vault/audit/checkpoint.h"
#include "vault/audit/event.h"
#include "vault/audit/proof.h"
#include "vault/base/result.h"

namespace vault {

inline constexpr std::string_view kCertificateType = "disposal.certificate";
inline constexpr std::string_view kTextDigestField = "text-sha256";

// CertificateDigest is the value of the entry's text-sha256 field.
std::string CertificateDigest(std::string_view text);

// AssembleCertificate joins the text, the text of its log entry and AuditLog::Proof of that entry.
// Errors: kInvalid the text is not as the grammar says; kCorrupt entry or proof are not.
Result<std::string> AssembleCertificate(std::string_view text, std::string_view entry,
                                        std::string_view proof);

// VerifiedCertificate is what a checked file says.
struct VerifiedCertificate {
  std::string text;
  LogFields entry;
  std::uint64_t index = 0;
  TreeHead head;
};

// VerifyCertificate checks the whole file; no byte of it may differ.
// Errors: kCorrupt, with the reason.
Result<VerifiedCertificate> VerifyCertificate(std::string_view file, const NoteKey& key);

}  // namespace vault
