// Labels: which words beside a cell mean which field of the form.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ingest/answers.h"

namespace ingest {

// Field is a place in a form that a label can name.
enum class Field : std::uint8_t {
  // Header.
  kReference,
  kTheme,
  kSubject,
  kAgency,
  kAuditor,
  kAuditorRole,
  kIndependent,
  kPeriod,
  kRecords,
  kCirculated,
  kDue,
  kReturned,
  kStandardsRead,
  // Several in one cell.
  kAuditorAndRole,         // "J. Price, Lead Practitioner (not involved in care)"
  kReferenceThemeSubject,  // "MACFA-2026-01 / Self-neglect / Adult Elm"
  kAgencyAuditor,          // "Trust; J. Price, Lead Practitioner"
  kPeriodRecords,          // "Jan 2025 to Jan 2026; care record"
  // Connected people.
  kPeopleNote,
  kPersonPseudonym,
  kPersonRelationship,
  kPersonKnown,
  kPersonInformation,
  // Sections 0 to 8.
  kGrade,
  kRationale,
  kEvidence,
  kGoodPractice,
  kImprovement,
  kRecommendation,
  // 9, 10, 11, sign-off.
  kConcern,
  kConcernText,
  kConcernReferredTo,
  kConcernDate,
  kConcernTime,
  kPracticeIssue,
  kSensitive,
  kSensitiveText,
  kSensitiveContact,
  kSignedBy,
  kCheckedBy,
  kSignedDate,
  // The first column of a table with one section a row.
  kSectionColumn,
};

// FindLabel gives the field that a label names at this place of the form.
std::optional<Field> FindLabel(std::string_view text, int place);

// FindColumn gives the field of a column's heading, in a table with one section or person a row.
std::optional<Field> FindColumn(std::string_view text);

}  // namespace ingest
