#pragma once
// Collapse as a picture: for each run a row of panels, the embeddings z / |z| of the same images at
// several epochs, followed by the spectrum of their spread. Drawn by gnuplot with collapse.gp.
//
// Every panel has its own basis, the first two principal directions around the mean, in which a
// cloud looks as wide as possible; all panels share one scale. So what looks like a point is one,
// from every side.

#include <string>
#include <string_view>
#include <vector>

#include "experiments/snapshots.h"

namespace siam {

struct CloudRow {
  std::string name;  ///< of the run
  Snapshots snapshots;
};

/// The input of collapse.gp, whose first lines describe the columns and data sets. An epoch that
/// only some rows have is an empty panel in the others. More than ten classes share ten colours and
/// are not named.
std::string collapse_csv(const std::vector<CloudRow>& rows,
                         const std::vector<std::string>& classes);
/// The text of collapse.gp at build time.
std::string_view collapse_script();

}  // namespace siam
