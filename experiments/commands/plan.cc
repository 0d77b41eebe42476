// Reports what a run of `simsiam pretrain` with the same arguments will cost.

#include "experiments/plan.h"

#include "data/tolerant.h"
#include "experiments/commands/command.h"
#include "experiments/commands/own_images.h"
#include "experiments/progress.h"
#include "tensor/print.h"

namespace siam {

int plan_command(int argc, char** argv) {
  const std::optional<OwnRun> run =
      own_run(argc, argv,
              "Estimates what `simsiam pretrain` with the same folder and options will cost, from "
              "a few of its steps: parameters, memory, time, disk. Nothing is written.",
              /*trains=*/true);
  if (!run) return 0;
  const Config& config = run->options.config;
  Progress progress;
  progress.message(fmt::format("train: {}", run->data.train->contents()));
  const Plan plan = [&] {
    const auto phase = progress.phase("measuring a few steps");
    const auto warn = [&](const std::string& text) { progress.message(text); };
    return make_plan(config, tolerant(run->data, {config.max_bad_fraction, warn}),
                     run->options.seeds);
  }();
  print(stdout, Report().table(plan_table(plan, config.device)).text());
  return 0;
}

}  // namespace siam
