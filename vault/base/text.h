// Text: hex, base64 and UTF-8, strict in what they accept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace vault {

// EncodeHex writes lower-case hex.
std::string EncodeHex(ByteView bytes);
// DecodeHex reads lower-case hex. Errors: kInvalid odd length or another character.
Result<Bytes> DecodeHex(std::string_view text);

// EncodeBase64 is RFC 4648 §4 with padding; EncodeBase64Raw leaves the padding out;
// EncodeBase64Url is §5 without padding.
std::string EncodeBase64(ByteView bytes);
std::string EncodeBase64Raw(ByteView bytes);
std::string EncodeBase64Url(ByteView bytes);
// The decoders are canonical: exact padding (or none), no space, trailing bits zero.
// Errors: kInvalid.
Result<Bytes> DecodeBase64(std::string_view text);
Result<Bytes> DecodeBase64Raw(std::string_view text);
Result<Bytes> DecodeBase64Url(std::string_view text);

// IsUtf8 is strict UTF-8 (no overlong form, no surrogate, at most U+10FFFF).
bool IsUtf8(std::string_view text);
// ParseDecimal reads digits without sign, space or leading zero. Errors: kInvalid.
Result<std::uint64_t> ParseDecimal(std::string_view text);
// Split cuts at every separator; n separators give n + 1 parts.
std::vector<std::string_view> Split(std::string_view text, char separator);
// FoldAddress lower-cases the ASCII letters of an e-mail address and trims outer blanks.
std::string FoldAddress(std::string_view address);

}  // namespace vault
