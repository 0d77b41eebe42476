#include "experiments/results.h"

#include <cmath>

#include "experiments/folder.h"
#include "experiments/json_text.h"
#include "simsiam/config_json.h"
#include "tensor/check.h"
#include "tensor/io/atomic_file.h"

namespace siam {

using nlohmann::ordered_json;

Results::Results(const std::filesystem::path& out, std::string_view experiment)
    : folder_(out / experiment) {
  prepare_folder(folder_, {"metrics.csv", "summary.json", "report.md"});
}

void Results::write_metrics(std::span<const RunRecord> runs) const {
  std::string text = "run,seed,epoch";
  for (const Measurement& column : kMeasurements)
    text += fmt::format(",{}", csv_field(std::string_view(column.title)));
  text += '\n';
  for (const RunRecord& run : runs) {
    for (const EpochMetrics& epoch : run.epochs) {
      text += fmt::format("{},{},{}", csv_field(run.name), run.seed, epoch.epoch);
      for (const Measurement& column : kMeasurements)
        text += fmt::format(",{}", csv_field(epoch.*column.field));
      text += '\n';
    }
  }
  write_text("metrics.csv", text);
}

void Results::write_summary(const ExperimentInfo& info, std::span<const RunRecord> runs) const {
  ordered_json summary = {
      {"experiment", info.experiment},
      {"command line", info.command_line},
      {"data set", {{"name", info.dataset}, {"fingerprint", info.dataset_fingerprint}}},
      {"device", info.device},
      {"seed", info.seed},
      {"config", to_json(info.config)},
      {"runs", ordered_json::array()}};
  for (const RunRecord& run : runs) {
    ordered_json entry = {{"name", run.name},
                          {"seed", run.seed},
                          {"status", run.status},
                          {"stored as", run.id},
                          {"reused", run.reused},
                          {"config", to_json(run.config)},
                          {"epochs", run.epochs.empty() ? 0 : run.epochs.back().epoch},
                          {"seconds", run.seconds}};
    ordered_json untrained;
    for (const Measurement& each : kMeasurements) {
      entry[each.title] = last_measured(run, each.field);
      if (const double before = run.untrained.*each.field; !std::isnan(before))
        untrained[each.title] = before;
    }
    entry["untrained"] = untrained;
    summary["runs"].push_back(entry);
  }
  write_text("summary.json", json_text(summary));
}

void Results::write_text(std::string_view name, std::string_view text) const {
  write_file_atomically(folder_ / name, text);
}

double last_measured(const RunRecord& run, double EpochMetrics::*field) {
  for (auto epoch = run.epochs.rbegin(); epoch != run.epochs.rend(); ++epoch) {
    if (!std::isnan((*epoch).*field)) return (*epoch).*field;
  }
  return kNotMeasured;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string csv_field(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

}  // namespace siam
