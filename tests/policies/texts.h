// Texts: the shipped policies, read for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/calendar.h"
#include "policies/fault.h"

namespace policies {

inline std::string ShippedText(const std::string& path) {
  std::ifstream file(std::string(STRONGROOM_SOURCE_DIR) + "/policies/" + path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::vector<std::string> Texts(const std::vector<Fault>& faults) {
  std::vector<std::string> out;
  for (const Fault& fault : faults) out.push_back(fault.ToText());
  return out;
}

inline std::vector<SourceText> ShippedCalendarTexts() {
  std::vector<SourceText> texts;
  for (const char* name : {"england-and-wales", "scotland", "northern-ireland", "united-kingdom"}) {
    texts.push_back({name, ShippedText("calendars/" + std::string(name) + ".xml")});
  }
  return texts;
}

inline CalendarBook ReadCalendars() {
  auto book = CalendarBook::FromTexts(ShippedCalendarTexts());
  if (!book.ok()) {
    for (const auto& text : Texts(book.faults())) ADD_FAILURE() << text;
  }
  CHECK(book.ok());
  return std::move(book).value();
}

inline const CalendarBook& ShippedCalendars() {
  static const CalendarBook kBook = ReadCalendars();
  return kBook;
}

inline std::shared_ptr<const Calendar> ShippedCalendar(std::string_view id) {
  auto found = ShippedCalendars().Find(id);
  CHECK(found != nullptr);
  return found;
}

}  // namespace policies
