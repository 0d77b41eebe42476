#pragma once
// A study: one claim of the paper as a few runs, with what the paper reports for them. Every
// program in this folder except `reproduce`, `simsiam` and `draw_graph` is one study; its file
// shows the difference between the runs and nothing else.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "experiments/claims.h"
#include "experiments/experiment.h"
#include "experiments/heat_map.h"
#include "experiments/study_main.h"
#include "experiments/study_pictures.h"
#include "experiments/training_figure.h"

namespace siam {

/// The starting point of a study's runs.
struct Baseline {
  Config config;          ///< the preset's, changed by the flags
  int64_t train_samples;  ///< images to train on
};

struct Study {
  std::string name;         ///< of its folder
  std::string title;        ///< with section and table of the paper
  std::string description;  ///< for --help
  std::string paper;        ///< the accuracies that the paper reports, in percent, in one line
  std::function<std::vector<Run>(const Baseline&)> runs;
  /// The paper's claims about the order of these runs' accuracies.
  std::function<std::vector<Claim>(const std::vector<Run>&)> claims = {};
  std::vector<std::string> look_for = {};   ///< what to look for in the figure
  std::vector<std::string> decisions = {};  ///< our choices where the paper leaves something open
  std::vector<PaperCurve> curves = {};      ///< the paper's, over relative training time
  /// What `PaperNumbers::accuracy` of the runs means.
  std::string paper_accuracy = "paper: ImageNet linear (%)";
  /// If set, the runs are a grid of two settings and the figure is heat_map.h's; any run may
  /// diverge.
  std::optional<MapAxes> map = {};
  bool neighbours = false;   ///< show what its first run has learned (neighbours_picture())
  std::string program = {};  ///< its own; set by all_studies()
};

struct StudyResult {
  Study study;
  Experiment experiment;
  Table table;                    ///< ours beside the paper's
  std::vector<Finding> findings;  ///< on the study's claims
  std::string note;               ///< about what this run cannot show; may be empty
  std::string not_drawn;          ///< why a figure is missing, and how to draw it; empty if none is
  std::vector<StudyPicture> pictures = {};  ///< those that exist besides the figure
};

/// UsageError if a flag sets something that the study chooses for one of its runs, which would then
/// not be as asked, or not as named. A setting that all runs follow may be given: sizes, say,
/// around which the study chooses them.
void check_options(const Study& study, const Options& options);
/// UsageError if a flag sets a part of a method that no run of the studies has.
void check_used(std::span<const Study> studies, const Options& options);
/// The study's runs for these options. Error if one of them is not possible.
std::vector<Run> runs_of(const Study& study, const Runner& runner);
/// Trains what is not trained yet and leaves <out>/<name>/ with metrics.csv, summary.json,
/// figure.svg, figure.png, the pictures of study_pictures.h that it asks for, report.md, and
/// report.html, which shows the runs while they train. Without gnuplot its pictures are missing.
/// `watchers` are notified.
StudyResult run_study(const Study& study, Runner& runner, std::vector<Watcher*> watchers = {});

/// All studies of meson.build's list, in its order, the paper's: what `reproduce` runs.
std::vector<Study> all_studies();

}  // namespace siam
