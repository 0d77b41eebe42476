#include "experiments/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "experiments/figure.h"
#include "experiments/heat_map_gp.h"
#include "experiments/report.h"
#include "experiments/results.h"
#include "tensor/check.h"

namespace siam {

namespace {

// For std*sqrt(d), in the sentence: a healthy run ends near 1, a collapsed one near 0.
constexpr double kHalfSpread = 0.5;
// For the effective rank; simsiam/doctor.cc explains the value.
constexpr double kFewDirections = 3;

const ConfigValue& setting(const RunRecord& run, const std::string& name) {
  const auto entry = std::find_if(run.config.begin(), run.config.end(),
                                  [&](const auto& each) { return each.first == name; });
  check(entry != run.config.end(),
        "map: no setting '{}' of run '{}'; one of the configuration's table is needed; name it",
        name, run.name);
  return entry->second;
}

double number(const ConfigValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  const auto* real = std::get_if<double>(&value);
  check(real != nullptr, "map: {} is no number; an axis is one of numbers; use another setting",
        format_value(value));
  return *real;
}

// The values on an axis with their positions, from 1.
class Places {
 public:
  Places(const MapAxis& axis, std::span<const SeedGroup> runs) : axis_(axis) {
    for (const SeedGroup& run : runs) {
      const ConfigValue& value = setting(run.mean, axis.setting);
      labels_[number(value)] = format_value(value);
    }
  }
  size_t of(const RunRecord& run) const {
    const auto found = labels_.find(number(setting(run, axis_.setting)));
    return static_cast<size_t>(std::distance(labels_.begin(), found)) + 1;
  }
  std::vector<std::string> labels() const {
    std::vector<std::string> all;
    for (const auto& [value, label] : labels_) all.push_back(label);
    return all;
  }

 private:
  MapAxis axis_;
  std::map<double, std::string> labels_;
};

struct Map {
  std::string title;
  double EpochMetrics::*field;
  int digits;
  std::function<double(double value)> share;  ///< position on the colour scale
};

Map judged(std::span<const SeedGroup> runs, const char* what, double EpochMetrics::*field,
           double untrained) {
  double reach = 0;
  for (const SeedGroup& run : runs)
    reach = std::fmax(reach, std::abs(last_measured(run.mean, field) - untrained));
  return {fmt::format("{} (%), untrained {:.1f}", what, untrained), field, 1,
          [=](double value) { return reach > 0 ? 0.5 + (value - untrained) / reach / 2 : 0.5; }};
}

std::vector<Map> maps_of(std::span<const SeedGroup> runs) {
  std::vector<Map> maps = {
      {"std of z/‖z‖ × √d", &EpochMetrics::std, 2, [](double value) { return value; }}};
  if (runs.empty()) return maps;
  const RunRecord& first = runs[0].mean;
  if (std::any_of(runs.begin(), runs.end(), [](const SeedGroup& run) {
        return !std::isnan(last_measured(run.mean, &EpochMetrics::effective_rank));
      })) {
    const double most = std::log(std::max(2.0, number(setting(first, "dim"))));
    maps.push_back({"effective rank of z", &EpochMetrics::effective_rank, 1,
                    [most](double value) { return std::log(std::max(value, 1.0)) / most; }});
  }
  if (!std::isnan(first.untrained.recall))
    maps.push_back(judged(runs, "recall@1", &EpochMetrics::recall, first.untrained.recall));
  else if (!std::isnan(first.untrained.knn))
    maps.push_back(judged(runs, "kNN accuracy", &EpochMetrics::knn, first.untrained.knn));
  return maps;
}

}  // namespace

std::string_view heat_map_script() { return kHeatMapScript; }

std::string heat_map_csv(const MapAxes& axes, std::span<const SeedGroup> runs) {
  std::string text = "map,kind,column,row,share,label\n";
  const auto add = [&](size_t map, const char* kind, size_t column, size_t row, double share,
                       std::string_view label) {
    text +=
        fmt::format("\n\n{},{},{},{},{},{}\n", map, kind, column, row,
                    std::isfinite(share) ? fmt::format("{:.4f}", std::clamp(share, 0.0, 1.0)) : "",
                    gnuplot_quoted(label));
  };
  const Places columns(axes.column, runs), rows(axes.row, runs);
  add(0, "columns", 0, 0, NAN, axes.column.title);
  add(0, "rows", 0, 0, NAN, axes.row.title);
  size_t place = 0;
  for (const std::string& label : columns.labels()) add(0, "column", ++place, 0, NAN, label);
  place = 0;
  for (const std::string& label : rows.labels()) add(0, "row", 0, ++place, NAN, label);
  const std::vector<Map> maps = maps_of(runs);
  for (size_t m = 0; m < maps.size(); ++m) {
    add(m + 1, "title", 0, 0, NAN, maps[m].title);
    for (const SeedGroup& run : runs) {
      const double value =
          diverged(run.mean) ? kNotMeasured : last_measured(run.mean, maps[m].field);
      add(m + 1, "cell", columns.of(run.mean), rows.of(run.mean), maps[m].share(value),
          diverged(run.mean) ? "diverged" : format_number(value, maps[m].digits));
    }
  }
  return text;
}

std::string heat_map_summary(std::span<const SeedGroup> runs) {
  int low = 0, few = 0, lost = 0;
  double least = INFINITY, most = -INFINITY;
  for (const SeedGroup& run : runs) {
    if (diverged(run.mean)) {
      ++lost;
      continue;
    }
    const double std = last_measured(run.mean, &EpochMetrics::std);
    low += std < kHalfSpread;
    few += last_measured(run.mean, &EpochMetrics::effective_rank) < kFewDirections;
    least = std::fmin(least, std);
    most = std::fmax(most, std);
  }
  return fmt::format(
      "of {} cells std·√d is below {} in {}, the effective rank below {} in {}, and {} diverged; "
      "std·√d is from {:.2f} to {:.2f}",
      runs.size(), kHalfSpread, low, kFewDirections, few, lost, least, most);
}

}  // namespace siam
