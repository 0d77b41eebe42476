#pragma once
// Markdown for report.md: our numbers beside the paper's.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "experiments/seeds.h"
#include "simsiam/metrics.h"

namespace siam {

enum class Align { left, right };

struct Column {
  std::string title = {};
  Align align = Align::right;
};

struct Table {
  std::vector<Column> columns = {};
  std::vector<std::vector<std::string>> rows = {};  ///< a cell per column
};

class Report {
 public:
  Report& heading(int level, std::string_view text);
  /// Plain Markdown, taken as it is.
  Report& paragraph(std::string_view text);
  Report& list(std::span<const std::string> items);
  /// Columns are padded, so that the file reads well as plain text too.
  Report& table(const Table& table);
  /// A picture beside the report.
  Report& image(std::string_view alternative, std::string_view file);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// What the paper reports for a run; NaN where it reports nothing.
struct PaperNumbers {
  double loss = kNotMeasured;
  double std = kNotMeasured;       ///< std*sqrt(d)
  double knn = kNotMeasured;       ///< percent
  double accuracy = kNotMeasured;  ///< of a linear classifier, percent
};

/// A row per run: loss, std*sqrt(d) and kNN accuracy at its end, with the standard deviation over
/// several seeds, each followed by the paper's if any of `paper` has it; the paper's accuracy under
/// the given title; the untrained network's kNN; epochs, time, status. For data without labels,
/// recall@1 of views, the projections' effective rank and the views' alignment instead of kNN.
/// `paper` is empty or has an entry per run.
Table run_table(std::span<const SeedGroup> runs, std::span<const PaperNumbers> paper,
                std::string_view paper_accuracy = "paper: linear (%)");

/// A row per setting of a run: name, value.
Table config_table(const ConfigEntries& config);

/// "0.934" with `digits` after the point, "-" for NaN.
std::string format_number(double value, int digits);
/// "54.0 ± 0.3": a measurement after the last epoch, and its deviation if there are several seeds.
std::string format_last(const SeedGroup& run, double EpochMetrics::*field, int digits);
std::string format_value(const ConfigValue& value);

}  // namespace siam
