#pragma once
// A study: one claim of the paper as a few runs, with what the paper reports for them. Every
// program in this folder but `reproduce`, `simsiam` and `draw_graph` is one study; its file shows
// the difference between the runs and nothing else.

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

/// What the runs of a study are derived from.
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
  /// What the paper says of the order of these runs' accuracies.
  std::function<std::vector<Claim>(const std::vector<Run>&)> claims = {};
  std::vector<std::string> look_for = {};   ///< what is to be seen in the figure
  std::vector<std::string> decisions = {};  ///< where the paper leaves something open
  std::vector<PaperCurve> curves = {};      ///< of the paper, over relative training time
  /// What `PaperNumbers::accuracy` of the runs is.
  std::string paper_accuracy = "paper: ImageNet linear (%)";
  /// Its runs are a grid of two settings, and its figure is heat_map.h's; any of them may diverge.
  std::optional<MapAxes> map = {};
  bool neighbours = false;   ///< show what its first run has learned (neighbours_picture())
  std::string program = {};  ///< its own; set by all_studies()
};

struct StudyResult {
  Study study;
  Experiment experiment;
  Table table;                    ///< ours beside the paper's
  std::vector<Finding> findings;  ///< on the study's claims
  std::string note;               ///< on what this run cannot show; may be empty
  std::string not_drawn;  ///< why a figure is not there, and how to draw it; empty if all are
  std::vector<StudyPicture> pictures = {};  ///< beside the figure, those that are there
};

/// UsageError if a flag sets what the study compares by name, a method or a part of one: its runs
/// would not be what they are called. Sizes may be set: the runs are then around that one.
void check_options(const Study& study, const Options& options);
/// The study's runs for these options. Error if one of them is not possible.
std::vector<Run> runs_of(const Study& study, const Runner& runner);
/// Trains what is not trained yet and leaves <out>/<name>/ with metrics.csv, summary.json,
/// figure.svg, figure.png, the pictures of study_pictures.h that it asks for, report.md, and
/// report.html, which shows the runs while they train. Without gnuplot what it draws is missing.
/// `watchers` look on.
StudyResult run_study(const Study& study, Runner& runner, std::vector<Watcher*> watchers = {});

/// All studies of meson.build's list, in its order, the paper's: what `reproduce` runs.
std::vector<Study> all_studies();

}  // namespace siam
