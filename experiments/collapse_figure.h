#pragma once
// Collapse as a picture: for each run a row of panels, the embeddings z / |z| of the same images at
// several epochs, and the spectrum of their spread beside it. Drawn by gnuplot with collapse.gp.
//
// Every panel has a basis of its own, the first two principal directions around the mean, in which
// a cloud looks as wide as it can; one scale holds for all panels. So what looks like a point is
// one, from every side.

#include <string>
#include <string_view>
#include <vector>

#include "experiments/snapshots.h"

namespace siam {

struct CloudRow {
  std::string name;  ///< of the run
  Snapshots snapshots;
};

/// What collapse.gp draws; its first lines say what the columns and data sets are. An epoch that
/// only some rows have is an empty panel in the others. More than ten classes share ten colours and
/// are not named.
std::string collapse_csv(const std::vector<CloudRow>& rows,
                         const std::vector<std::string>& classes);
/// collapse.gp, as it was when the program was built.
std::string_view collapse_script();

}  // namespace siam
