#include "experiments/experiment.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/tolerant.h"
#include "experiments/console.h"
#include "experiments/interrupt.h"
#include "experiments/train_run.h"
#include "simsiam/doctor.h"
#include "simsiam/trainer.h"
#include "tensor/clock.h"
#include "tensor/io/atomic_file.h"
#include "tensor/print.h"

namespace siam {

namespace {

TrainTest read_data(const std::filesystem::path& source, Progress& progress) {
  const auto phase = progress.phase(fmt::format("reading {}", source.string()));
  return open_dataset(source);
}

}  // namespace

Runner::Runner(const Options& options, const Communicator& ranks)
    : Runner(options, find_dataset(options.data), {}, ranks) {}

Runner::Runner(const Options& options, std::filesystem::path source, TrainTest data,
               const Communicator& ranks)
    : team_(ranks),
      options_(options),
      progress_(0, ProgressOutput::of(ranks)),
      source_(std::move(source)),
      data_(tolerant(
          data.train ? std::move(data) : read_data(source_, progress_),
          {options.config.max_bad_fraction, [this](const std::string& text) { message(text); }})),
      store_(options.out),
      lock_(options.out) {
  if (!data_.train->path(0).empty()) check_outside(options.out, source_, "--out");
  if (!options.init.empty()) initial_.emplace(load_trained(options.init, Device::cpu));
  catch_interrupts(ranks.size() > 1);  // earlier there is nothing to save
  if (options_.tensorboard)
    board_.emplace(options_.out, [this](const std::string& text) { message(text); });
  progress_.message(fmt::format("{} from {}, preset {}, results in {}", data_.train->name(),
                                source_.string(), options.preset, options.out.string()));
  progress_.message(fmt::format("train: {}", data_.train->contents()));
  progress_.message(fmt::format("test: {}", data_.test->contents()));
  if (options.config.linear_probe && !several_classes(*data_.train))
    progress_.message("no linear probe: it needs images of several classes");
}

int Runner::lead(const std::function<int()>& body) {
  if (!team_.leads()) return team_.follow(data_, initial_ ? &*initial_ : nullptr);
  try {
    const int status = body();
    team_.dismiss(status);
    return status;
  } catch (const Interrupted&) {
    team_.dismiss(interrupt_status());
    throw;
  }
}

void Runner::message(const std::string& text) { message_of_rank(team_.ranks(), progress_, text); }

int64_t Runner::train_samples() const {
  const int64_t subset = options_.config.train_samples;
  return subset > 0 ? subset : data_.train->size();
}

int64_t Runner::test_samples() const {
  const int64_t subset = options_.config.test_samples;
  return subset > 0 ? subset : data_.test->size();
}

std::vector<Run> Runner::seeded(const Run& run) const {
  std::vector<Run> runs(options_.seeds, run);
  for (int i = 0; i < options_.seeds; ++i) runs[i].config.seed += static_cast<uint64_t>(i);
  return runs;
}

std::optional<RunRecord> Runner::ended(const std::string& id, bool may_diverge) {
  if (!options_.resume && !trained_.contains(id)) return {};
  const auto record = store_.load(id);
  if (record && may_diverge && diverged(*record)) return record;
  if (!record || record->status != "completed") return {};
  if (!whole_.contains(id)) {
    const auto phase = progress_.phase(fmt::format("checking {}", store_.checkpoint(id).string()));
    if (!store_.damage(id).empty()) return {};
    whole_.insert(id);
  }
  return record;
}

template <class Tell>
void Runner::tell(const Tell& what) const {
  for (Watcher* watcher : watchers_) what(*watcher);
}

void Runner::prepare(const std::string& id) {
  lock_.take(options_.command_line);
  store_.prepare(id);
}

void Runner::expect(const std::string& name, const std::vector<Run>& runs) {
  for (const Run& run : runs)
    for (const Run& each : seeded(run)) {
      const std::string id = run_id(each.config, data_.train->fingerprint());
      snapshots_[id].insert(run.snapshots.begin(), run.snapshots.end());
      if (ended(id, run.may_diverge) || !expected_.insert(id).second) continue;
      prepare(id);
      progress_.expect(1);
    }
  Results(options_.out, name);  // tries to write there
}

bool Runner::complete(const std::vector<Run>& runs) {
  for (const Run& run : runs)
    for (const Run& each : seeded(run))
      if (!ended(run_id(each.config, data_.train->fingerprint()), run.may_diverge)) return false;
  return true;
}

// Names a run that somebody may expect to continue, such as that of a folder which has changed
// since; empty if there is none.
std::string Runner::other_unfinished(const RunRecord& run) const {
  const auto other = store_.unfinished(run.name, run.seed, run.id);
  if (!other) return {};
  const auto lacks = [](const ConfigEntries& entries, const auto& entry) {
    return std::ranges::find(entries, entry) == entries.end();
  };
  std::set<std::string> names;  // a setting may be stated in one of them only
  for (const auto& entry : run.config)
    if (lacks(other->config, entry)) names.insert(entry.first);
  for (const auto& entry : other->config)
    if (lacks(run.config, entry)) names.insert(entry.first);
  const std::string differing = fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("a new run; the one in {}, unfinished after {} epochs, has another {}",
                     store_.checkpoint(other->id).string(), other->epochs.size(),
                     differing.empty() ? "set of images or build" : differing);
}

void Runner::run_one(const Run& run, Experiment& experiment) {
  const std::string id = run_id(run.config, data_.train->fingerprint());
  snapshots_[id].insert(run.snapshots.begin(), run.snapshots.end());
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
  if (auto earlier = ended(id, run.may_diverge)) {
    record = std::move(*earlier);
    record.name = run.name;
    record.reused = true;
    progress_.message(
        diverged(record) ? fmt::format("{}: {}", name, record.status)
                         : fmt::format("{}: complete in {}", name, store_.checkpoint(id).string()));
    write_results();
    return;
  }
  record = {.name = run.name, .config = describe(run.config), .seed = run.config.seed, .id = id};
  prepare(id);
  const auto warn = [&](const std::string& text) {
    progress_.message(fmt::format("{}: {}", name, text));
  };
  const auto stored = options_.resume ? store_.load(id) : std::nullopt;
  if (!stored && options_.resume)
    if (const std::string other = other_unfinished(record); !other.empty()) warn(other);
  if (stored && stored->status == "completed")
    warn(fmt::format("it was complete, but {}; it is trained again", store_.damage(id)));
  bool trains = false;
  const auto end_as = [&](const std::string& status) {
    record.status = status;
    log();
    tell([&](Watcher& each) { each.end(experiment, record); });
  };
  try {
    team_.begin(run.config);
    Trainer trainer(run.config, data_, initial(), team_.ranks());
    if (trainer.objective_bytes() > 0)
      progress_.message(
          fmt::format("{}: {} for the targets", name, format_bytes(trainer.objective_bytes())));
    SnapshotLog snapshots(store_.snapshots(id), snapshots_[id], data_.test, options_.resume);
    const auto look_at_images = [&](int epoch) {
      if (!snapshots.due(epoch)) return;
      const auto phase = progress_.phase(fmt::format("{}: embeddings", name));
      snapshots.take(epoch, trainer);
    };
    look_at_images(0);
    // For a lost record: everything except the untrained network's accuracy is in the checkpoint,
    // and that network is this one.
    if (stored) {
      record.untrained = stored->untrained;
    } else {
      show_monitor(trainer, progress_, name, " of the untrained network");
      team_.measure();
      record.untrained = trainer.measure();
    }
    const auto resume = [&](const std::filesystem::path& path) { trainer.resume(path); };
    if (options_.resume && store_.restore(id, resume, warn)) {
      team_.share();
      trainer.share();
      record.epochs = trainer.history();
      record.seconds = training_seconds(record.epochs);
      if (!stored) {
        log();
        warn(fmt::format("its record was lost or damaged; made again from {}",
                         store_.checkpoint(id).string()));
      }
      progress_.message(fmt::format("{}: continues after step {} of {}", name, trainer.steps_done(),
                                    run.config.epochs * trainer.steps_per_epoch()));
    }
    trains = true;
    progress_.start_run(name, run.config.epochs, trainer.steps_per_epoch(), trainer.steps_done());
    const auto save = [&] {
      const auto phase = progress_.phase(fmt::format("{}: saving", name));
      store_.save_checkpoint(id, [&](const auto& path) { trainer.save(path); });
    };
    tell([&](Watcher& each) { each.begin(experiment, record, trainer); });
    const auto log_epoch = [&] {
      log();
      look_at_images(static_cast<int>(record.epochs.size()));
      if (record.status == "running") tell([&](Watcher& each) { each.epoch(experiment, record); });
    };
    const auto look = [&](const StepInfo& info) { tell([&](Watcher& each) { each.step(info); }); };
    train_run(team_, trainer, progress_, record, {save, log_epoch, look});
    tell([&](Watcher& each) { each.end(experiment, record); });
    trained_.insert(id);
    whole_.insert(id);
  } catch (const NotFinite& error) {
    progress_.finish_run();
    end_as(fmt::format("diverged: {}", error.what()));
    if (!run.may_diverge) throw NotFinite(fmt::format("run \"{}\": {}", name, error.what()));
    trained_.insert(id);
    progress_.message(fmt::format("{}: {}", name, record.status));
  } catch (const TooManyBadFiles& error) {
    end_as(fmt::format("stopped: {}", error.what()));
    throw TooManyBadFiles(fmt::format("{}; what has been trained is saved; to continue: {}",
                                      error.what(), options_.command_to_continue));
  } catch (const Interrupted& end) {
    end_as(fmt::format("interrupted {}", end.what()));
    throw Interrupted(fmt::format("interrupted: run \"{}\" was {} {}; to continue: {}", name,
                                  trains ? "saved" : "stopped", end.what(),
                                  options_.command_to_continue));
  } catch (const Error& error) {
    if (!trains) throw;  // the record of what was trained before stays
    try {
      end_as(fmt::format("failed: {}", error.what()));
    } catch (const Error&) {  // the disk is full, say: the first error is the one to report
    }
    throw;
  }
}

Experiment Runner::run(const std::string& name, const std::vector<Run>& runs,
                       std::vector<Watcher*> watchers) {
  watchers_ = std::move(watchers);
  if (board_) watchers_.push_back(&*board_);
  Experiment experiment{
      Results(options_.out, name),
      {.experiment = name,
       .command_line = options_.command_line,
       .dataset = data_.train->name(),
       .dataset_fingerprint = data_.train->fingerprint(),
       .device = std::string(name_of(options_.config.device)),
       .seed = options_.config.seed,
       .config = describe(options_.config)},
      {},
      several_classes(*data_.train) ? 100.0 / data_.train->num_classes() : kNotMeasured};
  for (const Run& run : runs)
    for (const Run& each : seeded(run)) run_one(each, experiment);
  return experiment;
}

}  // namespace siam
