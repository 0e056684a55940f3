#include "daemon/http/json.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "vault/base/text.h"

namespace service {

// JsonBuilder makes values of the library's events. It is told of every event even after a fault,
// because a handler that throws through the library's C parser would be asking for trouble.
class JsonBuilder : public Poco::JSON::Handler {
 public:
  bool failed() const { return failed_; }
  Json Take() { return std::move(root_); }

  void reset() override { *this = JsonBuilder(); }
  void startObject() override { Open(Json::Object()); }
  void endObject() override { Close(); }
  void startArray() override { Open(Json::Array()); }
  void endArray() override { Close(); }
  void key(const std::string& name) override {
    if (failed_ || levels_.empty()) return;
    failed_ |= name.find('\0') != std::string::npos || !vault::IsUtf8(name);
    for (const auto& [seen, value] : levels_.back().value.members()) failed_ |= seen == name;
    levels_.back().name = name;
  }
  void null() override { Put(Json()); }
  void value(int number) override { Put(Json(number)); }
  void value(unsigned number) override { Put(Json(static_cast<std::int64_t>(number))); }
  void value(Poco::Int64 number) override { Put(Json(static_cast<std::int64_t>(number))); }
  void value(Poco::UInt64 number) override {
    if (number > static_cast<Poco::UInt64>(std::numeric_limits<std::int64_t>::max()))
      failed_ = true;
    if (!failed_) Put(Json(static_cast<std::int64_t>(number)));
  }
  void value(const std::string& text) override {
    failed_ |= text.find('\0') != std::string::npos || !vault::IsUtf8(text);
    Put(Json(text));
  }
  void value(double number) override {
    failed_ |= !std::isfinite(number);
    Json json(Json::Kind::kReal);
    json.real_ = number;
    Put(std::move(json));
  }
  void value(bool flag) override { Put(Json(flag)); }

 private:
  struct Level {
    std::string name;
    Json value;
  };

  void Open(Json container) {
    if (levels_.size() == kMaxJsonDepth) failed_ = true;
    if (!failed_) levels_.push_back({"", std::move(container)});
  }
  void Close() {
    if (failed_ || levels_.empty()) return;
    Json done = std::move(levels_.back().value);
    levels_.pop_back();
    Put(std::move(done));
  }
  void Put(Json json) {
    if (++values_ > kMaxJsonValues) failed_ = true;
    if (failed_) return;
    if (levels_.empty()) {
      root_ = std::move(json);
    } else if (levels_.back().value.is_object()) {
      levels_.back().value.members_.emplace_back(std::move(levels_.back().name), std::move(json));
    } else {
      levels_.back().value.elements_.push_back(std::move(json));
    }
  }

  std::vector<Level> levels_;
  Json root_;
  std::size_t values_ = 0;
  bool failed_ = false;
};

namespace {

vault::Error WrongMember(std::string_view name, std::string_view what) {
  return vault::Invalid("member " + std::string(name) + " " + std::string(what));
}

// HasTrouble finds what the library would silently change: its integers wrap at 2^64 and negative
// ones go through a double; a member's name ends at an encoded zero.
bool HasTrouble(std::string_view text) {
  constexpr int kMaxDigits = 15;
  bool in_text = false;
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (text.substr(i).starts_with("\\u0000")) return true;
      if (c == '\\') ++i;
      if (c == '"') in_text = false;
      continue;
    }
    if (c == '"') in_text = true;
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > kMaxDigits) return true;
  }
  return false;
}

void AppendText(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool utf8 = vault::IsUtf8(text);
  out += '"';
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && !utf8) {
      out += '?';
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F || c == '<' || c == '>' || c == '&') {
      // The three of markup as codes: an answer that a browser takes for a page stays harmless.
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string RealText(double real) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text.precision(17);
  text << real;
  return text.str();
}

}  // namespace

Json::Json(bool flag) : kind_(Kind::kFlag), flag_(flag) {}
Json::Json(std::int64_t number) : kind_(Kind::kInteger), integer_(number) {}
Json::Json(int number) : Json(static_cast<std::int64_t>(number)) {}
Json::Json(std::uint32_t number) : Json(static_cast<std::int64_t>(number)) {}
Json::Json(std::string text) : kind_(Kind::kText), text_(std::move(text)) {}
Json::Json(std::string_view text) : Json(std::string(text)) {}
Json::Json(const char* text) : Json(std::string(text)) {}

Json::Json(std::uint64_t number) : Json(static_cast<std::int64_t>(number)) {
  CHECK(number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

Json Json::Object() { return Json(Kind::kObject); }

Json Json::Object(std::initializer_list<std::pair<std::string_view, Json>> members) {
  Json json = Object();
  for (const auto& [name, value] : members) json.Set(name, value);
  return json;
}

Json Json::Array() { return Json(Kind::kArray); }

Json Json::Texts(const std::vector<std::string>& texts) {
  Json json = Array();
  for (const std::string& text : texts) json.Add(text);
  return json;
}

vault::Result<Json> Json::Parse(std::string_view text) {
  if (text.size() > kMaxJsonSize) return vault::Invalid("the json is too large");
  if (!vault::IsUtf8(text)) return vault::Invalid("the json is not utf-8");
  if (HasTrouble(text)) return vault::Invalid("the json has a number too long, or a zero");
  Poco::SharedPtr<JsonBuilder> builder(new JsonBuilder);
  try {
    Poco::JSON::Parser parser(builder);
    parser.setDepth(kMaxJsonDepth);
    parser.parse(std::string(text));
  } catch (const std::exception&) {
    return vault::Invalid("the json is malformed");
  }
  if (builder->failed()) return vault::Invalid("the json is not acceptable");
  return builder->Take();
}

Json& Json::Set(std::string_view name, Json value) {
  CHECK(is_object());
  for (const auto& [seen, ignored] : members_) CHECK(seen != name);
  members_.emplace_back(std::string(name), std::move(value));
  return *this;
}

Json& Json::Add(Json value) {
  CHECK(is_array());
  elements_.push_back(std::move(value));
  return *this;
}

const std::vector<Json::Member>& Json::members() const {
  CHECK(is_object());
  return members_;
}

const std::vector<Json>& Json::elements() const {
  CHECK(is_array());
  return elements_;
}

const Json* Json::Find(std::string_view name) const {
  if (!is_object()) return nullptr;
  for (const auto& [seen, value] : members()) {
    if (seen == name) return value.is_null() ? nullptr : &value;
  }
  return nullptr;
}

vault::Status Json::OnlyMembers(std::initializer_list<std::string_view> names) const {
  if (!is_object()) return vault::Invalid("the json is not an object");
  for (const auto& [name, value] : members()) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return vault::Invalid("the json has a member this route does not know");
    }
  }
  return vault::Ok();
}

vault::Result<std::string> Json::AsText() const {
  if (kind_ == Kind::kText) return text_;
  return vault::Invalid("a value is not a text");
}

vault::Result<std::int64_t> Json::AsInteger() const {
  if (kind_ == Kind::kInteger) return integer_;
  return vault::Invalid("a value is not a whole number");
}

vault::Result<bool> Json::AsFlag() const {
  if (kind_ == Kind::kFlag) return flag_;
  return vault::Invalid("a value is neither true nor false");
}

vault::Result<std::vector<std::string>> Json::AsTexts() const {
  if (!is_array()) return vault::Invalid("a value is not a list of texts");
  std::vector<std::string> texts;
  for (const Json& element : elements()) {
    TRY(std::string text, element.AsText());
    texts.push_back(std::move(text));
  }
  return texts;
}

vault::Result<std::optional<std::string>> Json::FindText(std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr) return std::optional<std::string>();
  auto value = member->AsText();
  if (!value.ok()) return WrongMember(name, "is not a text");
  return std::optional(std::move(value).value());
}

vault::Result<std::optional<std::int64_t>> Json::FindInteger(std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr) return std::optional<std::int64_t>();
  auto value = member->AsInteger();
  if (!value.ok()) return WrongMember(name, "is not a whole number");
  return std::optional(value.value());
}

vault::Result<std::optional<bool>> Json::FindFlag(std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr) return std::optional<bool>();
  auto value = member->AsFlag();
  if (!value.ok()) return WrongMember(name, "is neither true nor false");
  return std::optional(value.value());
}

vault::Result<std::optional<std::vector<std::string>>> Json::FindTextList(
    std::string_view name) const {
  const Json* member = Find(name);
  if (member == nullptr) return std::optional<std::vector<std::string>>();
  auto value = member->AsTexts();
  if (!value.ok()) return WrongMember(name, "is not a list of texts");
  return std::optional(std::move(value).value());
}

vault::Result<std::string> Json::Text(std::string_view name) const {
  TRY(auto found, FindText(name));
  if (!found.has_value()) return WrongMember(name, "is missing");
  return *std::move(found);
}

vault::Result<std::int64_t> Json::Integer(std::string_view name) const {
  TRY(const auto found, FindInteger(name));
  if (!found.has_value()) return WrongMember(name, "is missing");
  return *found;
}

vault::Result<bool> Json::Flag(std::string_view name) const {
  TRY(const auto found, FindFlag(name));
  if (!found.has_value()) return WrongMember(name, "is missing");
  return *found;
}

vault::Result<std::vector<std::string>> Json::TextList(std::string_view name) const {
  TRY(auto found, FindTextList(name));
  if (!found.has_value()) return WrongMember(name, "is missing");
  return *std::move(found);
}

std::string Json::ToText() const {
  // An explicit stack, so that depth is a number we check and not the depth of the call stack.
  struct Place {
    const Json* container;
    std::size_t next;
  };
  std::string out;
  std::vector<Place> places;
  const Json* current = this;
  while (current != nullptr) {
    switch (current->kind_) {
      case Kind::kNull:
        out += "null";
        break;
      case Kind::kFlag:
        out += current->flag_ ? "true" : "false";
        break;
      case Kind::kInteger:
        out += std::to_string(current->integer_);
        break;
      case Kind::kReal:
        out += RealText(current->real_);
        break;
      case Kind::kText:
        AppendText(out, current->text_);
        break;
      case Kind::kArray:
      case Kind::kObject:
        CHECK(places.size() < kMaxJsonDepth);
        out += current->is_object() ? '{' : '[';
        places.push_back({current, 0});
        break;
    }
    current = nullptr;
    while (!places.empty() && current == nullptr) {
      Place& place = places.back();
      const bool object = place.container->is_object();
      const std::size_t size =
          object ? place.container->members().size() : place.container->elements().size();
      if (place.next == size) {
        out += object ? '}' : ']';
        places.pop_back();
        continue;
      }
      if (place.next != 0) out += ',';
      if (object) {
        const auto& [name, value] = place.container->members()[place.next];
        AppendText(out, name);
        out += ':';
        current = &value;
      } else {
        current = &place.container->elements()[place.next];
      }
      ++place.next;
    }
  }
  return out;
}

}  // namespace service
