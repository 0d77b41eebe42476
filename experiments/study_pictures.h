#pragma once
// The pictures of a study besides its figure: how its runs collapse, or do not, and what its first
// run has learned.

#include <string>
#include <vector>

#include "experiments/experiment.h"

namespace siam {

struct StudyPicture {
  std::string file;         ///< in the study's folder
  std::string alternative;  ///< alternative text
  std::string caption;      ///< what it shows
};

/// collapse.svg: the snapshots of those runs that take some, each with its first seed. Snapshots
/// that an earlier training has not recorded are named in a message. Nothing if nothing was
/// recorded; NotDrawn as for draw_picture().
std::vector<StudyPicture> collapse_picture(const std::vector<Run>& runs,
                                           const Experiment& experiment, Runner& runner);

/// neighbours.svg: eight test images, and the five training images nearest to each by the features
/// of the run, untrained and trained. An existing picture of the same run is kept. Searches at most
/// 10,000 training images. Interrupted by Ctrl-C; nothing, and a message, if the checkpoint cannot
/// be used.
std::vector<StudyPicture> neighbours_picture(const Run& run, const Experiment& experiment,
                                             Runner& runner);

}  // namespace siam
