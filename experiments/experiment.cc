#include "experiments/experiment.h"

#include <chrono>

#include "experiments/progress.h"
#include "simsiam/trainer.h"

namespace siam {

namespace {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Trains one run to its end and keeps `record` up to date; `log` writes everything logged so far.
template <class Log>
void train(const Run& run, const TrainTest& data, const std::filesystem::path& checkpoint,
           bool resume, Progress& progress, RunRecord& record, const Log& log) {
  Trainer trainer(run.config, data);
  record.knn_untrained = trainer.knn();
  if (resume && std::filesystem::exists(checkpoint)) {
    trainer.resume(checkpoint);
    record.epochs = trainer.history();
    progress.message(
        trainer.finished()
            ? fmt::format("{}: complete in {}", run.name, checkpoint.string())
            : fmt::format("{}: continues behind epoch {}", run.name, record.epochs.size()));
  }
  const int64_t steps = trainer.steps_per_epoch();
  progress.start_run(run.name, run.config.epochs, steps,
                     static_cast<int64_t>(record.epochs.size()) * steps);
  auto on_step = [&](const StepInfo& info) {
    if (progress.due())
      progress.step((info.epoch - 1) * steps + info.step, info.loss, info.images_per_second,
                    info.data_wait, info.std);
  };
  while (!trainer.finished()) {
    const Stopwatch epoch;
    record.epochs.push_back(trainer.train_epoch(on_step));
    trainer.save(checkpoint);
    record.seconds += epoch.seconds();
    progress.finish_epoch(record.epochs.back());
    log();
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
    }
  }
  return experiment;
}

}  // namespace siam
