#pragma once
// The table of studies in the project's README.md, a row for each.

#include <span>
#include <string>

#include "experiments/study.h"

namespace siam {

/// | program | the paper's accuracies | each run's linear accuracy with its deviation over the
/// seeds (without a probe: loss / std*sqrt(d) / kNN at its end), or a map in one sentence | each
/// claim with its verdict, from several seeds | figure |.
std::string readme_row(const Study& study, std::span<const RunRecord> runs,
                       std::span<const Finding> findings, const std::string& preset);

/// The Markdown with the row of the same program replaced, or the new row after the table's last.
/// Error if there is no table whose rows begin with the name of a program here.
std::string with_readme_row(std::string markdown, const std::string& row);

}  // namespace siam
