// Contract: daemon/openapi.json, and whether an answer is what it promises.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/json.h"
#include "vault/base/text.h"

namespace service {

// Contract reads the document of the source tree.
class Contract {
 public:
  Contract() {
    std::ifstream file(std::string(STRONGROOM_SOURCE_DIR) + "/daemon/openapi.json");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    auto json = Json::Parse(text);
    EXPECT_TRUE(json.ok()) << (json.ok() ? "" : json.error().detail);
    if (json.ok()) document_ = std::move(json).value();
  }

  // Routes lists "GET /path" of every operation.
  std::vector<std::string> Routes() const {
    std::vector<std::string> routes;
    const Json* paths = document_.Find("paths");
    if (paths == nullptr) return routes;
    for (const auto& [path, operations] : paths->members()) {
      for (const auto& [method, operation] : operations.members()) {
        routes.push_back(Upper(method) + " " + path);
      }
    }
    return routes;
  }

  // Fault says in which way an answer is not as promised; empty when it is. A request that is for
  // no route is nobody's promise.
  std::string Fault(std::string_view method, std::string_view target, int status,
                    const Json* body) const {
    const Json* operation = Operation(method, target.substr(0, target.find('?')));
    if (operation == nullptr) return "";
    const Json* responses = operation->Find("responses");
    const Json* response = responses->Find(std::to_string(status));
    if (response == nullptr) return "status " + std::to_string(status) + " is not promised";
    const Json* content = response->Find("content");
    const Json* json = content == nullptr ? nullptr : content->Find("application/json");
    if (json == nullptr || body == nullptr) return "";
    return Compare(*json->Find("schema"), *body, "answer");
  }

 private:
  static std::string Upper(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return text;
  }

  static bool Fits(std::string_view pattern, std::string_view path) {
    const auto parts = vault::Split(pattern, '/');
    const auto segments = vault::Split(path, '/');
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i >= segments.size()) return false;
      if (parts[i].ends_with("...}")) return true;
      if (!parts[i].starts_with('{') && parts[i] != segments[i]) return false;
    }
    return parts.size() == segments.size();
  }

  const Json* Operation(std::string_view method, std::string_view path) const {
    const Json* paths = document_.Find("paths");
    if (paths == nullptr) return nullptr;
    const Json* found = nullptr;
    std::size_t literals = 0;
    for (const auto& [pattern, operations] : paths->members()) {
      if (!Fits(pattern, path)) continue;
      // Literals win over captures, as in the router.
      std::size_t count = 0;
      for (const auto part : vault::Split(pattern, '/')) count += part.starts_with('{') ? 0 : 1;
      for (const auto& [name, operation] : operations.members()) {
        if (Upper(name) != (method == "HEAD" ? "GET" : method)) continue;
        if (found != nullptr && count <= literals) continue;
        found = &operation;
        literals = count;
      }
    }
    return found;
  }

  const Json& Resolved(const Json& schema) const {
    const Json* reference = schema.Find("$ref");
    if (reference == nullptr) return schema;
    constexpr std::string_view kWhere = "#/components/schemas/";
    const std::string name = reference->AsText().value().substr(kWhere.size());
    const Json* found = document_.Find("components")->Find("schemas")->Find(name);
    EXPECT_NE(found, nullptr) << name;
    return found == nullptr ? schema : *found;
  }

  static std::string KindOf(const Json& value) {
    if (value.is_null()) return "null";
    if (value.is_object()) return "object";
    if (value.is_array()) return "array";
    if (value.AsText().ok()) return "string";
    if (value.AsFlag().ok()) return "boolean";
    return "integer";
  }

  std::string Compare(const Json& written, const Json& value, const std::string& where) const {
    const Json& schema = Resolved(written);
    const Json* type = schema.Find("type");
    std::vector<std::string> types;
    if (type != nullptr && type->is_array()) types = type->AsTexts().value();
    if (type != nullptr && !type->is_array()) types = {type->AsText().value()};
    const std::string kind = KindOf(value);
    bool fits = types.empty();
    for (const std::string& one : types) fits = fits || one == kind;
    if (!fits) return where + " is " + kind;
    if (kind == "array" && schema.Find("items") != nullptr) {
      for (const Json& element : value.elements()) {
        std::string fault = Compare(*schema.Find("items"), element, where + "[]");
        if (!fault.empty()) return fault;
      }
    }
    const Json* properties = schema.Find("properties");
    if (kind != "object" || properties == nullptr) return "";
    for (const auto& [name, member] : value.members()) {
      const Json* promised = properties->Find(name);
      if (promised == nullptr) return where + "." + name + " is not promised";
      std::string fault = Compare(*promised, member, where + "." + name);
      if (!fault.empty()) return fault;
    }
    const Json* required = schema.Find("required");
    if (required == nullptr) return "";
    const std::vector<std::string> names = required->AsTexts().value();
    for (const std::string& name : names) {
      bool there = false;
      for (const auto& [member, unused] : value.members()) there = there || member == name;
      if (!there) return where + "." + name + " is missing";
    }
    return "";
  }

  Json document_;
};

}  // namespace service
