#pragma once
// figure.svg of a study: curves of its runs or, of a study with axes, maps of where they end.

#include <string>

#include "experiments/study.h"

namespace siam {

/// Draws the measurements so far, into the experiment's folder; complete runs have `epochs` epochs.
/// NotDrawn as for draw_picture().
void draw_study_figure(const Study& study, const Experiment& experiment, int epochs);

/// What it shows, as alternative text.
std::string figure_alternative(const Study& study, std::span<const RunRecord> runs);

}  // namespace siam
