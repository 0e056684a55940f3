// Fault: what is wrong in a text people wrote, with its place. All faults are told at once.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "vault/base/xml.h"

namespace policies {

// Fault is one sentence about one place; file is empty where a text has no name.
struct Fault {
  std::string file;
  vault::XmlPosition position;
  std::string sentence;

  // ToText writes "FILE: line L, column C: sentence".
  std::string ToText() const {
    std::string place = vault::XmlFaultText(position, sentence);
    return file.empty() ? place : file + ": " + place;
  }
};

// FaultList gathers faults and gives them in the order of the text.
class FaultList {
 public:
  void Add(vault::XmlPosition position, std::string sentence) {
    faults_.push_back({{}, position, std::move(sentence)});
  }
  bool empty() const { return faults_.empty(); }
  std::vector<Fault> Take() && {
    std::stable_sort(faults_.begin(), faults_.end(), [](const Fault& a, const Fault& b) {
      return std::tie(a.position.line, a.position.column) <
             std::tie(b.position.line, b.position.column);
    });
    return std::move(faults_);
  }

 private:
  std::vector<Fault> faults_;
};

// Checked is a value read from a text, or every fault found in it (at least one).
template <class T>
class [[nodiscard]] Checked {
 public:
  Checked(T value) : state_(std::move(value)) {}                     // NOLINT
  Checked(std::vector<Fault> faults) : state_(std::move(faults)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const std::vector<Fault>& faults() const& { return std::get<1>(state_); }
  std::vector<Fault>&& faults() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, std::vector<Fault>> state_;
};

// SourceText is a text with the name people know it by.
struct SourceText {
  std::string name;
  std::string text;
};

}  // namespace policies
