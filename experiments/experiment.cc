#include "experiments/experiment.h"

#include <numeric>

#include "experiments/interrupt.h"
#include "experiments/progress.h"
#include "simsiam/trainer.h"

namespace siam {

namespace {

double training_seconds(const std::vector<EpochMetrics>& epochs) {
  return std::accumulate(epochs.begin(), epochs.end(), 0.0,
                         [](double sum, const EpochMetrics& epoch) { return sum + epoch.seconds; });
}

// Trains one run to its end and keeps `record` up to date; `log` writes everything logged so far.
template <class Log>
void train(const Run& run, const TrainTest& data, const std::filesystem::path& checkpoint,
           bool resume, Progress& progress, RunRecord& record, const Log& log) {
  Trainer trainer(run.config, data);
  record.knn_untrained = trainer.knn();
  if (resume && std::filesystem::exists(checkpoint)) {
    trainer.resume(checkpoint);
    record.epochs = trainer.history();
    record.seconds = training_seconds(record.epochs);
    progress.message(trainer.finished()
                         ? fmt::format("{}: complete in {}", run.name, checkpoint.string())
                         : fmt::format("{}: continues behind step {} of {}", run.name,
                                       trainer.steps_done(),
                                       run.config.epochs * trainer.steps_per_epoch()));
  }
  const int64_t steps = trainer.steps_per_epoch();
  progress.start_run(run.name, run.config.epochs, steps, trainer.steps_done());
  auto on_step = [&](const StepInfo& info) {
    if (progress.due())
      progress.step((info.epoch - 1) * steps + info.step, info.loss, info.images_per_second,
                    info.data_wait, info.std);
    if (interrupted())
      throw Interrupted(fmt::format("after step {} of epoch {}", info.step, info.epoch));
  };
  while (!trainer.finished()) {
    try {
      record.epochs.push_back(trainer.train_epoch(on_step));
    } catch (const Interrupted&) {
      trainer.save(checkpoint);
      throw;
    }
    record.seconds = training_seconds(record.epochs);
    progress.finish_epoch(record.epochs.back());
    // The measurements first: they are small, and a disk that is too full for the checkpoint may
    // have room for them.
    log();
    trainer.save(checkpoint);
  }
  record.status = "completed";
  log();
}

}  // namespace

Experiment run_experiment(const std::string& name, const Options& options,
                          const std::vector<Run>& runs) {
  const std::filesystem::path source = find_dataset(options.data);
  const TrainTest data = open_dataset(source);
  Experiment experiment{Results(options.out, name),
                        {.experiment = name,
                         .command_line = options.command_line,
                         .dataset = data.train->name(),
                         .dataset_fingerprint = data.train->fingerprint(),
                         .device = std::string(name_of(options.config.device)),
                         .seed = options.config.seed,
                         .config = describe(options.config)},
                        {},
                        100.0 / data.train->num_classes()};
  auto log = [&] {
    experiment.results.write_metrics(experiment.runs);
    experiment.results.write_summary(experiment.info, experiment.runs);
  };
  Progress progress(static_cast<int>(runs.size()));
  progress.message(fmt::format("{} from {}, preset {}, results in {}", data.train->name(),
                               source.string(), options.preset,
                               experiment.results.folder().string()));
  for (const Run& run : runs) {
    experiment.runs.push_back({.name = run.name, .config = describe(run.config)});
    RunRecord& record = experiment.runs.back();
    try {
      train(run, data, experiment.results.folder() / (run.file + ".safetensors"), options.resume,
            progress, record, log);
    } catch (const NotFinite& error) {
      record.status = fmt::format("stopped: {}", error.what());
      log();
      throw NotFinite(fmt::format("run \"{}\": {}", run.name, error.what()));
    } catch (const Interrupted& end) {
      record.status = fmt::format("interrupted {}", end.what());
      log();
      throw Interrupted(fmt::format("interrupted: run \"{}\" was saved {}; to continue: {}{}",
                                    run.name, end.what(), options.command_line,
                                    options.resume ? "" : " --resume"));
    }
  }
  return experiment;
}

}  // namespace siam
