#include "daemon/api/content.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/http/problem.h"
#include "daemon/http/range.h"

namespace service {

using vault::Result;

namespace {

// DocumentBody needs no vault: the stream holds its own keys. So it outlives the handler and asks
// before every read whether the vault was sealed since; then it lets the keys go.
class DocumentBody final : public BodyReader {
 public:
  DocumentBody(vault::DocumentStream stream, ByteRange range,
               std::shared_ptr<const std::atomic<bool>> ended)
      : stream_(std::move(stream)), range_(range), ended_(std::move(ended)) {}

  Result<std::size_t> Read(vault::MutableByteView out) override {
    if (ended_->load()) stream_.reset();
    if (!stream_) return vault::Unavailable("the vault was sealed");
    const std::uint64_t left = range_.end - range_.first;
    if (left == 0) return std::size_t{0};
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, out.size()));
    auto read = stream_->Read(range_.first, out.first(wanted));
    if (!read.ok()) {
      stream_.reset();
      return read.error();
    }
    if (read.value() == 0) return vault::Corrupt("a document ends too early");
    range_.first += read.value();
    return read;
  }

 private:
  std::optional<vault::DocumentStream> stream_;
  ByteRange range_;
  std::shared_ptr<const std::atomic<bool>> ended_;
};

}  // namespace

Result<Response> ContentAnswer(Door& door, const VaultGate::Pass& pass,
                               vault::DocumentStream stream, const std::string& tag_name) {
  const std::uint64_t size = stream.size();
  const std::string version = std::to_string(stream.version());
  const std::string tag = "\"" + tag_name + "-" + version + "\"";
  const Headers& headers = door.request().headers;
  // A client that continues an older version must get the whole of the new one.
  const auto condition = headers.Find("If-Range");
  const bool ranged = !condition || *condition == tag;
  const RangeOutcome outcome = ParseRange(ranged ? headers.Find("Range") : std::nullopt, size);
  if (std::holds_alternative<Unsatisfiable>(outcome)) {
    return door.RefuseWith(
        ProblemWithStatus(416, vault::Errc::kInvalid, "the range lies outside of the content")
            .Add("Content-Range", UnsatisfiedContentRange(size)));
  }
  ByteRange range{0, size};
  int status = 200;
  if (const auto* part = std::get_if<ByteRange>(&outcome)) {
    range = *part;
    status = 206;
  }
  const std::string name = stream.name().empty() ? "document" : stream.name();
  Response response = Response::Streaming(
      status, "application/octet-stream",
      {std::make_unique<DocumentBody>(std::move(stream), range, pass.ended()), range.size()});
  response.Add("Content-Disposition", AttachmentDisposition(name))
      .Add("Accept-Ranges", "bytes")
      .Add("ETag", tag)
      .Add("Strongroom-Version", version);
  if (status == 206) response.Add("Content-Range", range.ContentRange(size));
  return response;
}

}  // namespace service
