#pragma once
// figure.svg of a study: curves of its runs or, of a study with axes, maps of where they end.

#include <string>

#include "experiments/study.h"

namespace siam {

/// Draws it of what has been measured, into the experiment's folder; runs have `epochs` epochs when
/// they are complete. NotDrawn as draw_picture() has it.
void draw_study_figure(const Study& study, const Experiment& experiment, int epochs);

/// What it shows, for those who cannot see it.
std::string figure_alternative(const Study& study, std::span<const RunRecord> runs);

}  // namespace siam
