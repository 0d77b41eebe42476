#include "experiments/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace siam {

namespace {

std::string first_columns(const std::string& text, int limit) {
  size_t end = 0;
  for (int seen = 0; end < text.size(); ++end) {
    if ((text[end] & 0xc0) != 0x80 && seen++ == limit) break;
  }
  return text.substr(0, end);
}

// The text in at most `limit` columns, or nothing where too little of it would be left.
std::string shortened(const std::string& text, int limit) {
  constexpr int kFew = 4;
  if (columns(text) <= limit) return text;
  return limit < kFew ? "" : first_columns(text, limit - 1) + "…";
}

std::string bar(double share, int cells) {
  const int full = static_cast<int>(std::clamp(share, 0.0, 1.0) * cells);
  const bool tip = full < cells;
  return fmt::format("[{:=>{}}{}{:>{}}]", "", full, tip ? ">" : "", "", cells - full - tip);
}

// The measurements by their position in the line; those with the highest `rank` are dropped first.
struct Field {
  int rank;
  std::string text;
};

std::vector<Field> fields(const ProgressState& state) {
  std::vector<Field> result;
  const auto add = [&](int rank, double value, const std::string& text) {
    if (!std::isnan(value)) result.push_back({rank, text});
  };
  if (!state.phase.empty()) {
    add(0, state.phase_share, fmt::format("{:.0f} %", 100 * state.phase_share));
    add(1, state.phase_seconds, format_duration(state.phase_seconds));
    return result;
  }
  // A loss that is not a number must be visible.
  result.push_back({0, fmt::format("epoch {}/{}", state.epoch, state.epochs)});
  result.push_back({1, fmt::format("loss {:.4f}", state.loss)});
  add(2, state.std, fmt::format("std {:.3f}", state.std));
  add(4, state.knn, fmt::format("kNN {:.1f} %", state.knn));
  add(4, state.recall, fmt::format("recall {:.1f} %", state.recall));
  add(5, state.images_per_second, fmt::format("{:.0f} images/s", state.images_per_second));
  add(6, state.data_wait, fmt::format("data {:.0f} %", 100 * state.data_wait));
  add(3, state.seconds_left, fmt::format("left {}", format_duration(state.seconds_left)));
  add(7, state.age, fmt::format("{} ago", format_duration(state.age)));
  return result;
}

std::string join(const std::string& name, const std::vector<Field>& parts) {
  std::string line = name;
  for (const Field& part : parts) line.append(line.empty() ? "" : "  ").append(part.text);
  return line;
}

const std::string& name_of(const ProgressState& state) {
  return state.phase.empty() ? state.run : state.phase;
}

}  // namespace

int columns(const std::string& text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string progress_line(const ProgressState& state, int width) {
  const int limit = std::max(width - 1, 0);  // the last column makes some terminals wrap
  std::string name = name_of(state);
  std::vector<Field> parts = fields(state);
  const auto length = [&] { return columns(join(name, parts)); };
  while (parts.size() > 1 && length() > limit) {
    parts.erase(std::max_element(parts.begin(), parts.end(),
                                 [](const Field& a, const Field& b) { return a.rank < b.rank; }));
  }
  name = shortened(name, limit - columns(join("", parts)) - 2);
  const double share = state.phase.empty() ? state.share_done : state.phase_share;
  constexpr int kMinCells = 6, kMaxCells = 30, kFrame = 4;  // two spaces, two brackets
  const int cells = std::min(limit - length() - kFrame, kMaxCells);
  if (cells >= kMinCells && !std::isnan(share))
    parts.insert(parts.begin() + 1, {0, bar(share, cells)});
  const std::string line = join(name, parts);
  return columns(line) <= limit ? line : "";  // part of a number would be a different number
}

std::string plain_line(const ProgressState& state) { return join(name_of(state), fields(state)); }

std::string format_duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const int64_t whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace siam
