#include "daemon/custody/messages.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/digest.h"
#include "vault/keys/cell_record.h"

namespace service {

using vault::ByteView;
using vault::Errc;
using vault::Result;
using vault::SecretBytes;

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMostText = 600;
constexpr std::string_view kHostLabel = "strongroom/v1/custody-host";

struct Word {
  Errc code;
  std::uint8_t byte;
};
constexpr Word kWords[] = {{Errc::kInvalid, 1},  {Errc::kConflict, 2},    {Errc::kCorrupt, 3},
                           {Errc::kNotFound, 4}, {Errc::kUnavailable, 5}, {Errc::kDenied, 6}};

std::uint8_t ByteOf(Errc code) {
  for (const Word& word : kWords) {
    if (word.code == code) return word.byte;
  }
  return 5;
}
Errc CodeOf(std::uint8_t byte) {
  for (const Word& word : kWords) {
    if (word.byte == byte) return word.code;
  }
  return Errc::kUnavailable;
}

// Joined puts a head and a record into one piece of locked memory.
SecretBytes Joined(ByteView head, ByteView record) {
  SecretBytes out(head.size() + record.size());
  std::copy(head.begin(), head.end(), out.mutable_view().begin());
  std::copy(record.begin(), record.end(),
            out.mutable_view().begin() + static_cast<std::ptrdiff_t>(head.size()));
  return out;
}

void PutText(vault::WireWriter& writer, std::string_view text) {
  text = text.substr(0, kMostText);
  writer.U16(static_cast<std::uint16_t>(text.size())).Text(text);
}
// TakeText keeps printable characters only: it comes from another host and ends at a terminal.
std::string TakeText(vault::WireReader& reader) {
  std::string out;
  for (const char c : vault::AsText(reader.Raw(reader.U16()))) {
    if (c >= ' ' && c <= '~' && out.size() < kMostText) out += c;
  }
  return out;
}

}  // namespace

SecretBytes EncodeRequest(const CustodyRequest& request) {
  vault::WireWriter head;
  head.U8(kVersion).U8(static_cast<std::uint8_t>(request.act));
  const bool slot = request.act == CustodyAct::kRead || request.act == CustodyAct::kErase;
  if (slot) head.U8(request.slot);
  return Joined(head.bytes(), request.record.view());
}

Result<CustodyRequest> DecodeRequest(ByteView frame) {
  const vault::Error bad = vault::Invalid("the vault asks for something unknown");
  vault::WireReader reader(frame);
  if (reader.U8() != kVersion) return bad;
  CustodyRequest request;
  request.act = static_cast<CustodyAct>(reader.U8());
  switch (request.act) {
    case CustodyAct::kLook:
      break;
    case CustodyAct::kRead:
    case CustodyAct::kErase:
      request.slot = reader.U8();
      if (request.slot > 1) return bad;
      break;
    case CustodyAct::kWrite:
      request.record = SecretBytes::CopyOf(reader.Raw(vault::kCellRecordSize));
      break;
    default:
      return bad;
  }
  if (!reader.Finish().ok()) return bad;
  return request;
}

HostMark ThisHost() {
  std::ifstream stream("/proc/sys/kernel/random/boot_id");
  const std::string id{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (id.empty()) return {};
  return vault::Blake2b<32>(vault::AsBytes(kHostLabel), vault::AsBytes(id));
}

SecretBytes EncodeAnswer(const CustodyAnswer& answer) {
  vault::WireWriter head;
  head.U8(kVersion).U8(answer.error ? ByteOf(answer.error->code) : std::uint8_t{0});
  PutText(head, answer.error ? answer.error->detail : "");
  PutText(head, answer.cell.name);
  PutText(head, answer.cell.reason);
  head.Raw(answer.host).U8(answer.record.empty() ? 0 : 1);
  return Joined(head.bytes(), answer.record.view());
}

Result<CustodyAnswer> DecodeAnswer(ByteView frame) {
  const vault::Error bad = vault::Unavailable("the custodian speaks another protocol");
  vault::WireReader reader(frame);
  if (reader.U8() != kVersion) return bad;
  CustodyAnswer answer;
  const std::uint8_t code = reader.U8();
  std::string detail = TakeText(reader);
  if (code != 0) answer.error = vault::Error{CodeOf(code), "the custodian: " + detail};
  answer.cell.name = TakeText(reader);
  answer.cell.reason = TakeText(reader);
  answer.host = reader.Array<32>();
  const std::uint8_t present = reader.U8();
  if (present > 1) return bad;
  if (present == 1) answer.record = SecretBytes::CopyOf(reader.Raw(vault::kCellRecordSize));
  if (!reader.Finish().ok()) return bad;
  return answer;
}

}  // namespace service
