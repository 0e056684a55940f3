#include "daemon/http/multipart.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "vault/base/text.h"

namespace service {
namespace {

constexpr std::size_t kWindow = std::size_t{64} << 10;
constexpr std::size_t kMaxFields = 32;
constexpr std::size_t kMaxFieldSize = std::size_t{8} << 10;
constexpr std::size_t kMaxPartHead = std::size_t{4} << 10;
constexpr std::size_t kMaxPartHeaders = 8;
constexpr std::size_t kMaxNameSize = 64;
constexpr std::size_t kMaxFileNameSize = 255;

vault::Error Malformed() { return vault::Invalid("the form is malformed"); }

bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

void SkipBlanks(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
}

std::string_view TakeToken(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && IsTokenCharacter(text[n])) ++n;
  const std::string_view token = text.substr(0, n);
  text.remove_prefix(n);
  return token;
}

std::optional<std::string> TakeQuoted(std::string_view& text) {
  std::string out;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    // Only these two are escapes: browsers send the backslashes of a path as they are.
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    out += text[i];
  }
  if (i >= text.size()) return std::nullopt;
  text.remove_prefix(i + 1);
  return out;
}

struct Parameterised {
  std::string_view value;
  std::vector<NamedValue> parameters;
  std::optional<std::string> Find(std::string_view name) const {
    for (const NamedValue& parameter : parameters) {
      if (SameName(parameter.name, name)) return parameter.value;
    }
    return std::nullopt;
  }
};

// value *( OWS ";" OWS name "=" ( token | quoted ) ); no name twice.
vault::Result<Parameterised> ParseParameterised(std::string_view text) {
  Parameterised out;
  const std::string_view whole = text;
  std::size_t n = 0;
  while (n < whole.size() && (IsTokenCharacter(whole[n]) || whole[n] == '/')) ++n;
  out.value = whole.substr(0, n);
  text.remove_prefix(n);
  SkipBlanks(text);
  while (!text.empty()) {
    if (text.front() != ';') return Malformed();
    text.remove_prefix(1);
    SkipBlanks(text);
    const std::string_view name = TakeToken(text);
    if (name.empty() || !text.starts_with('=')) return Malformed();
    text.remove_prefix(1);
    std::optional<std::string> value;
    if (text.starts_with('"')) {
      value = TakeQuoted(text);
    } else {
      value = std::string(TakeToken(text));
      if (value->empty()) return Malformed();
    }
    if (!value.has_value() || out.Find(name).has_value()) return Malformed();
    out.parameters.push_back({std::string(name), *std::move(value)});
    SkipBlanks(text);
  }
  return out;
}

bool IsBoundary(std::string_view text) {
  return !text.empty() && text.size() <= 70 && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
         });
}

// LastComponent: a sender's folders are nobody's business here.
std::string LastComponent(const std::string& name) {
  const std::size_t cut = name.find_last_of("/\\");
  return cut == std::string::npos ? name : name.substr(cut + 1);
}

}  // namespace

MultipartReader::MultipartReader(std::string delimiter, BodyReader& body)
    : delimiter_(std::move(delimiter)), body_(body), window_(kWindow) {}

vault::Result<std::unique_ptr<MultipartReader>> MultipartReader::Open(std::string_view content_type,
                                                                      BodyReader& body) {
  TRY(const Parameterised type, ParseParameterised(content_type));
  if (!SameName(type.value, "multipart/form-data")) {
    return vault::Invalid("the content type is not multipart/form-data");
  }
  const auto boundary = type.Find("boundary");
  if (!boundary.has_value() || !IsBoundary(*boundary)) {
    return vault::Invalid("the boundary is missing or malformed");
  }
  std::unique_ptr<MultipartReader> reader(new MultipartReader("\r\n--" + *boundary, body));
  TRY_VOID(reader->Start());
  return reader;
}

std::string_view MultipartReader::Window() const {
  return vault::AsText(window_.view().subspan(begin_, end_ - begin_));
}

vault::Result<bool> MultipartReader::Fill() {
  if (begin_ > 0) {
    std::memmove(window_.mutable_view().data(), window_.view().data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  CHECK(end_ < window_.size());
  TRY(const std::size_t n, body_.Read(window_.mutable_view().subspan(end_)));
  end_ += n;
  return n != 0;
}

vault::Status MultipartReader::Need(std::size_t n) {
  while (end_ - begin_ < n) {
    TRY(const bool more, Fill());
    if (!more) return vault::Invalid("the form breaks off");
  }
  return vault::Ok();
}

vault::Status MultipartReader::Start() {
  // The first delimiter has no line end before it.
  const std::string_view first = std::string_view(delimiter_).substr(2);
  TRY_VOID(Need(first.size()));
  if (!Window().starts_with(first)) return Malformed();
  Drop(first.size());
  while (true) {
    TRY(const bool part, AfterDelimiter());
    if (!part) return vault::Invalid("the form has no file");
    TRY(PartHead head, ReadPartHead());
    if (head.is_file) {
      file_name_ = std::move(head.file_name);
      return vault::Ok();
    }
    if (fields_.size() == kMaxFields) return vault::Invalid("the form has too many fields");
    for (const NamedValue& field : fields_) {
      if (field.name == head.name) return vault::Invalid("the form has a field twice");
    }
    TRY(std::string value, ReadField());
    fields_.push_back({std::move(head.name), std::move(value)});
  }
}

vault::Result<bool> MultipartReader::AfterDelimiter() {
  TRY_VOID(Need(2));
  const std::string_view next = Window().substr(0, 2);
  if (next != "\r\n" && next != "--") return Malformed();
  const bool part = next == "\r\n";
  Drop(2);
  return part;
}

vault::Result<MultipartReader::PartHead> MultipartReader::ReadPartHead() {
  PartHead head;
  bool named = false;
  std::size_t used = 0;
  for (std::size_t lines = 0;; ++lines) {
    std::size_t end = Window().find("\r\n");
    while (end == std::string_view::npos) {
      if (Window().size() > kMaxPartHead) return Malformed();
      TRY(const bool more, Fill());
      if (!more) return vault::Invalid("the form breaks off");
      end = Window().find("\r\n");
    }
    used += end + 2;
    if (used > kMaxPartHead || lines > kMaxPartHeaders) return Malformed();
    std::string_view line = Window().substr(0, end);
    if (line.empty()) {
      Drop(2);
      break;
    }
    if (HasControl(line) || !vault::IsUtf8(line)) return Malformed();
    const std::string_view name = TakeToken(line);
    if (name.empty() || !line.starts_with(':')) return Malformed();
    line.remove_prefix(1);
    SkipBlanks(line);
    if (SameName(name, "Content-Transfer-Encoding")) {
      if (!SameName(line, "7bit") && !SameName(line, "8bit") && !SameName(line, "binary")) {
        return vault::Invalid("the form has an encoded part");
      }
    } else if (SameName(name, "Content-Disposition")) {
      TRY(const Parameterised disposition, ParseParameterised(line));
      if (named || !SameName(disposition.value, "form-data")) return Malformed();
      const auto field = disposition.Find("name");
      if (!field.has_value() || field->empty() || field->size() > kMaxNameSize) return Malformed();
      named = true;
      head.name = *field;
      if (const auto file = disposition.Find("filename")) {
        head.is_file = true;
        head.file_name = LastComponent(*file);
        if (head.file_name.size() > kMaxFileNameSize) {
          return vault::Invalid("the file's name is too long");
        }
      }
    }
    Drop(end + 2);
  }
  if (!named) return Malformed();
  return head;
}

vault::Result<std::size_t> MultipartReader::ReadContent(vault::MutableByteView out) {
  while (true) {
    // No further than what fits, so that small reads do not search the window again and again.
    const std::string_view window =
        Window().substr(0, std::max(out.size(), std::size_t{1}) + delimiter_.size() - 1);
    const std::size_t found = window.find(delimiter_);
    if (found == 0) {
      Drop(delimiter_.size());
      return std::size_t{0};
    }
    std::size_t sure = found;
    if (found == std::string_view::npos) {
      sure = window.size() >= delimiter_.size() ? window.size() - delimiter_.size() + 1 : 0;
    }
    const std::size_t n = std::min(sure, out.size());
    if (n != 0) {
      std::memcpy(out.data(), window.data(), n);
      Drop(n);
      return n;
    }
    TRY(const bool more, Fill());
    if (!more) return vault::Invalid("the form breaks off");
  }
}

vault::Result<std::string> MultipartReader::ReadField() {
  std::string value;
  vault::Plaintext piece(std::size_t{4} << 10);
  while (true) {
    TRY(const std::size_t n, ReadContent(piece.mutable_view()));
    if (n == 0) break;
    if (n > kMaxFieldSize - value.size()) return vault::Invalid("a field of the form is too large");
    value += vault::AsText(piece.view().first(n));
  }
  if (!vault::IsUtf8(value) || value.find('\0') != std::string::npos) {
    return vault::Invalid("a field of the form is not utf-8");
  }
  return value;
}

vault::Status MultipartReader::ReadEnd() {
  TRY(const bool part, AfterDelimiter());
  if (part) return vault::Invalid("the file is not the last part of the form");
  // Some senders end the last line, some do not.
  while (end_ - begin_ <= 2) {
    TRY(const bool more, Fill());
    if (!more) break;
  }
  if (!Window().empty() && Window() != "\r\n") return Malformed();
  return vault::Ok();
}

vault::Result<std::size_t> MultipartReader::Read(vault::MutableByteView out) {
  if (failed_) return vault::Invalid("the form could not be read");
  if (done_ || out.empty()) return std::size_t{0};
  auto n = ReadContent(out);
  if (n.ok() && n.value() != 0) return n;
  failed_ = true;
  if (!n.ok()) return n;
  TRY_VOID(ReadEnd());
  failed_ = false;
  done_ = true;
  return std::size_t{0};
}

}  // namespace service
