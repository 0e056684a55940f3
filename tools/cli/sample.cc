// sample: matters drawn by lot, to be audited.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tools/cli/commands.h"

namespace tools {
namespace {

struct SampleWish {
  std::string process;
  std::string measure;
  std::uint64_t size = 0;
  std::optional<std::string> from;
  std::optional<std::string> until;
  std::optional<std::string> seed;
};

std::string SampleWords(const Json& answer) {
  std::string words =
      RecordText(answer, {{"seed", "Seed"}, {"candidates", "Candidates"}, {"drawn", "Drawn"}});
  if (answer.Find("drawn").items().empty()) words += "There is none to be drawn.\n";
  return words;
}

}  // namespace

void AddSampleCommand(CLI::App& app, Client& client) {
  auto wish = std::make_shared<SampleWish>();
  CLI::App* command =
      AddCommand(app, "sample", "Draw matters by lot among those that a measure counts",
                 "strongroom sample --process mash --measure disagreements --size 10");
  command->add_option("--process", wish->process, "The process")->required();
  command->add_option("--measure", wish->measure, "A measure of its statistics")->required();
  command->add_option("--size", wish->size, "How many are drawn, at most")->required();
  command->add_option("--from", wish->from, "Counted on this day or later: YYYY-MM-DD");
  command->add_option("--until", wish->until, "Counted on this day or earlier: YYYY-MM-DD");
  command->add_option("--seed", wish->seed, "The seed of an earlier sample, to draw it again");
  command->callback([&client, wish] {
    client.plan.run = [&client, wish] {
      JsonObject body;
      body.Set("process", wish->process).Set("measure", wish->measure);
      body.SetNumber("size", wish->size).Set("from", wish->from).Set("until", wish->until);
      body.Set("seed", wish->seed);
      return client.PrintWith(client.Post("/api/v1/samples", std::move(body)), SampleWords);
    };
  });
}

}  // namespace tools
