// Json: answers read into values that commands can print, requests written without stray copies.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/result.h"
#include "vault/base/wiped.h"

namespace tools {

// Json is one JSON value. Object members keep their order.
class Json {
 public:
  enum class Kind { kNull, kFlag, kNumber, kText, kList, kObject };

  Json() = default;
  // Parse reads one value, at most 64 deep. Errors: kInvalid.
  static vault::Result<Json> Parse(std::string_view text);

  Kind kind() const { return kind_; }
  // items: of a list; empty otherwise.
  const std::vector<Json>& items() const { return items_; }
  // members: of an object; empty otherwise.
  const std::vector<std::pair<std::string, Json>>& members() const { return members_; }
  // Find gives a member, or null for an absent one and for a value that is no object.
  const Json& Find(std::string_view name) const;
  // Text is the value as a person reads it: null "–", flags "yes" and "no", lists joined by commas.
  std::string Text() const;
  // Number is a whole number. Errors: kInvalid it is none.
  vault::Result<std::int64_t> Number() const;

 private:
  friend class JsonReader;
  Kind kind_ = Kind::kNull;
  std::string scalar_;
  std::vector<Json> items_;
  std::vector<std::pair<std::string, Json>> members_;
};

// JsonObject writes an object into memory that is wiped. A member without a value is left out.
class JsonObject {
 public:
  JsonObject& Set(std::string_view name, std::string_view value);
  JsonObject& Set(std::string_view name, const std::string& value);
  JsonObject& Set(std::string_view name, const char* value);
  JsonObject& Set(std::string_view name, const std::optional<std::string>& value);
  JsonObject& Set(std::string_view name, const std::vector<std::string>& values);
  JsonObject& Set(std::string_view name, const vault::Plaintext& secret);
  // SetList writes the list even when it is empty.
  JsonObject& SetList(std::string_view name, const std::vector<std::string>& values);
  JsonObject& SetList(std::string_view name, const std::vector<vault::Plaintext>& secrets);
  JsonObject& SetNumber(std::string_view name, std::uint64_t value);
  JsonObject& SetFlag(std::string_view name, bool value);
  // SetRaw writes a member that is JSON already: what Json::Parse has read.
  JsonObject& SetRaw(std::string_view name, std::string_view json);
  // Take gives the text of the whole object.
  vault::Plaintext Take() &&;

 private:
  void Name(std::string_view name);
  void Quote(std::string_view text);
  vault::Plaintext text_;
};

}  // namespace tools
