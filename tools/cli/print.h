// Print: answers in plain words, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/json.h"

namespace tools {

// Column is one member of an answer and the words that stand for it.
struct Column {
  const char* member;
  const char* title;
};
using Columns = std::vector<Column>;

// Spoken is a value on one line as a person reads it: days and times in words, members of a list
// joined by commas.
std::string Spoken(const Json& value);
// RecordText is one line a member: "Reference  MACFA-2026-1". Members that the answer lacks are
// left out.
std::string RecordText(const Json& record, const Columns& columns);
// OwedWords says that keys of before are still to be destroyed; empty when they are not.
std::string OwedWords(const Json& answer);
// TableText is a heading and one line an item; "None.\n" for an empty list.
std::string TableText(const Json& list, const Columns& columns);
// PlainText takes control characters out, so that no answer can steer a terminal; newlines stay.
std::string PlainText(std::string_view text);
// OneLine is PlainText on one line, for errors.
std::string OneLine(std::string_view text);

}  // namespace tools
