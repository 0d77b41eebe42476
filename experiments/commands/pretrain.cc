// Pretrains on the user's own images: a study of one run, which first reports what it will cost,
// and finally what it has cost.

#include <filesystem>

#include "data/tolerant.h"
#include "experiments/commands/command.h"
#include "experiments/commands/own_images.h"
#include "experiments/guarded.h"
#include "experiments/plan.h"
#include "experiments/study.h"
#include "tensor/print.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

Study own_study(const OwnRun& run) {
  return {
      .name = "pretrain",
      .title = fmt::format("Pretraining on {}", run.data.train->name()),
      .description = {},
      .paper = {},
      .runs =
          [](const Baseline& baseline) {
            return std::vector<Run>{
                {std::string(name_of(baseline.config.objective.method)), baseline.config}};
          },
      .look_for = {"std·√d near 0 shows a collapse, and so does a rank near 1; the loss does not "
                   "tell a good run from a bad one.",
                   "Without labels: recall@1, how often a view's nearest neighbour among other "
                   "views is that of the same image. If it is above the untrained network's, the "
                   "network learns; the rank says how many directions the projections use.",
                   "With labels: kNN accuracy above the untrained network's shows that it learns."},
      .neighbours = true};
}

int pretrain(const OwnRun& own, Runner& runner) {
  const Device device = own.options.config.device;
  const Study study = own_study(own);
  check_used({&study, 1}, own.options);
  const std::vector<Run> runs = runs_of(study, runner);
  runner.expect(study.name, runs);
  std::vector<Watcher*> watchers;
  std::optional<Forecast> forecast;
  if (runner.ranks().size() == 1 && !runner.complete(runs)) {  // a plan is for one process
    const Plan plan = [&] {
      const auto phase = runner.phase("measuring a few steps");
      // The run names the files that cannot be read.
      return make_plan(own.options.config,
                       tolerant(own.data, {own.options.config.max_bad_fraction, {}}),
                       own.options.seeds);
    }();
    runner.message(plan_text(plan, device));
    watchers.push_back(&forecast.emplace(plan, device));
  }
  const StudyResult result = run_study(study, runner, watchers);
  const RunRecord& last = result.experiment.runs.back();
  const fs::path checkpoint = own.options.out / "runs" / (last.id + ".safetensors");
  if (forecast)
    if (const std::string text = forecast->against_actual(fs::file_size(checkpoint)); !text.empty())
      runner.message(text);
  print(stdout,
        fmt::format("{}\n{}\n", (result.experiment.results.folder() / "report.html").string(),
                    checkpoint.string()));
  return 0;
}

}  // namespace

int pretrain_command(int argc, char** argv) {
  return guarded_on_ranks([&](const Communicator& ranks) {
    const std::optional<OwnRun> own =
        own_run(argc, argv,
                "Pretrains on a folder of images. The preset `photos` derives the epochs, the "
                "batch size and how often it measures from the number of images; the defaults "
                "shown here are for 10,000. Its report.html shows the run while it trains.",
                /*trains=*/true, {}, ranks);
    if (!own) return 0;
    Runner runner(own->options, *own->options.data, own->data, ranks);
    return runner.lead([&] { return pretrain(*own, runner); });
  });
}

}  // namespace siam
