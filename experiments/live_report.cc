#include "experiments/live_report.h"

#include <fmt/chrono.h>

#include <chrono>
#include <cmath>

#include "experiments/html.h"
#include "experiments/study_figure.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

using Clock = std::chrono::system_clock;

std::string local_time(double seconds_from_now = 0) {
  const auto moment = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                         std::chrono::duration<double>(seconds_from_now));
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(Clock::to_time_t(moment)));
}

// The latest measurements, a row per run.
Table last_table(const std::vector<RunRecord>& runs) {
  Table table{{{"run", Align::left}, {"seed"}, {"epoch"}}, {}};
  for (const RunRecord& run : runs)
    table.rows.push_back({run.name, fmt::format("{}", run.seed),
                          fmt::format("{}", run.epochs.empty() ? 0 : run.epochs.back().epoch)});
  for (const Measurement& each : kMeasurements) {
    std::vector<double> values;
    for (const RunRecord& run : runs) values.push_back(last_measured(run, each.field));
    if (std::all_of(values.begin(), values.end(), [](double x) { return std::isnan(x); })) continue;
    table.columns.push_back({each.title});
    for (size_t i = 0; i < runs.size(); ++i)
      table.rows[i].push_back(std::isnan(values[i]) ? "-" : fmt::format("{:.4g}", values[i]));
  }
  return table;
}

}  // namespace

LiveReport::LiveReport(const Study& study, const Config& config,
                       std::function<void(const std::string&)> message)
    : study_(study), config_(config), message_(std::move(message)) {}

void LiveReport::begin(const Experiment& experiment, const RunRecord& run, const Trainer&) {
  begin_ = steady_seconds();
  epochs_before_ = run.epochs.size();
  write(experiment, fmt::format("{}: epoch {} of {}", run.name, epochs_before_ + 1, config_.epochs),
        /*goes_on=*/true);
}

void LiveReport::epoch(const Experiment& experiment, const RunRecord& run) {
  if (picture_.due()) picture_.run([&] { draw(experiment); });
  if (!page_.due()) return;
  page_.run([&] {
    write(experiment,
          fmt::format("{}: {} of {} epochs are done; {}", run.name, run.epochs.size(),
                      config_.epochs, expected_end(run)),
          /*goes_on=*/true);
  });
}

void LiveReport::end(const Experiment& experiment, const RunRecord& run) {
  write(experiment, fmt::format("{}: {}", run.name, run.status),
        run.status == "completed" || (study_.map && diverged(run)));
}

void LiveReport::complete(const Experiment& experiment, std::span<const StudyPicture> pictures) {
  write(experiment, "All runs are complete", /*goes_on=*/false, pictures);
}

std::string LiveReport::expected_end(const RunRecord& run) const {
  const double here = static_cast<double>(run.epochs.size() - epochs_before_);
  const double left = static_cast<double>(config_.epochs) - static_cast<double>(run.epochs.size());
  const double seconds = (steady_seconds() - begin_) / here * left;
  return fmt::format("the end is expected at {}, in {}", local_time(seconds),
                     format_duration(seconds));
}

void LiveReport::draw(const Experiment& experiment) {
  try {
    draw_study_figure(study_, experiment, config_.epochs);
  } catch (const std::exception&) {  // reported at the end, when the study draws it
  }
}

void LiveReport::write(const Experiment& experiment, const std::string& state, bool goes_on,
                       std::span<const StudyPicture> pictures) {
  if (failed_) return;
  try {
    write_file_atomically(experiment.results.folder() / "report.html",
                          page(experiment, state, goes_on, pictures));
  } catch (const std::exception& error) {
    failed_ = true;
    message_(fmt::format("{}; the run goes on without this page", error.what()));
  }
}

std::string LiveReport::page(const Experiment& experiment, const std::string& state, bool goes_on,
                             std::span<const StudyPicture> pictures) const {
  const std::filesystem::path folder = experiment.results.folder();
  HtmlPage html(study_.title);
  html.paragraph(fmt::format("{}. Written at {}.", state, local_time()));
  if (goes_on) html.refresh(10);
  if (std::filesystem::exists(folder / "figure.svg"))
    html.svg(read_file(folder / "figure.svg"), figure_alternative(study_, experiment.runs));
  html.table("What was measured last", last_table(experiment.runs));
  for (const StudyPicture& each : pictures)
    html.svg(read_file(folder / each.file), each.alternative).paragraph(each.caption);
  html.command(experiment.info.command_line);
  html.paragraph(fmt::format("Data: {} ({}), device: {}.", experiment.info.dataset,
                             experiment.info.dataset_fingerprint, experiment.info.device));
  html.details("Settings", config_table(experiment.info.config));
  return html.text();
}

}  // namespace siam
