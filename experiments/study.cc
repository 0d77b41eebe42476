#include "experiments/study.h"

#include <algorithm>
#include <cmath>

#include "experiments/interrupt.h"
#include "experiments/seeds.h"
#include "tensor/print.h"

namespace siam {

namespace {

// kNN accuracy tells runs apart only after it has left the untrained network's behind.
std::string knn_note(const std::vector<SeedGroup>& groups) {
  double gain = -INFINITY;
  for (const SeedGroup& group : groups)
    gain = std::max(gain, last_measured(group.mean, &EpochMetrics::knn) - group.mean.knn_untrained);
  if (!(gain < 3)) return {};
  return fmt::format(
      "This run was too short for the kNN panel to speak: the best accuracy ended {} points from "
      "the untrained network's. --preset small (under 40 minutes for two runs on two cores) trains "
      "long enough.",
      format_number(gain, 1));
}

void write_report(const StudyResult& result) {
  const Experiment& experiment = result.experiment;
  Report report;
  report.heading(1, result.study.title);
  report.paragraph(fmt::format("`{}`", experiment.info.command_line));
  report.image("training loss, std and kNN accuracy against the epoch", "figure.svg");
  if (!result.not_drawn.empty()) report.paragraph(fmt::format("**{}**", result.not_drawn));
  report.table(result.table);
  if (!result.note.empty()) report.paragraph(fmt::format("**{}**", result.note));
  report.paragraph("What to look for:");
  report.list(result.study.look_for);
  if (!result.study.decisions.empty()) {
    report.paragraph("What the paper leaves open, and what was done here:");
    report.list(result.study.decisions);
  }
  report.heading(2, "Settings");
  report.paragraph(fmt::format("Data: {} ({}), device: {}.", experiment.info.dataset,
                               experiment.info.dataset_fingerprint, experiment.info.device));
  std::vector<std::string> stored;
  for (const RunRecord& run : experiment.runs)
    stored.push_back(fmt::format("{}, seed {}: `runs/{}.safetensors`{}", run.name, run.seed, run.id,
                                 run.reused ? ", trained before or for another experiment" : ""));
  report.list(stored);
  report.table(config_table(experiment.info.config));
  experiment.results.write_text("report.md", report.text());
}

}  // namespace

std::vector<Run> runs_of(const Study& study, const Runner& runner) {
  std::vector<Run> runs = study.runs({runner.options().config, runner.train_samples()});
  for (const Run& run : runs) check_config(run.config);
  return runs;
}

StudyResult run_study(const Study& study, Runner& runner) {
  const std::vector<Run> runs = runs_of(study, runner);
  StudyResult result{study, runner.run(study.name, runs), {}, {}, {}};
  const std::vector<SeedGroup> groups = group_seeds(result.experiment.runs);
  std::vector<PaperNumbers> paper;
  for (const Run& run : runs) paper.push_back(run.paper);
  result.table = run_table(groups, paper, study.paper_accuracy);
  result.note = knn_note(groups);
  try {
    const auto phase = runner.phase(fmt::format("drawing {}", study.name));
    draw_figure(training_figure({.runs = groups,
                                 .paper = study.curves,
                                 .epochs = runner.options().config.epochs,
                                 .chance = result.experiment.chance}),
                result.experiment.results.folder());
  } catch (const NotDrawn& error) {
    result.not_drawn = error.what();
  }
  if (!result.not_drawn.empty()) {
    if (interrupted())  // Ctrl-C ends gnuplot, too
      throw Interrupted(
          fmt::format("interrupted: {} is trained, its figure not drawn; to continue: {}",
                      study.name, runner.options().command_to_continue));
    runner.message(result.not_drawn);
  }
  write_report(result);
  return result;
}

int study_main(int argc, char** argv, const Study& study) {
  return run_program(argc, argv, study.description, [&](const Options& options) {
    Runner runner(options);
    runner.expect(study.name, runs_of(study, runner));
    const StudyResult result = run_study(study, runner);
    print(stdout, fmt::format("{}\n", (result.experiment.results.folder() / "report.md").string()));
    return 0;
  });
}

std::vector<Study> all_studies() {
  return {pretrain(),           ablate_stopgrad(),    ablate_predictor(), ablate_batchsize(),
          ablate_batchnorm(),   ablate_similarity(),  ablate_symmetry(),  ablate_outputdim(),
          ablate_alternating(), ablate_expectation(), compare_methods()};
}

}  // namespace siam
