// Json: JSON for handlers, strict in what it reads. Nobody else needs to know the library behind
// it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vault/base/result.h"

namespace service {

inline constexpr std::size_t kMaxJsonSize = std::size_t{1} << 20;
inline constexpr std::size_t kMaxJsonDepth = 16;
inline constexpr std::size_t kMaxJsonValues = 65'536;

// Json is one JSON value. Objects keep the order in which members were set.
class Json {
 public:
  using Member = std::pair<std::string, Json>;

  Json() = default;            // null
  Json(bool flag);             // NOLINT(google-explicit-constructor): values are written as values
  Json(std::int64_t number);   // NOLINT(google-explicit-constructor)
  Json(int number);            // NOLINT(google-explicit-constructor)
  Json(std::uint32_t number);  // NOLINT(google-explicit-constructor)
  // Counts above 2^63 - 1 are ours to avoid.
  Json(std::uint64_t number);   // NOLINT(google-explicit-constructor)
  Json(std::string text);       // NOLINT(google-explicit-constructor)
  Json(std::string_view text);  // NOLINT(google-explicit-constructor)
  Json(const char* text);       // NOLINT(google-explicit-constructor)
  // A value that may be missing is written as null.
  template <class T>
  Json(const std::optional<T>& value) {  // NOLINT(google-explicit-constructor)
    if (value.has_value()) *this = Json(*value);
  }

  static Json Object();
  static Json Object(std::initializer_list<std::pair<std::string_view, Json>> members);
  static Json Array();
  static Json Texts(const std::vector<std::string>& texts);

  // Parse reads one value.
  // Errors: kInvalid more than 1 MiB, 16 levels or 65,536 values, not UTF-8, a member twice in one
  // object, a
  //         number of more than 15 digits, a zero in a text, bytes after the end, any other fault.
  static vault::Result<Json> Parse(std::string_view text);

  // Set adds a member to an object that has none of that name; Add adds an element to an array.
  Json& Set(std::string_view name, Json value);
  Json& Add(Json value);

  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_object() const { return kind_ == Kind::kObject; }
  bool is_array() const { return kind_ == Kind::kArray; }
  const std::vector<Member>& members() const;  // of an object
  const std::vector<Json>& elements() const;   // of an array
  // Find gives a member that is there and not null.
  const Json* Find(std::string_view name) const;

  // OnlyMembers refuses members that are not named, and anything but an object. Errors: kInvalid.
  vault::Status OnlyMembers(std::initializer_list<std::string_view> names) const;

  // The value itself. Errors: kInvalid it is of another kind.
  vault::Result<std::string> AsText() const;
  vault::Result<std::int64_t> AsInteger() const;
  vault::Result<bool> AsFlag() const;
  vault::Result<std::vector<std::string>> AsTexts() const;

  // Members of an object. Errors: kInvalid missing or of another kind; the detail names the member.
  // The Find… ones give nothing when the member is missing or null. `name` is one of our own words.
  vault::Result<std::string> Text(std::string_view name) const;
  vault::Result<std::int64_t> Integer(std::string_view name) const;
  vault::Result<bool> Flag(std::string_view name) const;
  vault::Result<std::vector<std::string>> TextList(std::string_view name) const;
  vault::Result<std::optional<std::string>> FindText(std::string_view name) const;
  vault::Result<std::optional<std::int64_t>> FindInteger(std::string_view name) const;
  vault::Result<std::optional<bool>> FindFlag(std::string_view name) const;
  vault::Result<std::optional<std::vector<std::string>>> FindTextList(std::string_view name) const;

  // ToText writes it on one line, in UTF-8; a text that is not gets a question mark for each byte
  // that is not ASCII. The value is at most 16 levels deep.
  std::string ToText() const;

 private:
  friend class JsonBuilder;
  enum class Kind : std::uint8_t { kNull, kFlag, kInteger, kReal, kText, kArray, kObject };
  explicit Json(Kind kind) : kind_(kind) {}

  Kind kind_ = Kind::kNull;
  bool flag_ = false;
  std::int64_t integer_ = 0;
  double real_ = 0;
  std::string text_;
  std::vector<Json> elements_;
  std::vector<Member> members_;
};

}  // namespace service
