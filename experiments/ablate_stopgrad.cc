// Fig. 2 of the paper: SimSiam with and without the stop-gradient. Without it nothing else changes,
// and the network collapses: the loss reaches its minimum, -1, with all images mapped to one
// vector.

#include "experiments/experiment.h"
#include "experiments/report.h"
#include "experiments/training_figure.h"

namespace siam {

namespace {

void write_report(const Options& options, const Experiment& experiment) {
  Report report;
  report.heading(1, "With and without stop-gradient (paper, Sec. 4.1 and Fig. 2)");
  report.paragraph(fmt::format("`{}`", options.command_line));
  report.image("training loss, std and kNN accuracy against the epoch", "figure.svg");
  const PaperNumbers paper[] = {{-0.934, 0.939, 52.3}, {-1.0, 0.0, 0.1}};
  report.table(run_table(experiment.runs, paper));
  report.paragraph(
      "The paper's numbers are those of ResNet-50 on ImageNet after 100 epochs (chance is 0.1 %); "
      "its curves are drawn thin, over relative training time. What to look for:");
  const std::string points[] = {
      "Loss: without the stop-gradient it falls to -1 at once, the best value there is. A low loss "
      "is not a "
      "good representation.",
      "std*sqrt(d): the deviation of each channel of z/|z| over the images. It stays near 1 with "
      "the "
      "stop-gradient and goes to 0 without: all images have one representation. Loss at -1 and std "
      "at "
      "0 together are the collapse.",
      fmt::format(
          "kNN accuracy of the backbone's features. The thin line is the untrained network, {} %, "
          "chance "
          "is {} %. A collapsed network may keep much of the untrained one's accuracy for a while, "
          "since the gradient through a collapsed head is small.",
          format_number(experiment.runs[0].knn_untrained, 1), format_number(experiment.chance, 1))};
  report.list(points);
  const double gain =
      last_measured(experiment.runs[0], &EpochMetrics::knn) - experiment.runs[0].knn_untrained;
  if (gain < 3)
    report.paragraph(fmt::format(
        "**This run was too short for the kNN panel to speak**: with the stop-gradient the "
        "accuracy ended {} "
        "points from the untrained network's. `--preset small` (under 40 minutes on two cores) "
        "trains long enough.",
        format_number(gain, 1)));
  report.heading(2, "Settings");
  report.paragraph(fmt::format("Data: {} ({}), device: {}.", experiment.info.dataset,
                               experiment.info.dataset_fingerprint, experiment.info.device));
  report.table(config_table(experiment.info.config));
  experiment.results.write_text("report.md", report.text());
}

int ablate(const Options& options) {
  Config with = options.config;
  Config without = with;
  without.loss.stop_gradient = false;

  const Experiment experiment = run_experiment(
      "stopgrad", options,
      {{"with stop-gradient", "with", with}, {"without stop-gradient", "without", without}});

  draw_figure(training_figure({.runs = experiment.runs,
                               .paper = {{"paper, with", kPaperWithStopGradient, 0},
                                         {"paper, without", kPaperWithoutStopGradient, 1}},
                               .epochs = with.epochs,
                               .chance = experiment.chance}),
              experiment.results.folder());
  write_report(options, experiment);
  fmt::print("{}\n", (experiment.results.folder() / "report.md").string());
  return 0;
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  return siam::run_program(
      argc, argv,
      "Trains SimSiam with and without the stop-gradient and redraws Fig. 2 of the paper.",
      siam::ablate);
}
