#include "daemon/http/chunked.h"

#include <algorithm>
#include <cstring>

namespace service {
namespace {

constexpr std::size_t kMaxOverhead = std::size_t{4} << 10;
constexpr int kMaxDigits = 16;

int HexValue(std::uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

bool IsText(std::uint8_t byte) { return byte == '\t' || (byte >= 0x20 && byte <= 0x7E); }

}  // namespace

bool ChunkDecoder::Take(std::uint8_t byte) {
  switch (state_) {
    case State::kSize:
      if (const int value = HexValue(byte); value >= 0) {
        if (++digits_ > kMaxDigits) return false;
        left_ = left_ << 4 | static_cast<std::uint64_t>(value);
        return true;
      }
      if (digits_ == 0) return false;
      if (byte == ';') {
        state_ = State::kExtension;
        return true;
      }
      if (byte != '\r') return false;
      state_ = State::kSizeEnd;
      return true;
    case State::kExtension:
      if (byte == '\r') {
        state_ = State::kSizeEnd;
        return true;
      }
      return IsText(byte) && ++overhead_ <= kMaxOverhead;
    case State::kSizeEnd:
      if (byte != '\n') return false;
      digits_ = 0;
      state_ = left_ == 0 ? State::kTrailerStart : State::kData;
      return true;
    case State::kDataReturn:
      if (byte != '\r') return false;
      state_ = State::kDataEnd;
      return true;
    case State::kDataEnd:
      if (byte != '\n') return false;
      state_ = State::kSize;
      return true;
    case State::kTrailerStart:
      if (byte == '\r') {
        state_ = State::kBodyEnd;
        return true;
      }
      if (byte == ' ' || byte == '\t' || byte == ':') return false;
      state_ = State::kTrailer;
      return IsText(byte) && ++overhead_ <= kMaxOverhead;
    case State::kTrailer:
      if (byte == '\r') {
        state_ = State::kTrailerEnd;
        return true;
      }
      return IsText(byte) && ++overhead_ <= kMaxOverhead;
    case State::kTrailerEnd:
      if (byte != '\n') return false;
      state_ = State::kTrailerStart;
      return true;
    case State::kBodyEnd:
      if (byte != '\n') return false;
      state_ = State::kDone;
      return true;
    case State::kData:
    case State::kDone:
    case State::kFailed:
      break;
  }
  return false;
}

vault::Result<ChunkDecoder::Step> ChunkDecoder::Decode(vault::ByteView in,
                                                       vault::MutableByteView out) {
  Step step;
  if (state_ == State::kFailed) return vault::Invalid("the chunked coding is malformed");
  while (step.taken < in.size() && state_ != State::kDone) {
    if (state_ == State::kData) {
      const std::uint64_t room = std::min(in.size() - step.taken, out.size() - step.given);
      const auto n = static_cast<std::size_t>(std::min(room, left_));
      if (n == 0) break;
      std::memcpy(out.data() + step.given, in.data() + step.taken, n);
      step.taken += n;
      step.given += n;
      left_ -= n;
      if (left_ == 0) state_ = State::kDataReturn;
      continue;
    }
    if (!Take(in[step.taken])) {
      state_ = State::kFailed;
      return vault::Invalid("the chunked coding is malformed");
    }
    ++step.taken;
  }
  return step;
}

}  // namespace service
