// The law of request parsing: the outcome and the bytes used up do not depend on how the input was
// cut. Shared by the fuzz target and the ordinary tests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/chunked.h"
#include "daemon/http/parser.h"
#include "daemon/http/target.h"

namespace service {

// HeadOutcome writes down everything a parser said about an input fed in pieces of these sizes,
// taken in turn.
inline std::string HeadOutcome(std::string_view input, const std::vector<std::size_t>& pieces) {
  RequestParser parser;
  std::size_t used = 0;
  for (std::size_t i = 0; used < input.size(); ++i) {
    const std::string_view piece = input.substr(used, pieces[i % pieces.size()]);
    const std::size_t taken = parser.Feed(vault::AsBytes(piece));
    used += taken;
    if (taken < piece.size() || parser.head() || parser.refusal()) break;
  }
  std::string out = "used " + std::to_string(used);
  if (const auto& refusal = parser.refusal()) {
    CHECK(!parser.head().has_value());
    CHECK(refusal->status >= 400 && refusal->status < 600);
    return out + " refused " + std::to_string(refusal->status) + " " + std::string(refusal->detail);
  }
  if (!parser.head().has_value()) {
    CHECK(used == input.size());
    return out + " wants more";
  }
  const RequestHead& head = *parser.head();
  CHECK(used <= kMaxHeader);
  CHECK(head.headers.all().size() <= kMaxHeaderFields);
  CHECK(head.headers.Count("Host") == 1);
  CHECK((head.framing == Framing::kLength) == (head.length != 0));
  CHECK(head.headers.Count("Content-Length") == 0 || head.headers.Count("Transfer-Encoding") == 0);
  // What was understood is written without a doubt, and reads back as the same.
  const auto again = ParseTarget(head.path);
  CHECK(again.ok() && again.value().segments == head.segments);
  for (const std::string& segment : head.segments) CHECK(segment != "." && segment != "..");
  out += " ";
  out += MethodName(head.method);
  out += " " + head.path;
  for (const auto& [name, value] : head.query) out += " ?" + name + "=" + value;
  for (const auto& [name, value] : head.headers.all()) {
    CHECK(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    out += "\n" + name + ": " + value;
  }
  out += "\n" + std::to_string(static_cast<int>(head.framing)) + " " + std::to_string(head.length);
  out += head.close ? " close" : "";
  out += head.expects_continue ? " continue" : "";
  return out;
}

// ChunksOutcome does the same for a chunked body, into outputs of these sizes.
inline std::string ChunksOutcome(std::string_view input, const std::vector<std::size_t>& pieces) {
  ChunkDecoder decoder;
  std::string content;
  std::size_t used = 0;
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; used < input.size() && !decoder.done(); ++i) {
    const std::string_view piece = input.substr(used, pieces[i % pieces.size()]);
    out.resize(pieces[(i + 1) % pieces.size()]);
    const auto step = decoder.Decode(vault::AsBytes(piece), out);
    if (!step.ok()) return "malformed";
    CHECK(step.value().taken <= piece.size() && step.value().given <= out.size());
    CHECK(step.value().taken != 0);
    used += step.value().taken;
    content += vault::AsText(vault::ByteView(out).first(step.value().given));
  }
  CHECK(content.size() <= used);
  return (decoder.done() ? "done " : "more ") + std::to_string(used) + " " + content;
}

// CheckRequestLaw reads the first byte as the way to cut, the rest as the input.
inline void CheckRequestLaw(std::string_view data) {
  if (data.empty()) return;
  const auto seed = static_cast<unsigned char>(data.front());
  data.remove_prefix(1);
  const std::vector<std::size_t> whole = {data.size() + 1};
  const std::vector<std::size_t> bytes = {1};
  const std::vector<std::size_t> mixed = {1 + seed % 7U, 1 + seed / 7U % 5U, 1 + seed / 35U * 13U};
  const std::string head = HeadOutcome(data, whole);
  CHECK(HeadOutcome(data, bytes) == head);
  CHECK(HeadOutcome(data, mixed) == head);
  const std::string chunks = ChunksOutcome(data, whole);
  CHECK(ChunksOutcome(data, bytes) == chunks);
  CHECK(ChunksOutcome(data, mixed) == chunks);
}

}  // namespace service
