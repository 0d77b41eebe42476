#include "experiments/experiment.h"

#include <chrono>
#include <cmath>
#include <numeric>

#include "experiments/interrupt.h"
#include "nn/atomic_file.h"
#include "simsiam/doctor.h"
#include "simsiam/trainer.h"

namespace siam {

namespace {

double training_seconds(const std::vector<EpochMetrics>& epochs) {
  return std::accumulate(epochs.begin(), epochs.end(), 0.0,
                         [](double sum, const EpochMetrics& epoch) { return sum + epoch.seconds; });
}

TrainTest read_data(const std::filesystem::path& source, Progress& progress) {
  const auto phase = progress.phase(fmt::format("reading {}", source.string()));
  return open_dataset(source);
}

// Shows the measurement of kNN as a phase, which an interrupt ends.
void show_knn(Trainer& trainer, Progress& progress, const std::string& what) {
  trainer.watch_knn(
      [&progress, what, phase = std::shared_ptr<Progress::Phase>()](double share) mutable {
        if (interrupted()) throw Interrupted("while kNN is measured");
        if (!phase) phase = std::make_shared<Progress::Phase>(progress, what);
        phase->done(share);
        if (share == 1) phase.reset();
      });
}

// Whether a checkpoint is due: behind every epoch, but where epochs are short and checkpoints large
// (on a GPU, a second each) they may take a twentieth of the time.
class SaveTimer {
 public:
  bool due() const { return seconds_ < 0.05 || now() - end_ > 20 * seconds_; }
  template <class Save>
  void run(const Save& save) {
    const double begin = now();
    save();
    end_ = now();
    seconds_ = end_ - begin;
  }

 private:
  static double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  double seconds_ = 0, end_ = 0;  ///< of the last save
};

// Trains one run to its end and keeps `record` up to date; `log` writes everything logged so far.
template <class Save, class Log>
void train(Trainer& trainer, const std::shared_ptr<const Dataset>& test, Progress& progress,
           RunRecord& record, const Save& save, const Log& log) {
  SaveTimer timer;
  CollapseDoctor doctor(trainer.config(), trainer.steps_per_epoch());
  for (const EpochMetrics& epoch : record.epochs) doctor.examine(epoch);  // said at the time
  const int64_t steps = trainer.steps_per_epoch();
  std::optional<Progress::Phase> beginning;
  beginning.emplace(progress, fmt::format("{}: first step", record.name));
  auto on_step = [&](const StepInfo& info) {
    beginning.reset();
    if (progress.due())
      progress.step((info.epoch - 1) * steps + info.step, info.loss, info.images_per_second,
                    info.data_wait, info.std);
    if (interrupted()) throw Interrupted("by the user");
  };
  while (!trainer.finished()) {
    show_knn(trainer, progress, fmt::format("{}: kNN", record.name));
    try {
      record.epochs.push_back(trainer.train_epoch(on_step));
    } catch (const Interrupted&) {
      save();
      const int64_t done = trainer.steps_done() - 1;
      throw Interrupted(
          fmt::format("after step {} of epoch {}", done % steps + 1, done / steps + 1));
    }
    record.seconds = training_seconds(record.epochs);
    const EpochMetrics& epoch = record.epochs.back();
    progress.finish_epoch(epoch);
    double rank = kNotMeasured;
    if (!std::isnan(epoch.knn)) {
      const auto phase = progress.phase(fmt::format("{}: rank of the projections", record.name));
      rank = projection_rank(trainer.model(), test, trainer.config());
    }
    for (const std::string& finding : doctor.examine(epoch, rank))
      progress.message(fmt::format("{}: {}", record.name, finding));
    // The measurements first: they are small, and a disk that is too full for the checkpoint may
    // have room for them.
    log();
    if (timer.due() || trainer.finished()) timer.run(save);
  }
  progress.finish_run();
  record.status = "completed";
  log();
}

}  // namespace

Runner::Runner(const Options& options)
    : options_(options),
      source_(find_dataset(options.data)),
      data_(read_data(source_, progress_)),
      store_(options.out),
      lock_(options.out) {
  catch_interrupts();  // before, there is nothing to be saved
  progress_.message(fmt::format("{} from {}, preset {}, results in {}", data_.train->name(),
                                source_.string(), options.preset, options.out.string()));
  progress_.message(fmt::format("train: {}", data_.train->contents()));
  progress_.message(fmt::format("test: {}", data_.test->contents()));
}

int64_t Runner::train_samples() const {
  const int64_t subset = options_.config.train_samples;
  return subset > 0 ? subset : data_.train->size();
}

std::vector<Run> Runner::seeded(const Run& run) const {
  std::vector<Run> runs(options_.seeds, run);
  for (int i = 0; i < options_.seeds; ++i) runs[i].config.seed += static_cast<uint64_t>(i);
  return runs;
}

std::optional<RunRecord> Runner::completed(const std::string& id) {
  if (!options_.resume && !trained_.contains(id)) return {};
  const auto record = store_.load(id);
  if (!record || record->status != "completed") return {};
  if (!whole_.contains(id)) {
    const auto phase = progress_.phase(fmt::format("checking {}", store_.checkpoint(id).string()));
    if (!store_.damage(id).empty()) return {};
    whole_.insert(id);
  }
  return record;
}

void Runner::prepare(const std::string& id) {
  lock_.take(options_.command_line);
  store_.prepare(id);
}

void Runner::expect(const std::string& name, const std::vector<Run>& runs) {
  for (const Run& run : runs)
    for (const Run& each : seeded(run)) {
      const std::string id = run_id(each.config, data_.train->fingerprint());
      if (completed(id) || !expected_.insert(id).second) continue;
      prepare(id);
      progress_.expect(1);
    }
  Results(options_.out, name);  // tries to write there
}

void Runner::run_one(const Run& run, Experiment& experiment) {
  const std::string id = run_id(run.config, data_.train->fingerprint());
  RunRecord& record = experiment.runs.emplace_back();
  auto write_results = [&] {
    experiment.results.write_metrics(experiment.runs);
    experiment.results.write_summary(experiment.info, experiment.runs);
  };
  auto log = [&] {
    write_results();
    store_.save(id, record);
  };
  const std::string name =
      options_.seeds > 1 ? fmt::format("{}, seed {}", run.name, run.config.seed) : run.name;
  if (auto earlier = completed(id)) {
    record = std::move(*earlier);
    record.name = run.name;
    record.reused = true;
    progress_.message(fmt::format("{}: complete in {}", name, store_.checkpoint(id).string()));
    write_results();
    return;
  }
  record = {.name = run.name, .config = describe(run.config), .seed = run.config.seed, .id = id};
  prepare(id);
  const auto warn = [&](const std::string& text) {
    progress_.message(fmt::format("{}: {}", name, text));
  };
  const auto stored = options_.resume ? store_.load(id) : std::nullopt;
  if (stored && stored->status == "completed")
    warn(fmt::format("it was complete, but {}; it is trained again", store_.damage(id)));
  std::string left = "stopped";
  try {
    Trainer trainer(run.config, data_);
    if (trainer.objective_bytes() > 0)
      progress_.message(
          fmt::format("{}: {} for the targets", name, format_bytes(trainer.objective_bytes())));
    // Where the record is lost: all but the untrained network's accuracy is in the checkpoint, and
    // that network is this one.
    if (stored) {
      record.knn_untrained = stored->knn_untrained;
    } else {
      show_knn(trainer, progress_, fmt::format("{}: kNN of the untrained network", name));
      record.knn_untrained = trainer.knn();
    }
    const auto resume = [&](const std::filesystem::path& path) { trainer.resume(path); };
    if (options_.resume && store_.restore(id, resume, warn)) {
      record.epochs = trainer.history();
      record.seconds = training_seconds(record.epochs);
      if (!stored) {
        log();
        warn(fmt::format("its record was lost or damaged; made again from {}",
                         store_.checkpoint(id).string()));
      }
      progress_.message(fmt::format("{}: continues behind step {} of {}", name,
                                    trainer.steps_done(),
                                    run.config.epochs * trainer.steps_per_epoch()));
    }
    left = "saved";
    progress_.start_run(name, run.config.epochs, trainer.steps_per_epoch(), trainer.steps_done());
    const auto save = [&] {
      const auto phase = progress_.phase(fmt::format("{}: saving", name));
      store_.save_checkpoint(id, [&](const auto& path) { trainer.save(path); });
    };
    train(trainer, data_.test, progress_, record, save, log);
    trained_.insert(id);
    whole_.insert(id);
  } catch (const NotFinite& error) {
    progress_.finish_run();
    record.status = fmt::format("stopped: {}", error.what());
    log();
    throw NotFinite(fmt::format("run \"{}\": {}", name, error.what()));
  } catch (const Interrupted& end) {
    record.status = fmt::format("interrupted {}", end.what());
    log();
    throw Interrupted(fmt::format("interrupted: run \"{}\" was {} {}; to continue: {}", name, left,
                                  end.what(), options_.command_to_continue));
  }
}

Experiment Runner::run(const std::string& name, const std::vector<Run>& runs) {
  Experiment experiment{Results(options_.out, name),
                        {.experiment = name,
                         .command_line = options_.command_line,
                         .dataset = data_.train->name(),
                         .dataset_fingerprint = data_.train->fingerprint(),
                         .device = std::string(name_of(options_.config.device)),
                         .seed = options_.config.seed,
                         .config = describe(options_.config)},
                        {},
                        100.0 / data_.train->num_classes()};
  for (const Run& run : runs)
    for (const Run& each : seeded(run)) run_one(each, experiment);
  return experiment;
}

}  // namespace siam
