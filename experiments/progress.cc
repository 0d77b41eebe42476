#include "experiments/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

#include "experiments/console.h"
#include "experiments/interrupt.h"
#include "tensor/clock.h"
#include "tensor/print.h"

namespace siam {

namespace {

using Lock = std::lock_guard<std::recursive_mutex>;

constexpr double kSecondsBetweenRedraws = 0.1, kFirstLine = 1;
// Intervals in a file: at first, until a run has a certain age, and afterwards. The numbers of a
// finished step are fresh, so a step gets this long to end before the line is written without it.
constexpr double kSecondsAtFirst = 8, kAtFirst = 60, kSecondsBetweenLines = 60, kStepsEnd = 2;
constexpr std::chrono::milliseconds kTick(200);

}  // namespace

ProgressOutput ProgressOutput::standard() {
  return {.terminal = isatty(STDERR_FILENO) != 0,
          .ticks = true,
          .width =
              [] {
                winsize size{};
                const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
                return known ? static_cast<int>(size.ws_col) : 80;
              },
          .now = steady_seconds,
          .write = [](const std::string& text) { print(stderr, text); }};
}

ProgressOutput ProgressOutput::of(const Communicator& ranks) {
  if (ranks.rank() == 0) return standard();
  return {.width = [] { return 80; }, .now = steady_seconds, .write = [](const std::string&) {}};
}

Progress::Phase::Phase(Progress& progress, std::string what) : progress_(progress) {
  progress_.begin_phase(std::move(what));
}

Progress::Phase::~Phase() { progress_.end_phase(); }

void Progress::Phase::done(double share) {
  const Lock lock(progress_.mutex_);
  progress_.state_.phase_share = share;
  progress_.tick();
}

Progress::Progress(int runs, ProgressOutput output)
    : output_(std::move(output)),
      runs_left_(runs),
      start_(output_.now()),
      run_start_(start_),
      quiet_{-INFINITY, output_.terminal ? kSecondsBetweenRedraws : kSecondsBetweenLines},
      before_phase_(quiet_) {
  if (!output_.ticks) return;
  ticker_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!ending_.wait_for(lock, stop, kTick, [&] { return stop.stop_requested(); })) tick();
  });
}

Progress::~Progress() {
  const Lock lock(mutex_);
  end_line();
}

void Progress::expect(int runs) {
  const Lock lock(mutex_);
  runs_left_ += runs;
}

void Progress::start_run(std::string name, int epochs, int64_t steps_per_epoch,
                         int64_t first_step) {
  const Lock lock(mutex_);
  end_line();
  run_start_ = told_ = output_.now();
  if (steps_here_ == 0) start_ = run_start_;
  --runs_left_;
  running_ = true;
  state_ = {};
  state_.run = std::move(name);
  state_.epochs = epochs;
  steps_per_epoch_ = steps_per_epoch;
  step_ = first_step;
  if (!output_.terminal) wait_for_line();
}

bool Progress::due() const {
  const Lock lock(mutex_);
  return output_.now() - quiet_.since >= quiet_.patience;
}

void Progress::step(int64_t step, double loss, double images_per_second, double data_wait,
                    double std) {
  const Lock lock(mutex_);
  advance(step);
  state_.epoch = static_cast<int>((step + steps_per_epoch_ - 1) / steps_per_epoch_);
  state_.loss = loss;
  if (!std::isnan(std)) state_.std = std;
  state_.images_per_second = images_per_second;
  state_.data_wait = data_wait;
  if (due()) show();
}

void Progress::finish_epoch(const EpochMetrics& metrics) {
  const Lock lock(mutex_);
  advance(metrics.epoch * steps_per_epoch_);
  state_.epoch = metrics.epoch;
  state_.loss = metrics.loss;
  state_.std = metrics.std;
  if (!std::isnan(metrics.knn)) state_.knn = metrics.knn;
  if (!std::isnan(metrics.recall)) state_.recall = metrics.recall;
  state_.images_per_second = metrics.images_per_second;
  state_.data_wait = metrics.data_wait;
  show();
}

void Progress::finish_run() {
  const Lock lock(mutex_);
  end_line();
  running_ = false;
}

void Progress::message(const std::string& text) {
  const Lock lock(mutex_);
  const bool reopen = line_open_;
  if (reopen) erase_line();
  output_.write(one_line(text) + "\n");
  if (reopen) show();
}

void Progress::tick() {
  const Lock lock(mutex_);
  if (running_ && interrupted() && !std::exchange(told_interrupt_, true))
    message("interrupted: what has been trained is saved first; a third signal gives that up");
  if (!due()) return;
  if (!state_.phase.empty()) return show();
  const double now = output_.now();
  if (output_.terminal || !running_ || state_.epoch == 0 ||
      now - quiet_.since < quiet_.patience + kStepsEnd)
    return;
  state_.age = now - told_;
  show();
  state_.age = kNotMeasured;
}

void Progress::begin_phase(std::string what) {
  const Lock lock(mutex_);
  before_phase_ = quiet_;
  state_.phase = one_line(what);
  state_.phase_share = kNotMeasured;
  phase_start_ = output_.now();
  phase_shown_ = false;
  wait_for_line();
}

void Progress::end_phase() {
  const Lock lock(mutex_);
  if (!phase_shown_) quiet_ = before_phase_;
  state_.phase.clear();
  if (line_open_ && (!running_ || state_.epoch == 0)) erase_line();
}

void Progress::advance(int64_t step) {
  told_ = output_.now();
  steps_here_ += step - step_;
  step_ = step;
  const int64_t steps = state_.epochs * steps_per_epoch_;
  state_.share_done = static_cast<double>(step) / static_cast<double>(steps);
  // The rate includes the monitors between epochs, since the time left does.
  const double seconds_per_step = (output_.now() - start_) / static_cast<double>(steps_here_);
  state_.seconds_left =
      seconds_per_step * static_cast<double>(steps - step + std::max(runs_left_, 0) * steps);
}

void Progress::wait_for_next_line() {
  const bool at_first = quiet_.since - run_start_ < kAtFirst - kSecondsAtFirst;
  quiet_.patience = at_first ? kSecondsAtFirst : kSecondsBetweenLines;
}

// A shorter phase is not worth a line.
void Progress::wait_for_line() {
  quiet_ = {output_.now(), output_.terminal ? kSecondsBetweenRedraws : kFirstLine};
}

void Progress::show() {
  quiet_.since = output_.now();
  phase_shown_ = !state_.phase.empty();
  state_.phase_seconds = quiet_.since - phase_start_;
  if (!output_.terminal) {
    wait_for_next_line();
    output_.write(plain_line(state_) + "\n");
    return;
  }
  const int width = output_.width();
  const std::string line = progress_line(state_, width);
  if (line_open_ && line_columns_ > width) erase_line();
  // Without automatic margins (DECAWM): if the terminal is narrower than it last reported, the line
  // is cut off instead of wrapping into the next row.
  output_.write(fmt::format("\x1b[?7l\r{}\x1b[K\x1b[?7h", line));
  line_columns_ = columns(line);
  line_open_ = true;
}

// A window that has become narrower shows the line on several rows, all of which are erased.
void Progress::erase_line() {
  const int rows = std::max(line_columns_ - 1, 0) / std::max(output_.width(), 1);
  output_.write(rows > 0 ? fmt::format("\x1b[{}A\r\x1b[J", rows) : "\r\x1b[K");
  line_open_ = false;
}

void Progress::end_line() {
  if (line_open_) output_.write("\n");
  line_open_ = false;
}

void message_of_rank(const Communicator& ranks, Progress& progress, const std::string& text) {
  if (ranks.rank() == 0)
    progress.message(text);
  else
    print(stderr, one_line(fmt::format("rank {}: {}", ranks.rank(), text)) + "\n");
}

}  // namespace siam
