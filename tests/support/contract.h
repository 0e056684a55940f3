// Contract: daemon/openapi.json, and whether requests and answers are what it promises.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/json.h"
#include "vault/base/civil.h"
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
    if (const Json* reference = response->Find("$ref")) {
      EXPECT_EQ(reference->AsText().value(), "#/components/responses/Problem");
      response = document_.Find("components")->Find("responses")->Find("Problem");
    }
    const Json* content = response->Find("content");
    const Json* json = content == nullptr ? nullptr : content->Find("application/json");
    if (json == nullptr && content != nullptr) json = content->Find("application/problem+json");
    if (json == nullptr || body == nullptr) return "";
    return Compare(*json->Find("schema"), *body, "answer");
  }

  // RequestFault says the same of a request's body.
  std::string RequestFault(std::string_view method, std::string_view target,
                           const Json& body) const {
    const Json* operation = Operation(method, target.substr(0, target.find('?')));
    const Json* request = operation == nullptr ? nullptr : operation->Find("requestBody");
    if (operation == nullptr) return "";
    if (request == nullptr) return body.members().empty() ? "" : "no body is promised";
    const Json* json = request->Find("content")->Find("application/json");
    return json == nullptr ? "" : Compare(*json->Find("schema"), Without(body), "request");
  }

  // Schemas lists every schema of the document with where it stands: one without a type, or an
  // object that says nothing of its members, promises nothing.
  std::vector<std::string> Empty() const {
    std::vector<std::string> out;
    for (const auto& [name, schema] : document_.Find("components")->Find("schemas")->members()) {
      FindEmpty(schema, name, out);
    }
    for (const auto& [path, operations] : document_.Find("paths")->members()) {
      for (const auto& [method, operation] : operations.members()) {
        const std::string where = Upper(method) + " " + path;
        if (const Json* body = operation.Find("requestBody")) FindEmptyIn(*body, where, out);
        for (const auto& [status, response] : operation.Find("responses")->members()) {
          FindEmptyIn(response, where + " " + status, out);
        }
      }
    }
    return out;
  }

 private:
  // A member that is null counts as absent in a request.
  static Json Without(const Json& body) {
    Json out = Json::Object();
    for (const auto& [name, value] : body.members()) {
      if (!value.is_null()) out.Set(name, value);
    }
    return out;
  }

  static void FindEmptyIn(const Json& holder, const std::string& where,
                          std::vector<std::string>& out) {
    const Json* content = holder.Find("content");
    const Json* json = content == nullptr ? nullptr : content->Find("application/json");
    if (json != nullptr) FindEmpty(*json->Find("schema"), where, out);
  }

  static void FindEmpty(const Json& schema, const std::string& where,
                        std::vector<std::string>& out) {
    if (schema.Find("$ref") != nullptr || schema.Find("oneOf") != nullptr) return;
    const Json* type = schema.Find("type");
    if (type == nullptr) {
      out.push_back(where + " has no type");
      return;
    }
    const std::string types = type->ToText();
    const Json* properties = schema.Find("properties");
    const Json* items = schema.Find("items");
    if (types.find("array") != std::string::npos) {
      if (items == nullptr) out.push_back(where + " says nothing of its elements");
      if (items != nullptr) FindEmpty(*items, where + "[]", out);
    }
    if (types.find("object") == std::string::npos) return;
    if (properties == nullptr && schema.Find("additionalProperties") == nullptr) {
      out.push_back(where + " says nothing of its members");
    }
    if (properties == nullptr) return;
    for (const auto& [name, member] : properties->members()) {
      FindEmpty(member, where + "." + name, out);
    }
  }

  // Whether a text is of the form that a schema asks for.
  static bool Formed(const Json& schema, const std::string& text) {
    if (const Json* format = schema.Find("format")) {
      const std::string name = format->AsText().value();
      const bool day = vault::Day::Parse(text).ok();
      if (name == "date" && !day) return false;
      static const std::regex kTime(
          "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})");
      if (name == "date-time" && !std::regex_match(text, kTime)) return false;
      EXPECT_TRUE(name == "date" || name == "date-time") << name;
    }
    const Json* pattern = schema.Find("pattern");
    if (pattern == nullptr) return true;
    const std::string written = pattern->AsText().value();
    thread_local std::map<std::string, std::regex> known;
    return std::regex_search(text, known.try_emplace(written, written).first->second);
  }

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
    if (const Json* several = schema.Find("oneOf")) {
      std::string faults;
      for (const Json& one : several->elements()) {
        std::string fault = Compare(one, value, where);
        if (fault.empty()) return "";
        faults += (faults.empty() ? "" : ", or ") + fault;
      }
      return faults;
    }
    const Json* type = schema.Find("type");
    std::vector<std::string> types;
    if (type != nullptr && type->is_array()) types = type->AsTexts().value();
    if (type != nullptr && !type->is_array()) types = {type->AsText().value()};
    const std::string kind = KindOf(value);
    bool fits = types.empty();
    for (const std::string& one : types) fits = fits || one == kind;
    if (!fits) return where + " is " + kind;
    if (const Json* words = schema.Find("enum")) {
      const std::string text = value.ToText();
      const bool known = std::any_of(words->elements().begin(), words->elements().end(),
                                     [&](const Json& word) { return word.ToText() == text; });
      if (!known) return where + " is " + text + ", which is none of its words";
    }
    if (kind == "string" && !Formed(schema, value.AsText().value())) {
      return where + " is " + value.ToText() + ", which is not of its form";
    }
    if (kind == "array" && schema.Find("items") != nullptr) {
      for (const Json& element : value.elements()) {
        std::string fault = Compare(*schema.Find("items"), element, where + "[]");
        if (!fault.empty()) return fault;
      }
    }
    const Json* properties = schema.Find("properties");
    // A schema of what else there may be is one of its own; the flag false says that nothing may.
    const Json* others = schema.Find("additionalProperties");
    if (others != nullptr && !others->is_object()) others = nullptr;
    if (kind != "object" || (properties == nullptr && others == nullptr)) return "";
    for (const auto& [name, member] : value.members()) {
      const Json* promised = properties == nullptr ? nullptr : properties->Find(name);
      if (promised == nullptr) promised = others;
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
