#pragma once
// What is seen while a run trains: one line that is redrawn in place on a terminal, a line per
// epoch in a file or a pipe.

#include <cstdint>
#include <functional>
#include <string>

#include "simsiam/metrics.h"

namespace siam {

/// One moment of a run.
struct ProgressState {
  std::string run = {};
  int epoch = 0;  ///< the epoch that is trained, or has just been: 1 ... epochs
  int epochs = 0;
  double share_done = 0;  ///< of the run, 0 to 1
  double loss = kNotMeasured;
  double std = kNotMeasured;  ///< std*sqrt(d), see EpochMetrics
  double knn = kNotMeasured;  ///< percent
  double images_per_second = kNotMeasured;
  double data_wait = kNotMeasured;  ///< share of the time, 0 to 1
  double seconds_left = kNotMeasured;
};

/// The line for a terminal of `width` columns, at most width - 1 long: what matters least is left
/// out first. What is NaN is left out.
std::string progress_line(const ProgressState& state, int width);
/// The line for a file, with everything that is known.
std::string plain_line(const ProgressState& state);
/// "47 s", "12:05", "3:07:00"; "?" if not finite or negative.
std::string format_duration(double seconds);

/// Where progress is shown and what time it is; tests put their own here.
struct ProgressOutput {
  bool terminal = false;
  std::function<int()> width = {};                     ///< columns of the terminal
  std::function<double()> now = {};                    ///< seconds, steady
  std::function<void(const std::string&)> write = {};  ///< and flush

  /// The process's stderr, so that stdout can be piped.
  static ProgressOutput standard();
};

/// Of one experiment: some runs one after the other. Time left is that of all of them, by the rate
/// so far.
///
///     Progress progress(runs);
///     progress.start_run("with stop-gradient", epochs, steps_per_epoch);
///     ... per step:   if (progress.due()) progress.step(step, loss, images_per_second, data_wait);
///     ... per epoch:  progress.finish_epoch(metrics);
class Progress {
 public:
  explicit Progress(int runs = 0, ProgressOutput output = ProgressOutput::standard());
  /// Ends the line, so that what is printed next, an error above all, starts on its own.
  ~Progress();
  Progress(const Progress&) = delete;

  /// `runs` more are to come.
  void expect(int runs) { runs_left_ += runs; }
  /// `first_step` is not 0 when a run is resumed: steps that were not done here do not count as
  /// speed.
  void start_run(std::string name, int epochs, int64_t steps_per_epoch, int64_t first_step = 0);
  /// True if a redraw is wanted: on a terminal, ten times a second. Asking first spares the caller
  /// from fetching the loss from the device at every step.
  bool due() const;
  /// `step` is the number of steps of the run that are done, over all epochs. Without `std` the
  /// last epoch's stays on show.
  void step(int64_t step, double loss, double images_per_second, double data_wait,
            double std = kNotMeasured);
  void finish_epoch(const EpochMetrics& metrics);
  /// A line of its own above the progress line.
  void message(const std::string& text);

 private:
  void advance(int64_t step);
  void redraw();
  void end_line();

  ProgressOutput output_;
  int runs_left_;           ///< after the current one
  double start_;            ///< of the experiment
  double drawn_;            ///< time of the last redraw
  bool line_open_ = false;  ///< the cursor stands at the end of a progress line
  ProgressState state_;
  int64_t steps_per_epoch_ = 0;
  int64_t step_ = 0;        ///< of the current run
  int64_t steps_here_ = 0;  ///< of all runs, done by this process
};

}  // namespace siam
