#include "experiments/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "tensor/check.h"

namespace siam {

namespace {

constexpr double kSecondsBetweenRedraws = 0.1;

// Terminal columns of UTF-8 text: bytes that do not continue a character.
int columns(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string first_columns(const std::string& text, int limit) {
  size_t end = 0;
  for (int seen = 0; end < text.size(); ++end) {
    if ((text[end] & 0xc0) != 0x80 && seen++ == limit) break;
  }
  return text.substr(0, end);
}

std::string bar(double share, int cells) {
  const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * cells);
  const bool tip = full < cells;
  return fmt::format("[{:=>{}}{}{:>{}}]", "", full, tip ? ">" : "", "", cells - full - tip);
}

// The measurements by their place in the line; `rank` says which are given up first (the highest).
struct Field {
  int rank;
  std::string text;
};

std::vector<Field> fields(const ProgressState& state) {
  std::vector<Field> result;
  const auto add = [&](int rank, double value, const std::string& text) {
    if (!std::isnan(value)) result.push_back({rank, text});
  };
  // A loss that is not a number is news and must be seen.
  result.push_back({0, fmt::format("epoch {}/{}", state.epoch, state.epochs)});
  result.push_back({1, fmt::format("loss {:.4f}", state.loss)});
  add(2, state.std, fmt::format("std {:.3f}", state.std));
  add(4, state.knn, fmt::format("kNN {:.1f} %", state.knn));
  add(5, state.images_per_second, fmt::format("{:.0f} images/s", state.images_per_second));
  add(6, state.data_wait, fmt::format("data {:.0f} %", 100 * state.data_wait));
  add(3, state.seconds_left, fmt::format("left {}", format_duration(state.seconds_left)));
  return result;
}

std::string join(const std::vector<Field>& parts) {
  std::string line;
  for (const Field& part : parts) line.append("  ").append(part.text);
  return line;
}

}  // namespace

std::string progress_line(const ProgressState& state, int width) {
  const int limit = std::max(width - 1, 0);  // the last column makes some terminals wrap
  std::vector<Field> parts = fields(state);
  const auto length = [&] { return columns(state.run) + columns(join(parts)); };
  while (parts.size() > 1 && length() > limit) {
    parts.erase(std::max_element(parts.begin(), parts.end(),
                                 [](const Field& a, const Field& b) { return a.rank < b.rank; }));
  }
  constexpr int kMinCells = 6, kMaxCells = 30, kFrame = 4;  // two spaces, two brackets
  const int cells = std::min(limit - length() - kFrame, kMaxCells);
  if (cells >= kMinCells) parts.insert(parts.begin() + 1, {0, bar(state.share_done, cells)});
  return first_columns(state.run + join(parts), limit);
}

std::string plain_line(const ProgressState& state) { return state.run + join(fields(state)); }

std::string format_duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const int64_t whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

ProgressOutput ProgressOutput::standard() {
  return {.terminal = isatty(STDERR_FILENO) != 0,
          .width =
              [] {
                winsize size{};
                const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
                return known ? static_cast<int>(size.ws_col) : 80;
              },
          .now =
              [] {
                const auto time = std::chrono::steady_clock::now().time_since_epoch();
                return std::chrono::duration<double>(time).count();
              },
          .write =
              [](const std::string& text) {
                std::fputs(text.c_str(), stderr);
                std::fflush(stderr);
              }};
}

Progress::Progress(int runs, ProgressOutput output)
    : output_(std::move(output)), runs_left_(runs), start_(output_.now()), drawn_(-INFINITY) {}

Progress::~Progress() { end_line(); }

void Progress::start_run(std::string name, int epochs, int64_t steps_per_epoch,
                         int64_t first_step) {
  end_line();
  --runs_left_;
  state_ = {};
  state_.run = std::move(name);
  state_.epochs = epochs;
  steps_per_epoch_ = steps_per_epoch;
  step_ = first_step;
}

bool Progress::due() const {
  return output_.terminal && output_.now() - drawn_ >= kSecondsBetweenRedraws;
}

void Progress::step(int64_t step, double loss, double images_per_second, double data_wait,
                    double std) {
  advance(step);
  state_.epoch = static_cast<int>((step + steps_per_epoch_ - 1) / steps_per_epoch_);
  state_.loss = loss;
  if (!std::isnan(std)) state_.std = std;
  state_.images_per_second = images_per_second;
  state_.data_wait = data_wait;
  if (due()) redraw();
}

void Progress::finish_epoch(const EpochMetrics& metrics) {
  advance(metrics.epoch * steps_per_epoch_);
  state_.epoch = metrics.epoch;
  state_.loss = metrics.loss;
  state_.std = metrics.std;
  if (!std::isnan(metrics.knn)) state_.knn = metrics.knn;
  state_.images_per_second = metrics.images_per_second;
  state_.data_wait = metrics.data_wait;
  if (output_.terminal) {
    redraw();
  } else {
    output_.write(plain_line(state_) + "\n");
  }
}

void Progress::message(const std::string& text) {
  const bool reopen = line_open_;
  if (reopen) output_.write("\r\x1b[K");
  line_open_ = false;
  output_.write(text + "\n");
  if (reopen) redraw();
}

void Progress::advance(int64_t step) {
  steps_here_ += step - step_;
  step_ = step;
  const int64_t steps = state_.epochs * steps_per_epoch_;
  state_.share_done = static_cast<double>(step) / static_cast<double>(steps);
  // The rate includes the monitors between epochs, since time left is meant to.
  const double seconds_per_step = (output_.now() - start_) / static_cast<double>(steps_here_);
  state_.seconds_left =
      seconds_per_step * static_cast<double>(steps - step + std::max(runs_left_, 0) * steps);
}

void Progress::redraw() {
  output_.write(fmt::format("\r{}\x1b[K", progress_line(state_, output_.width())));
  drawn_ = output_.now();
  line_open_ = true;
}

void Progress::end_line() {
  if (line_open_) output_.write("\n");
  line_open_ = false;
}

}  // namespace siam
