#pragma once
// A study: one claim of the paper as a few runs, with what the paper reports for them. Every
// program in this folder but `reproduce` and `evaluate` is one study; its file shows the
// difference between the runs and nothing else.

#include <functional>
#include <string>
#include <vector>

#include "experiments/experiment.h"
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
  std::function<std::vector<Run>(const Baseline&)> runs;
  std::vector<std::string> look_for;        ///< what is to be seen in the figure
  std::vector<std::string> decisions = {};  ///< where the paper leaves something open
  std::vector<PaperCurve> curves = {};      ///< of the paper, over relative training time
  /// What `PaperNumbers::accuracy` of the runs is.
  std::string paper_accuracy = "paper: ImageNet linear (%)";
};

struct StudyResult {
  Study study;
  Experiment experiment;
  Table table;            ///< ours beside the paper's
  std::string note;       ///< on what this run cannot show; may be empty
  std::string not_drawn;  ///< why there is no figure, and how to draw it; empty if there is one
};

/// The study's runs for these options. Error if one of them is not possible.
std::vector<Run> runs_of(const Study& study, const Runner& runner);
/// Trains what is not trained yet and leaves <out>/<name>/ with metrics.csv, summary.json,
/// figure.svg, figure.png and report.md. Without gnuplot the figure alone is missing.
StudyResult run_study(const Study& study, Runner& runner);
/// main() of a program that is one study.
int study_main(int argc, char** argv, const Study& study);

/// All studies, in the order of the paper: what `reproduce` runs.
std::vector<Study> all_studies();

Study pretrain();
Study ablate_stopgrad();
Study ablate_predictor();
Study ablate_batchsize();
Study ablate_batchnorm();
Study ablate_similarity();
Study ablate_symmetry();
Study ablate_outputdim();
Study ablate_alternating();
Study ablate_expectation();
Study compare_methods();

}  // namespace siam
