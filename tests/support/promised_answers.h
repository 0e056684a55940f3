// PromisedAnswers: for every route of daemon/openapi.json an answer of the shape it promises, in
// which each day and each time is there.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/json.h"

namespace tools {

class PromisedAnswers {
 public:
  static constexpr std::string_view kDay = "2026-07-09";
  static constexpr std::string_view kTime = "2026-07-09T12:30:00+01:00";

  struct Route {
    std::string method;  // "get" or "post"
    std::string path;
    std::string answer;
  };

  PromisedAnswers() {
    std::ifstream file(STRONGROOM_SOURCE_DIR "/daemon/openapi.json");
    auto json = Json::Parse(std::string(std::istreambuf_iterator<char>(file), {}));
    EXPECT_TRUE(json.ok());
    if (json.ok()) contract_ = std::move(json).value();
  }

  // Routes gives those that answer with JSON.
  std::vector<Route> Routes() const {
    std::vector<Route> routes;
    for (const auto& [path, operations] : contract_.Find("paths").members()) {
      for (const auto& [method, operation] : operations.members()) {
        const Json& schema = operation.Find("responses")
                                 .Find("200")
                                 .Find("content")
                                 .Find("application/json")
                                 .Find("schema");
        if (schema.kind() != Json::Kind::kObject) continue;
        routes.push_back({method, path, Sample(schema, "")});
      }
    }
    return routes;
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): as deep as the contract's own schemas, which hold no circle.
  std::string Sample(const Json& schema, std::string_view name) const {
    if (const Json& reference = schema.Find("$ref"); reference.kind() == Json::Kind::kText) {
      const std::string text = reference.Text();
      const std::string last = text.substr(text.rfind('/') + 1);
      return Sample(contract_.Find("components").Find("schemas").Find(last), name);
    }
    const Json& types = schema.Find("type");
    const std::string type =
        types.kind() == Json::Kind::kList ? types.items().front().Text() : types.Text();
    if (type == "integer" || type == "number") return "1";
    if (type == "boolean") return "true";
    if (type == "array") return "[" + Sample(schema.Find("items"), name) + "]";
    if (type != "object") return "\"" + SampleText(schema, name) + "\"";
    std::string members;
    for (const auto& [member, rule] : schema.Find("properties").members()) {
      members += (members.empty() ? "\"" : ",\"") + member + "\":" + Sample(rule, member);
    }
    const Json& others = schema.Find("additionalProperties");
    if (others.kind() == Json::Kind::kObject && Sample(others, "").front() == '"') {
      members += (members.empty() ? "" : ",") + std::string("\"a-day\":\"") + std::string(kDay) +
                 "\",\"a-time\":\"" + std::string(kTime) + "\",\"days\":[\"" + std::string(kDay) +
                 "\",\"" + std::string(kDay) + "\"]";
    }
    return "{" + members + "}";
  }

  static std::string SampleText(const Json& schema, std::string_view name) {
    if (!schema.Find("enum").items().empty()) return schema.Find("enum").items().front().Text();
    const std::string format = schema.Find("format").Text();
    if (format == "date") return std::string(kDay);
    // Dates where there is one, whatever kind of date the other rows have.
    if (format == "date-time" || name == "before" || name == "latest") return std::string(kTime);
    if (schema.Find("pattern").Text() == "^[0-9a-f]{32}$") return std::string(32, 'a');
    return name == "token" ? std::string(43, 't') : "words";
  }

  Json contract_;
};

}  // namespace tools
