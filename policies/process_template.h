// ProcessTemplate: one version of one process, as its text says.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/judge.h"
#include "policies/template_data.h"
#include "vault/base/rules.h"

namespace policies {

// ProcessTemplate answers the vault from a template's text. Immutable.   Threads: safe from any.
class ProcessTemplate final : public vault::ProcessRules {
 public:
  // Parse reads a template. text_hash is the SHA-256 of the text in hex, or empty when unknown;
  // amendments say what an overlay changed in the text.
  // Faults: everything wrong with the text, at once.
  static Checked<std::unique_ptr<ProcessTemplate>> Parse(std::string_view text,
                                                         const CalendarBook& calendars,
                                                         std::string text_hash);
  static Checked<std::unique_ptr<ProcessTemplate>> Parse(std::string_view text,
                                                         const CalendarBook& calendars,
                                                         std::string text_hash,
                                                         std::vector<std::string> amendments);
  ProcessTemplate(const ProcessTemplate&) = delete;
  ProcessTemplate& operator=(const ProcessTemplate&) = delete;

  // Limit gives one of the template's limits; 0 when it sets none.
  int Limit(std::string_view id) const;
  // Data is the whole template, as its text says.
  const TemplateData& Data() const { return data_; }
  // Phases in order; a matter begins in the first.
  std::vector<std::string> Phases() const;
  // Rank chooses from a matter's records. Errors: kInvalid unknown to this template.
  vault::Result<Ranking> Rank(std::string_view id,
                              std::span<const vault::RecordFacts> records) const;
  // Events the template knows, in the order of its text.
  std::vector<vault::EventRule> Events() const;

  vault::ReadingVerdict Read(const vault::MatterFacts& matter,
                             const vault::ReadingFacts& facts) const override;
  vault::Judgement Weigh(const vault::MatterFacts& matter, const vault::RetentionFacts& facts,
                         vault::TimeInterval now) const override;
  std::string_view template_id() const override { return data_.id; }
  std::uint32_t template_version() const override { return data_.version; }
  const std::string& text_hash() const override { return text_hash_; }
  std::string_view noun() const override { return data_.noun; }
  std::string_view ref_prefix() const override { return data_.ref_prefix; }
  std::string Phase(const vault::MatterFacts& matter) const override;
  vault::Result<vault::EventRule> Event(std::string_view name) const override;
  std::optional<vault::HoldRule> HoldOf(std::string_view event, vault::Day placed) const override;
  vault::Status CheckEvent(const vault::MatterFacts& matter, std::string_view name) const override;
  std::vector<std::string> Warnings(const vault::MatterFacts& matter, std::string_view event,
                                    vault::UnixSeconds at) const override;
  vault::Result<vault::ClassRule> Class(std::string_view code) const override;
  std::vector<vault::ClassRule> Classes() const override { return data_.classes; }
  std::vector<vault::MatterEvent> AutomaticEvents(const vault::MatterFacts& matter) const override;
  std::vector<vault::DueItem> Due(const vault::MatterFacts& matter) const override;
  vault::UnixSeconds LoanDeadline(const vault::MatterFacts& matter,
                                  vault::UnixSeconds now) const override;
  vault::UnixSeconds NamesEnd(vault::UnixSeconds matter_destroyed) const override;
  std::uint32_t SubjectLimit() const override;
  bool PacksForAll() const override { return data_.reading.scope() == PackScope::kAll; }
  std::vector<vault::RoleRule> Roles() const override { return data_.roles; }
  std::vector<vault::LendingRule> Lending() const override { return data_.retention.loans; }
  std::vector<vault::RecordKind> RecordKinds() const override { return data_.records; }
  vault::Result<vault::RecordKind> Record(std::string_view kind) const override;
  std::vector<vault::Finding> CheckRecord(const vault::MatterFacts& matter,
                                          std::span<const vault::RecordFacts> others,
                                          const vault::RecordFacts& record,
                                          vault::UnixSeconds now) const override;
  std::vector<vault::Finding> CheckStep(const vault::MatterFacts& matter,
                                        std::span<const vault::RecordFacts> records,
                                        std::string_view event,
                                        vault::UnixSeconds at) const override;
  std::vector<std::string> ComparedWith(std::string_view kind) const override;
  std::vector<std::string> AskedAt(std::string_view event) const override;
  std::optional<vault::Finding> CheckLimit(std::string_view limit,
                                           std::int64_t count) const override;
  // InForceOn says whether a new matter may begin with this version on a day.
  bool InForceOn(vault::Day day) const;

 private:
  ProcessTemplate(TemplateData data, std::string text_hash)
      : data_(std::move(data)), text_hash_(std::move(text_hash)), judge_(&data_.retention) {
    for (std::size_t i = 0; i < data_.events.size(); ++i) {
      event_at_.emplace(data_.events[i].rule.name, i);
    }
    reading_ = data_.id + "/" + std::to_string(data_.version) + " reading ";
  }
  const TemplateEvent* FindEvent(std::string_view name) const;
  const vault::RecordKind* FindRecord(std::string_view kind) const;
  std::optional<vault::UnixSeconds> MomentOf(std::string_view event,
                                             const vault::MatterFacts& matter) const;
  const DueRule* FindDue(std::string_view id) const;
  // IsSpared says whether something has happened after which the rule is not due any more.
  bool IsSpared(const DueRule& due, const vault::MatterFacts& matter) const;
  std::optional<vault::Day> DueDay(const DueRule& due, const vault::MatterFacts& matter) const;
  // Pause is how long a count stood still, and since when it does now.
  struct Pause {
    std::int32_t days = 0;
    std::optional<vault::Day> since;
  };
  static Pause PauseOf(const DueRule& due, vault::Day from, const vault::MatterFacts& matter);
  std::optional<vault::Day> PausedSince(const DueRule& due, const vault::MatterFacts& matter) const;
  std::optional<vault::UnixSeconds> DueMoment(const DueRule& due,
                                              const vault::MatterFacts& matter) const;
  std::optional<vault::Day> CountedFrom(const DueRule& due, const vault::MatterFacts& matter) const;
  std::optional<vault::UnixSeconds> FulfilledAt(const DueRule& due,
                                                const vault::MatterFacts& matter) const;
  std::optional<vault::Day> DayOf(std::string_view event, const vault::MatterFacts& matter) const;

  TemplateData data_;
  std::string text_hash_;
  std::string reading_;  // how a reading rule's name begins
  std::map<std::string, std::size_t, std::less<>> event_at_;
  Judge judge_;
};

}  // namespace policies
