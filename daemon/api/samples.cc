// sample: matters drawn by lot among those that a measure of their process counts.
#include "vault/samples.h"

#include <algorithm>

#include "daemon/api/reports.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "policies/measure.h"

namespace service {

using vault::Result;

namespace {

// Matters counted by a measure on one of these days. Each is a candidate once, however often it is
// counted.
Result<std::vector<std::string>> Candidates(const Visit& visit, std::string_view process,
                                            const policies::MeasureRule& rule, const Span& span) {
  vault::Vault& vault = visit.vault();
  std::vector<std::string> references;
  TRY(const std::vector<vault::MatterRow> matters, vault.matter_rows().All());
  for (const vault::MatterRow& matter : matters) {
    if (matter.template_id != process) continue;
    // One matter at a time: others come in between.
    const auto lock = vault.Locked();
    TRY(const auto counted, vault.records().Counted(visit.actor, matter));
    std::vector<policies::DatedRecord> dated;
    for (const auto& one : counted) dated.push_back({one.facts, one.day});
    const std::vector<vault::Day> days = policies::DaysOf(rule, dated);
    const bool within =
        std::any_of(days.begin(), days.end(), [&span](vault::Day day) { return span.Has(day); });
    if (within) references.push_back(matter.ref);
  }
  return references;
}

Result<Response> DrawSample(Door& door) {
  TRY(const Json body, door.Body({"process", "measure", "from", "until", "size", "seed"}));
  vault::SampleWish wish;
  TRY(wish.template_id, body.Text("process"));
  TRY(wish.measure, body.Text("measure"));
  TRY(wish.from, FindDay(body, "from"));
  TRY(wish.until, FindDay(body, "until"));
  TRY(const std::int64_t size, body.Integer("size"));
  if (size <= 0) return vault::Invalid("size: at least one is drawn");
  wish.size = static_cast<std::uint64_t>(size);
  TRY(const std::optional<std::string> seed, body.FindText("seed"));
  if (seed && seed->empty()) return vault::Invalid("seed: it is empty");
  wish.seed = seed.value_or("");
  TRY(const Visit visit, door.Enter(Anchoring::kNeeded));
  TRY_VOID(visit.Require({Who::kUnit, Who::kIgo}));
  const NewestTemplates newest = Newest(door.context());
  const auto process = newest.find(wish.template_id);
  if (process == newest.end()) return vault::NotFound("no such process");
  for (const policies::MeasureRule& rule : process->second->Data().measures) {
    if (rule.id != wish.measure) continue;
    TRY(std::vector<std::string> references,
        Candidates(visit, wish.template_id, rule, {wish.from, wish.until}));
    TRY(const vault::Sample sample,
        visit.vault().samples().Draw(visit.actor, wish, std::move(references)));
    return JsonAnswer(Json::Object({{"seed", sample.seed},
                                    {"candidates", sample.candidates},
                                    {"drawn", Json::Texts(sample.drawn)}}));
  }
  return vault::NotFound("the process has no such measure");
}

}  // namespace

void AddSampleRoutes(Router& router, Context& context) {
  router.Add(
      {Verb::kPost, "/api/v1/samples", SmallBody(kMaxJsonSize), Answered(context, DrawSample)});
}

}  // namespace service
