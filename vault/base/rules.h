// Rules: the questions the vault asks without seeing a rule's text. `policies` answers them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/capability.h"
#include "vault/base/facts.h"
#include "vault/base/result.h"

namespace vault {

// ReadingRules answers who may read what. Pure; the same facts give the same verdict.
class ReadingRules {
 public:
  virtual ~ReadingRules() = default;
  virtual ReadingVerdict Read(const MatterFacts& matter, const ReadingFacts& facts) const = 0;
};

// RetentionRules answers what is due. The order is written exactly when the verdict is kDestroy.
struct Judgement {
  RetentionVerdict verdict;
  std::optional<DisposalOrder> order;
};
class RetentionRules {
 public:
  virtual ~RetentionRules() = default;
  virtual Judgement Weigh(const MatterFacts& matter, const RetentionFacts& facts,
                          TimeInterval now) const = 0;
};

// ProcessRules is one version of one process template.
class ProcessRules : public ReadingRules, public RetentionRules {
 public:
  virtual std::string_view template_id() const = 0;  // "macfa"
  virtual std::uint32_t template_version() const = 0;
  virtual const std::string& text_hash()
      const = 0;                                    // SHA-256 hex of the XML text; empty if unknown
  virtual std::string_view noun() const = 0;        // "audit"
  virtual std::string_view ref_prefix() const = 0;  // "MACFA"
  // Phase is the code of the phase that the latest phase-opening event opened.
  virtual std::string Phase(const MatterFacts& matter) const = 0;
  // Event gives the rule of a known event. Errors: kInvalid unknown to this template.
  virtual Result<EventRule> Event(std::string_view name) const = 0;
  // HoldOf gives the hold that recording an event on a day places; none: it places none.
  virtual std::optional<HoldRule> HoldOf(std::string_view event, Day placed) const = 0;
  // CheckEvent says whether it may be recorded now. Errors: kConflict it has happened already or
  // the template forbids it here.
  virtual Status CheckEvent(const MatterFacts& matter, std::string_view name) const = 0;
  // Warnings gives plain sentences about limits and windows that recording it now would miss.
  virtual std::vector<std::string> Warnings(const MatterFacts& matter, std::string_view event,
                                            UnixSeconds at) const = 0;
  virtual Result<ClassRule> Class(std::string_view code) const = 0;
  virtual std::vector<ClassRule> Classes() const = 0;
  // AutomaticEvents lists what falls due by itself, with its moment, earliest first.
  virtual std::vector<MatterEvent> AutomaticEvents(const MatterFacts& matter) const = 0;
  virtual std::vector<DueItem> Due(const MatterFacts& matter) const = 0;
  // LoanDeadline is the fail-safe end of a loan whose ending event is never recorded:
  // the meeting + 30 days, one year from now while no meeting is set.
  virtual UnixSeconds LoanDeadline(const MatterFacts& matter, UnixSeconds now) const = 0;
  // NamesEnd is when the log's names of a matter are destroyed that itself was destroyed at a
  // moment: the accountability period after it.
  virtual UnixSeconds NamesEnd(UnixSeconds matter_destroyed) const = 0;
  // SubjectLimit is the most subjects a matter takes without a warning; 0 none.
  virtual std::uint32_t SubjectLimit() const = 0;
  // PacksForAll says whether an agency with a part in the matter is lent the pack of every subject,
  // not only of those it is involved with.
  virtual bool PacksForAll() const = 0;
  virtual std::vector<RoleRule> Roles() const = 0;
  // Lending gives the loans of the template and the kinds of party that get them.
  virtual std::vector<LendingRule> Lending() const = 0;
  virtual std::vector<RecordKind> RecordKinds() const = 0;
  // Record gives a known kind. Errors: kInvalid unknown to this template.
  virtual Result<RecordKind> Record(std::string_view kind) const = 0;
  // CheckRecord holds a record against its kind and the template's checks. others: the matter's
  // other records (without the one being changed). A value that is no value is a kRefuse.
  virtual std::vector<Finding> CheckRecord(const MatterFacts& matter,
                                           std::span<const RecordFacts> others,
                                           const RecordFacts& record, UnixSeconds now) const = 0;
  // CheckStep says what the matter's records miss for recording an event now.
  virtual std::vector<Finding> CheckStep(const MatterFacts& matter,
                                         std::span<const RecordFacts> records,
                                         std::string_view event, UnixSeconds at) const = 0;
  // ComparedWith gives the kinds of which the other records count when one of a kind is written,
  // AskedAt those of which the records count when an event is recorded.
  virtual std::vector<std::string> ComparedWith(std::string_view kind) const = 0;
  virtual std::vector<std::string> AskedAt(std::string_view event) const = 0;
  // CheckLimit says whether a count (with the new one) passes a limit of the template; a limit it
  // does not set is never passed.
  virtual std::optional<Finding> CheckLimit(std::string_view limit, std::int64_t count) const = 0;
};

// RuleBook finds templates: running matters keep the version they began with.
class RuleBook {
 public:
  virtual ~RuleBook() = default;
  // Errors: kNotFound.
  virtual Result<const ProcessRules*> Find(std::string_view template_id,
                                           std::uint32_t version) const = 0;
  virtual Result<const ProcessRules*> Latest(std::string_view template_id) const = 0;
  // Starting gives the version a new matter begins with on a day: the newest one in force.
  // Errors: kNotFound; kConflict the process is not in force then (not yet, or retired).
  virtual Result<const ProcessRules*> Starting(std::string_view template_id, Day day) const = 0;
};

}  // namespace vault
