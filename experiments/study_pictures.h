#pragma once
// The pictures of a study beside its figure: how its runs collapse, or not, and what its first run
// has learned.

#include <string>
#include <vector>

#include "experiments/experiment.h"

namespace siam {

struct StudyPicture {
  std::string file;         ///< in the study's folder
  std::string alternative;  ///< for those who cannot see it
  std::string caption;      ///< what it shows
};

/// collapse.svg: the snapshots of those runs that were asked for some, each by its first seed. What
/// an earlier training has not recorded is named in a message. Nothing if nothing was recorded, and
/// NotDrawn as draw_picture has it.
std::vector<StudyPicture> collapse_picture(const std::vector<Run>& runs,
                                           const Experiment& experiment, Runner& runner);

/// neighbours.svg: eight test images, and the five training images nearest to each by the features
/// of the run, untrained and trained. A picture of the same run stays as it is. Of at most 10,000
/// training images. Interrupted by Ctrl-C; nothing, and a message, if the checkpoint cannot be
/// used.
std::vector<StudyPicture> neighbours_picture(const Run& run, const Experiment& experiment,
                                             Runner& runner);

}  // namespace siam
