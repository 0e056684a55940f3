#include "tools/cli/json.h"

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/ParseHandler.h>
#include <Poco/JSON/Parser.h>

#include <charconv>

namespace tools {

namespace {
constexpr std::size_t kMaximumDepth = 64;
}

// JsonReader turns the library's values into ours; the depth is bounded by the parser before.
class JsonReader {
 public:
  // NOLINTNEXTLINE(misc-no-recursion): the parser refused anything deeper than kMaximumDepth.
  static Json Read(const Poco::Dynamic::Var& value) {
    Json json;
    if (value.isEmpty()) return json;
    if (value.type() == typeid(Poco::JSON::Object::Ptr)) {
      json.kind_ = Json::Kind::kObject;
      const auto& object = value.extract<Poco::JSON::Object::Ptr>();
      for (const auto& name : object->getNames()) {
        json.members_.emplace_back(name, Read(object->get(name)));
      }
    } else if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
      json.kind_ = Json::Kind::kList;
      const auto& array = value.extract<Poco::JSON::Array::Ptr>();
      for (std::size_t i = 0; i < array->size(); ++i) {
        json.items_.push_back(Read(array->get(static_cast<unsigned>(i))));
      }
    } else if (value.isBoolean()) {
      json.kind_ = Json::Kind::kFlag;
      json.scalar_ = value.convert<bool>() ? "yes" : "no";
    } else if (value.isNumeric()) {
      json.kind_ = Json::Kind::kNumber;
      json.scalar_ = value.convert<std::string>();
    } else {
      json.kind_ = Json::Kind::kText;
      json.scalar_ = value.convert<std::string>();
    }
    return json;
  }
};

vault::Result<Json> Json::Parse(std::string_view text) {
  try {
    Poco::JSON::Parser parser(new Poco::JSON::ParseHandler(true));
    parser.setDepth(kMaximumDepth);
    return JsonReader::Read(parser.parse(std::string(text)));
  } catch (const Poco::Exception&) {
    return vault::Invalid("not a JSON text");
  }
}

const Json& Json::Find(std::string_view name) const {
  static const Json kNothing;
  for (const auto& member : members_) {
    if (member.first == name) return member.second;
  }
  return kNothing;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as Parse allowed.
std::string Json::Text() const {
  switch (kind_) {
    case Kind::kNull:
      return "–";
    case Kind::kFlag:
    case Kind::kNumber:
    case Kind::kText:
      return scalar_;
    case Kind::kList: {
      std::string text;
      for (const auto& item : items_) {
        if (!text.empty()) text += ", ";
        text += item.Text();
      }
      return text.empty() ? "none" : text;
    }
    case Kind::kObject: {
      std::string text;
      for (const auto& [name, value] : members_) {
        if (!text.empty()) text += ", ";
        text += name + " " + value.Text();
      }
      return text.empty() ? "none" : text;
    }
  }
  return {};
}

vault::Result<std::int64_t> Json::Number() const {
  std::int64_t number = 0;
  const char* end = scalar_.data() + scalar_.size();
  auto parsed = std::from_chars(scalar_.data(), end, number);
  if (kind_ != Kind::kNumber || parsed.ec != std::errc() || parsed.ptr != end) {
    return vault::Invalid("not a whole number");
  }
  return number;
}

void JsonObject::Quote(std::string_view text) {
  text_.Append(vault::AsBytes("\""));
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      const char escaped[] = {'\\', c};
      text_.Append(vault::AsBytes({escaped, 2}));
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      const char escaped[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      text_.Append(vault::AsBytes({escaped, 6}));
    } else {
      text_.Append(vault::AsBytes({&c, 1}));
    }
  }
  text_.Append(vault::AsBytes("\""));
}

void JsonObject::Name(std::string_view name) {
  text_.Append(vault::AsBytes(text_.size() == 0 ? "{" : ","));
  Quote(name);
  text_.Append(vault::AsBytes(":"));
}

JsonObject& JsonObject::Set(std::string_view name, std::string_view value) {
  Name(name);
  Quote(value);
  return *this;
}

JsonObject& JsonObject::Set(std::string_view name, const std::string& value) {
  return Set(name, std::string_view(value));
}

JsonObject& JsonObject::Set(std::string_view name, const char* value) {
  return Set(name, std::string_view(value));
}

JsonObject& JsonObject::Set(std::string_view name, const std::optional<std::string>& value) {
  return value ? Set(name, std::string_view(*value)) : *this;
}

JsonObject& JsonObject::Set(std::string_view name, const std::vector<std::string>& values) {
  return values.empty() ? *this : SetList(name, values);
}

JsonObject& JsonObject::SetList(std::string_view name, const std::vector<std::string>& values) {
  Name(name);
  text_.Append(vault::AsBytes("["));
  const char* before = "";
  for (const auto& value : values) {
    text_.Append(vault::AsBytes(before));
    Quote(value);
    before = ",";
  }
  text_.Append(vault::AsBytes("]"));
  return *this;
}

JsonObject& JsonObject::SetList(std::string_view name,
                                const std::vector<vault::Plaintext>& secrets) {
  Name(name);
  text_.Append(vault::AsBytes("["));
  const char* before = "";
  for (const auto& secret : secrets) {
    text_.Append(vault::AsBytes(before));
    Quote(secret.text());
    before = ",";
  }
  text_.Append(vault::AsBytes("]"));
  return *this;
}

JsonObject& JsonObject::Set(std::string_view name, const vault::Plaintext& secret) {
  return Set(name, secret.text());
}

JsonObject& JsonObject::SetNumber(std::string_view name, std::uint64_t value) {
  Name(name);
  text_.Append(vault::AsBytes(std::to_string(value)));
  return *this;
}

JsonObject& JsonObject::SetFlag(std::string_view name, bool value) {
  Name(name);
  text_.Append(vault::AsBytes(value ? "true" : "false"));
  return *this;
}

JsonObject& JsonObject::SetRaw(std::string_view name, std::string_view json) {
  Name(name);
  text_.Append(vault::AsBytes(json));
  return *this;
}

vault::Plaintext JsonObject::Take() && {
  text_.Append(vault::AsBytes(text_.size() == 0 ? "{}" : "}"));
  return std::move(text_);
}

}  // namespace tools
