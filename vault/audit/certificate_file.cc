#include "vault/audit/certificate_file.h"

#include <algorithm>

#include "vault/base/text.h"
#include "vault/crypto/bulk.h"

namespace vault {
namespace {

constexpr std::string_view kFirstLine = "strongroom-certificate/v1\n";
// The LF ends the text's last line, then comes the blank line.
constexpr std::string_view kProofStart = "\n\nc2sp.org/tlog-proof@v1\n";

bool IsCertificateText(std::string_view text) {
  if (text.empty() || text.front() == '\n' || text.back() != '\n' || text.ends_with("\n\n")) {
    return false;
  }
  // A CR or a control character could make two texts look alike on a screen.
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\n' || static_cast<unsigned char>(c) >= ' ';
  });
  return plain && IsUtf8(text);
}

}  // namespace

std::string CertificateDigest(std::string_view text) { return EncodeHex(Sha256(AsBytes(text))); }

Result<std::string> AssembleCertificate(std::string_view text, std::string_view entry,
                                        std::string_view proof) {
  if (!IsCertificateText(text)) return Invalid("the text of a certificate is not plain lines");
  TRY(const LogFields fields, ParseLogEntry(entry));
  if (fields.type != kCertificateType || fields.Only(kTextDigestField) != CertificateDigest(text)) {
    return Corrupt("the log entry is not of this certificate");
  }
  TRY(TlogProof parsed, ParseProof(proof));
  parsed.extra = std::string(entry);
  std::string file(kFirstLine);
  file.append(text).append("\n").append(FormatProof(parsed));
  return file;
}

Result<VerifiedCertificate> VerifyCertificate(std::string_view file, const NoteKey& key) {
  if (!file.starts_with(kFirstLine)) return Corrupt("this is no strongroom-certificate/v1");
  const std::string_view rest = file.substr(kFirstLine.size());
  const std::size_t start = rest.rfind(kProofStart);
  if (start == std::string_view::npos) return Corrupt("the certificate has no proof");
  const std::string_view text = rest.substr(0, start + 1);
  if (!IsCertificateText(text)) return Corrupt("the certificate's text is not plain lines");
  TRY(TlogProof proof, ParseProof(rest.substr(start + 2)));
  if (!proof.extra.has_value()) return Corrupt("the certificate does not hold its log entry");
  VerifiedCertificate out;
  TRY(out.entry, ParseLogEntry(*proof.extra));
  if (out.entry.type != kCertificateType) return Corrupt("the log entry is of another type");
  if (out.entry.Only(kTextDigestField) != CertificateDigest(text)) {
    return Corrupt("the certificate's text is not the one that was logged");
  }
  TRY(out.head, VerifyProof(proof, *proof.extra, key));
  out.text = text;
  out.index = proof.index;
  return out;
}

}  // namespace vault
