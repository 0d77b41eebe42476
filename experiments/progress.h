#pragma once
// The progress display: on a terminal, one line that is redrawn in place; in a file or a pipe, a
// line per epoch, one for every phase that lasts a second, and one whenever a minute has passed
// without a line (ten seconds in a run's first minute), even within a step.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "experiments/progress_line.h"
#include "tensor/communicator.h"

namespace siam {

/// Where progress is shown, and the clock; tests supply their own.
struct ProgressOutput {
  bool terminal = false;
  bool ticks = false;                                  ///< a thread calls tick()
  std::function<int()> width = {};                     ///< columns of the terminal
  std::function<double()> now = {};                    ///< seconds, steady
  std::function<void(const std::string&)> write = {};  ///< and flush

  /// The process's stderr, so that stdout can be piped.
  static ProgressOutput standard();
  /// The same on rank 0; nowhere on the others.
  static ProgressOutput of(const Communicator& ranks);
};

/// The progress of one experiment: some runs, one after the other. Time left is that of all of
/// them, at the rate so far.
///
///     Progress progress(runs);
///     { const auto phase = progress.phase("reading"); ... }
///     progress.start_run("with stop-gradient", epochs, steps_per_epoch);
///     ... per step:   if (progress.due()) progress.step(step, loss, images_per_second, data_wait);
///     ... per epoch:  progress.finish_epoch(metrics);
///     progress.finish_run();
class Progress {
 public:
  /// Work other than training, shown until this object ends. One at a time.
  class Phase {
   public:
    Phase(Progress& progress, std::string what);
    ~Phase();
    Phase(const Phase&) = delete;
    /// The share that is done, 0 to 1.
    void done(double share);

   private:
    Progress& progress_;
  };

  explicit Progress(int runs = 0, ProgressOutput output = ProgressOutput::standard());
  /// Ends the line, so that what is printed next, such as an error, starts on a new one.
  ~Progress();
  Progress(const Progress&) = delete;

  /// `runs` more are to come.
  void expect(int runs);
  /// `first_step` is not 0 when a run is resumed: steps that were not done here do not count for
  /// the speed.
  void start_run(std::string name, int epochs, int64_t steps_per_epoch, int64_t first_step = 0);
  /// True if a line is wanted; on a terminal that is ten times a second. Asking first saves the
  /// caller from fetching the loss from the device at every step.
  bool due() const;
  /// `step` is the number of steps of the run that are done, over all epochs. Without `std` the
  /// last epoch's stays on display.
  void step(int64_t step, double loss, double images_per_second, double data_wait,
            double std = kNotMeasured);
  void finish_epoch(const EpochMetrics& metrics);
  /// The run's last line stays as it is.
  void finish_run();
  /// A separate line above the progress line, whatever names are in it.
  void message(const std::string& text);
  [[nodiscard]] Phase phase(std::string what) { return {*this, std::move(what)}; }
  /// Shows, if due, how long the phase or the step has taken, and that an interrupt has been
  /// noticed.
  void tick();

 private:
  void begin_phase(std::string what);
  void end_phase();
  void advance(int64_t step);
  void wait_for_line();
  void wait_for_next_line();
  void show();
  void erase_line();
  void end_line();

  ProgressOutput output_;
  mutable std::recursive_mutex mutex_;  ///< guards everything below
  int runs_left_;                       ///< after the current one
  double start_;                        ///< of the first run
  double run_start_;                    ///< of the current one; at first, of the program
  double told_ = 0;                     ///< time of the last step told
  struct {
    double since;     ///< time of the last line, or when waiting for one began
    double patience;  ///< seconds from then to the next
  } quiet_;
  bool line_open_ = false;  ///< the cursor stands at the end of a progress line
  int line_columns_ = 0;    ///< of that line
  bool running_ = false;    ///< between start_run and finish_run
  bool told_interrupt_ = false;
  ProgressState state_;
  double phase_start_ = 0;
  bool phase_shown_ = false;
  decltype(quiet_) before_phase_;
  int64_t steps_per_epoch_ = 0;
  int64_t step_ = 0;        ///< of the current run
  int64_t steps_here_ = 0;  ///< over all runs, done by this process

  std::condition_variable_any ending_;
  std::jthread ticker_;  ///< last, to end before what it reads
};

/// Reports what perhaps only one rank has seen: a message on rank 0; on the others a line with the
/// rank's number.
void message_of_rank(const Communicator& ranks, Progress& progress, const std::string& text);

}  // namespace siam
