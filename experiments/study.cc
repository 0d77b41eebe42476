#include "experiments/study.h"

#include <algorithm>
#include <cmath>

#include "experiments/interrupt.h"
#include "experiments/live_report.h"
#include "experiments/presets.h"
#include "experiments/seeds.h"
#include "experiments/study_figure.h"
#include "experiments/study_list.h"
#include "tensor/print.h"

namespace siam {

#define SIAM_DECLARE(study) Study study();
SIAM_STUDIES(SIAM_DECLARE)

namespace {

// How to train longer: by the next larger preset, if there are as many images as it trains on.
std::string longer(const Runner& runner) {
  const bool larger = runner.options().preset == "quick" &&
                      runner.data().train->size() >= preset("medium").train_samples;
  return larger ? "--preset medium (12 minutes a run on two cores) trains long enough."
                : "A larger --epochs trains longer.";
}

// kNN accuracy tells runs apart only after it has moved away from the untrained network's.
std::string knn_note(const std::vector<SeedGroup>& groups, const Runner& runner) {
  if (std::isnan(groups.at(0).mean.untrained.knn)) return {};  // nothing has a label
  double gain = -INFINITY;
  for (const SeedGroup& group : groups)
    gain = std::max(gain, last_measured(group.mean, &EpochMetrics::knn) - group.mean.untrained.knn);
  if (!(std::abs(gain) < 3)) return {};
  return fmt::format(
      "This run was too short for the kNN panel to be meaningful: the best accuracy ended {} "
      "points from the untrained network's. {}",
      format_number(gain, 1), longer(runner));
}

void write_report(const StudyResult& result) {
  const Experiment& experiment = result.experiment;
  Report report;
  report.heading(1, result.study.title);
  report.paragraph(fmt::format("`{}`", experiment.info.command_line));
  report.image(figure_alternative(result.study, experiment.runs), "figure.svg");
  if (!result.not_drawn.empty()) report.paragraph(fmt::format("**{}**", result.not_drawn));
  report.table(result.table);
  if (!result.findings.empty()) {
    report.paragraph(kVerdicts);
    report.table(claims_table(result.findings));
  }
  if (!result.note.empty()) report.paragraph(fmt::format("**{}**", result.note));
  for (const StudyPicture& each : result.pictures)
    report.image(each.alternative, each.file).paragraph(each.caption);
  report.paragraph("What to look for:");
  report.list(result.study.look_for);
  if (!result.study.decisions.empty()) {
    report.paragraph("What the paper leaves open, and our choices:");
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
  check_batch(runner.options().config, runner.train_samples());  // studies vary it
  std::vector<Run> runs = study.runs({runner.options().config, runner.train_samples()});
  for (Run& run : runs) {
    run.may_diverge = study.map.has_value();
    check_config(run.config);
    check_ranks(run.config, runner.ranks().size());
    check_batch(run.config, runner.train_samples());
  }
  return runs;
}

StudyResult run_study(const Study& study, Runner& runner, std::vector<Watcher*> watchers) {
  const std::vector<Run> runs = runs_of(study, runner);
  LiveReport page(study, runner.options().config,
                  [&](const std::string& text) { runner.message(text); });
  watchers.push_back(&page);
  StudyResult result{study, runner.run(study.name, runs, std::move(watchers)), {}, {}, {}, {}, {}};
  const std::vector<SeedGroup> groups = group_seeds(result.experiment.runs);
  std::vector<PaperNumbers> paper;
  for (const Run& run : runs) paper.push_back(run.paper);
  result.table = run_table(groups, paper, study.paper_accuracy);
  if (study.claims) result.findings = judge(study.claims(runs), result.experiment.runs);
  result.note = knn_note(groups, runner);
  const auto draw = [&](const auto& picture) {
    try {
      const auto phase = runner.phase(fmt::format("drawing {}", study.name));
      picture();
    } catch (const NotDrawn& error) {  // the first of gnuplot's pictures reports it for all
      if (result.not_drawn.empty()) result.not_drawn = error.what();
    }
  };
  draw([&] { draw_study_figure(study, result.experiment, runner.options().config.epochs); });
  draw([&] { result.pictures = collapse_picture(runs, result.experiment, runner); });
  if (!result.not_drawn.empty()) {
    if (interrupted())  // Ctrl-C ends gnuplot, too
      throw Interrupted(
          fmt::format("interrupted: {} is trained, its figure not drawn; to continue: {}",
                      study.name, runner.options().command_to_continue));
    runner.message(result.not_drawn);
  }
  if (study.neighbours)
    for (StudyPicture& each : neighbours_picture(runs[0], result.experiment, runner))
      result.pictures.push_back(std::move(each));
  write_report(result);
  page.complete(result.experiment, result.pictures);
  return result;
}

int study_main(int argc, char** argv, Study (*make_study)()) {
  const Study study = make_study();
  return run_program(
      argc, argv, study.description, [&](const Options& options, const Communicator& ranks) {
        check_options(study, options);
        check_used({&study, 1}, options);
        Runner runner(options, ranks);
        return runner.lead([&] {
          runner.expect(study.name, runs_of(study, runner));
          const StudyResult result = run_study(study, runner);
          print(stdout,
                fmt::format("{}\n", (result.experiment.results.folder() / "report.md").string()));
          return 0;
        });
      });
}

std::vector<Study> all_studies() {
  std::vector<Study> studies;
#define SIAM_ADD(study) studies.emplace_back(study()).program = #study;
  SIAM_STUDIES(SIAM_ADD)
  return studies;
}

}  // namespace siam
