#include "experiments/report.h"

#include <algorithm>
#include <cmath>

#include "experiments/progress.h"
#include "experiments/results.h"
#include "tensor/check.h"

namespace siam {

namespace {

// A bar would end the cell, a line break the row.
std::string cell_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

size_t text_columns(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(const std::string& text, size_t width, Align align) {
  const std::string space(width - std::min(width, text_columns(text)), ' ');
  return align == Align::left ? text + space : space + text;
}

}  // namespace

Report& Report::heading(int level, std::string_view text) {
  text_ += fmt::format("{} {}\n\n", std::string(static_cast<size_t>(level), '#'), text);
  return *this;
}

Report& Report::paragraph(std::string_view text) {
  text_ += fmt::format("{}\n\n", text);
  return *this;
}

Report& Report::list(std::span<const std::string> items) {
  for (const std::string& item : items) text_ += fmt::format("- {}\n", item);
  text_ += '\n';
  return *this;
}

Report& Report::table(const Table& table) {
  constexpr size_t kMinWidth = 3;  // dashes under a title
  std::vector<size_t> widths;
  for (size_t c = 0; c < table.columns.size(); ++c) {
    size_t width = std::max(kMinWidth, text_columns(cell_text(table.columns[c].title)));
    for (const auto& row : table.rows) {
      check(row.size() == table.columns.size(), "table: a row has {} cells; {} are needed",
            row.size(), table.columns.size());
      width = std::max(width, text_columns(cell_text(row[c])));
    }
    widths.push_back(width);
  }
  const auto add_row = [&](const auto& cell) {
    for (size_t c = 0; c < widths.size(); ++c) text_ += fmt::format("| {} ", cell(c));
    text_ += "|\n";
  };
  add_row([&](size_t c) {
    return padded(cell_text(table.columns[c].title), widths[c], table.columns[c].align);
  });
  add_row([&](size_t c) {
    const std::string dashes(widths[c] - 1, '-');
    return table.columns[c].align == Align::left ? dashes + '-' : dashes + ':';
  });
  for (const auto& row : table.rows) {
    add_row([&](size_t c) { return padded(cell_text(row[c]), widths[c], table.columns[c].align); });
  }
  text_ += '\n';
  return *this;
}

Report& Report::image(std::string_view alternative, std::string_view file) {
  text_ += fmt::format("![{}]({})\n\n", alternative, file);
  return *this;
}

Table run_table(std::span<const SeedGroup> runs, std::span<const PaperNumbers> paper,
                std::string_view paper_accuracy) {
  check(paper.empty() || paper.size() == runs.size(),
        "report: {} runs and {} results of the paper; one per run is needed", runs.size(),
        paper.size());
  Table table{{{"run", Align::left}}, {}};
  table.rows.resize(runs.size());
  for (size_t i = 0; i < runs.size(); ++i) table.rows[i].push_back(runs[i].mean.name);
  const auto add = [&](std::string_view title, const auto& cell) {
    table.columns.push_back({std::string(title), Align::right});
    for (size_t i = 0; i < runs.size(); ++i) table.rows[i].push_back(cell(i));
  };
  const auto add_paper = [&](std::string_view title, double PaperNumbers::*theirs, int digits) {
    const bool known = std::any_of(paper.begin(), paper.end(), [&](const PaperNumbers& each) {
      return !std::isnan(each.*theirs);
    });
    if (known) add(title, [&](size_t i) { return format_number(paper[i].*theirs, digits); });
  };
  const auto add_measure = [&](const char* title, double EpochMetrics::*ours,
                               double PaperNumbers::*theirs, int digits) {
    add(title, [&](size_t i) { return format_last(runs[i], ours, digits); });
    if (theirs != nullptr) add_paper("paper", theirs, digits);
  };
  add_measure("loss", &EpochMetrics::loss, &PaperNumbers::loss, 3);
  add_measure("std·√d", &EpochMetrics::std, &PaperNumbers::std, 3);
  const auto add_untrained = [&](const char* title, double EpochMetrics::*field) {
    add(title, [&](size_t i) { return format_number(runs[i].mean.untrained.*field, 1); });
  };
  if (std::any_of(runs.begin(), runs.end(),
                  [](const SeedGroup& run) { return !std::isnan(run.mean.untrained.recall); })) {
    add_measure("recall (%)", &EpochMetrics::recall, nullptr, 1);
    add_untrained("recall untrained (%)", &EpochMetrics::recall);
    add_measure("rank", &EpochMetrics::effective_rank, nullptr, 1);
    add_measure("alignment", &EpochMetrics::alignment, nullptr, 3);
  } else {
    add_measure("kNN (%)", &EpochMetrics::knn, &PaperNumbers::knn, 1);
    if (std::any_of(runs.begin(), runs.end(), [](const SeedGroup& run) {
          return !std::isnan(last_measured(run.mean, &EpochMetrics::effective_rank));
        }))
      add_measure("rank", &EpochMetrics::effective_rank, nullptr, 1);
    const bool probed = std::any_of(runs.begin(), runs.end(), [](const SeedGroup& run) {
      return !std::isnan(last_measured(run.mean, &EpochMetrics::linear));
    });
    if (probed) add_measure("linear (%)", &EpochMetrics::linear, nullptr, 1);
    add_paper(paper_accuracy, &PaperNumbers::accuracy, 1);
    add_untrained("kNN untrained (%)", &EpochMetrics::knn);
    if (probed) add_untrained("linear untrained (%)", &EpochMetrics::linear);
  }
  if (std::any_of(runs.begin(), runs.end(), [](const SeedGroup& run) { return run.seeds > 1; }))
    add("seeds", [&](size_t i) { return fmt::format("{}", runs[i].seeds); });
  add("epochs", [&](size_t i) {
    const auto& epochs = runs[i].mean.epochs;
    return fmt::format("{}", epochs.empty() ? 0 : epochs.back().epoch);
  });
  add("time", [&](size_t i) { return format_duration(runs[i].mean.seconds); });
  add("status", [&](size_t i) { return runs[i].mean.status; });
  return table;
}

Table config_table(const ConfigEntries& config) {
  Table table{{{"setting", Align::left}, {"value", Align::left}}, {}};
  for (const auto& [name, value] : config) table.rows.push_back({name, format_value(value)});
  return table;
}

std::string format_number(double value, int digits) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, digits);
}

std::string format_last(const SeedGroup& run, double EpochMetrics::*field, int digits) {
  const double spread = last_measured(run.deviation, field);
  const std::string mean = format_number(last_measured(run.mean, field), digits);
  return std::isnan(spread) ? mean : fmt::format("{} ± {:.{}f}", mean, spread, digits);
}

std::string format_value(const ConfigValue& value) {
  return std::visit([](const auto& each) { return fmt::format("{}", each); }, value);
}

}  // namespace siam
