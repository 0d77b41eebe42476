#include "experiments/collapse_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "experiments/collapse_gp.h"
#include "experiments/figure.h"

namespace siam {

namespace {

constexpr size_t kColors = 10;  // in collapse.gp

class Csv {
 public:
  void data_set() { text_ += "\n\n"; }
  void row(const char* kind, size_t row, size_t column, int color, const std::string& place,
           std::string_view label) {
    text_ +=
        fmt::format("{},{},{},{},{},{}\n", kind, row, column, color, place, gnuplot_quoted(label));
  }
  void named(const char* kind, size_t row, size_t column, int color, std::string_view label) {
    data_set();
    this->row(kind, row, column, color, ",", label);
  }
  std::string text() const { return text_; }

 private:
  std::string text_ = "kind,row,column,color,x,y,label\n";
};

std::string place(double x, double y) { return fmt::format("{:.5g},{:.5g}", x, y); }

// A data set for each colour, so that all its dots are one path of the SVG.
void add_cloud(Csv& csv, size_t row, size_t column, const Snapshots& snapshots,
               const PrincipalComponents& cloud) {
  const std::string below =
      fmt::format("variance {:.2g}, {:.0f} % in this view", cloud.variance(), 100 * cloud.shown());
  for (size_t color = 0; color < kColors; ++color) {
    bool begun = false;
    for (size_t i = 0; i < cloud.points.size(); ++i) {
      if (static_cast<size_t>(std::max(snapshots.labels[i], 0)) % kColors != color) continue;
      if (!std::exchange(begun, true)) csv.data_set();
      csv.row("cloud", row, column, static_cast<int>(color),
              place(cloud.points[i][0], cloud.points[i][1]), below);
    }
  }
}

}  // namespace

std::string_view collapse_script() { return kCollapseScript; }

std::string collapse_csv(const std::vector<CloudRow>& rows,
                         const std::vector<std::string>& classes) {
  std::set<int> epochs;
  for (const CloudRow& row : rows)
    for (const Snapshot& each : row.snapshots.taken) epochs.insert(each.epoch);
  const std::vector<int> columns(epochs.begin(), epochs.end());
  Csv csv;
  if (classes.size() <= kColors)
    for (size_t i = 0; i < classes.size(); ++i)
      csv.named("class", 0, 0, static_cast<int>(i), classes[i]);
  for (size_t c = 0; c < columns.size(); ++c)
    csv.named("panel", 0, c + 1, 0, fmt::format("epoch {}", columns[c]));
  for (size_t r = 0; r < rows.size(); ++r) {
    csv.named("run", r + 1, 0, 0, rows[r].name);
    for (const auto& [epoch, cloud] : rows[r].snapshots.taken) {
      const auto c = static_cast<size_t>(std::find(columns.begin(), columns.end(), epoch) -
                                         columns.begin() + 1);
      add_cloud(csv, r + 1, c, rows[r].snapshots, cloud);
      csv.data_set();
      for (size_t i = 0; i < cloud.deviations.size(); ++i)
        if (cloud.deviations[i] > 0)  // the axis is logarithmic
          csv.row("spectrum", r + 1, c, 0, place(static_cast<double>(i + 1), cloud.deviations[i]),
                  fmt::format("epoch {}", epoch));
    }
  }
  return csv.text();
}

}  // namespace siam
