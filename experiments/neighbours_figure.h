#pragma once
// What was learned, as a picture: some images, and those nearest to each before and after training.

#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace siam {

/// Images up to this many pixels a side are enlarged as they are, without smoothing.
inline constexpr int kTinySide = 48;

struct NeighbourRow {
  struct Found {
    Image image;
    bool same_class = false;
  };
  Image query;
  std::vector<Found> untrained, trained;  ///< nearest first
};

/// An SVG of at most about 150 kB: a row per query, with a frame around neighbours of the query's
/// class if images have classes. Images of a few pixels are enlarged without smoothing, others
/// reduced. `mark` is kept in a comment.
std::string neighbours_svg(const std::vector<NeighbourRow>& rows, bool classes,
                           std::string_view mark);

}  // namespace siam
