#pragma once
// The text of a progress line.

#include <string>

#include "simsiam/metrics.h"

namespace siam {

/// One moment of a run, or of a phase of the program that is not training.
struct ProgressState {
  std::string run = {};
  int epoch = 0;  ///< the current epoch, or the one just finished: 1 ... epochs
  int epochs = 0;
  double share_done = 0;  ///< of the run, 0 to 1
  double loss = kNotMeasured;
  double std = kNotMeasured;     ///< std*sqrt(d), see EpochMetrics
  double knn = kNotMeasured;     ///< percent
  double recall = kNotMeasured;  ///< of a second view, percent
  double images_per_second = kNotMeasured;
  double data_wait = kNotMeasured;  ///< share of the time, 0 to 1
  double seconds_left = kNotMeasured;
  /// Age of these numbers in seconds, while a step takes too long to wait for its end.
  double age = kNotMeasured;

  std::string phase = {};  ///< "reading /data"; if not empty, it is shown instead of the run
  double phase_share = kNotMeasured;  ///< done, 0 to 1
  double phase_seconds = 0;           ///< since it began
};

/// The line for a terminal of `width` columns, at most width - 1 long: what matters least is left
/// out first, then the name is cut; the first number stays. NaN values are left out.
std::string progress_line(const ProgressState& state, int width);
/// The line for a file, with everything known.
std::string plain_line(const ProgressState& state);
/// "47 s", "12:05", "3:07:00"; "?" if not finite or negative.
std::string format_duration(double seconds);
/// Terminal columns of UTF-8 text.
int columns(const std::string& text);

}  // namespace siam
