#include "experiments/train_run.h"

#include <cmath>
#include <numeric>
#include <optional>

#include "data/tolerant.h"
#include "experiments/interrupt.h"
#include "experiments/ration.h"
#include "simsiam/doctor.h"

namespace siam {

double training_seconds(const std::vector<EpochMetrics>& epochs) {
  return std::accumulate(epochs.begin(), epochs.end(), 0.0,
                         [](double sum, const EpochMetrics& epoch) { return sum + epoch.seconds; });
}

// Shows the monitor's measurement as a phase, which an interrupt ends.
void show_monitor(Trainer& trainer, Progress& progress, const std::string& name,
                  std::string_view of) {
  trainer.watch_monitor([&progress,
                         what = fmt::format("{}: {}{}", name, trainer.monitor().name(), of),
                         phase = std::shared_ptr<Progress::Phase>()](double share) mutable {
    if (interrupted()) throw Interrupted("while the network is judged");
    if (!phase) phase = std::make_shared<Progress::Phase>(progress, what);
    phase->done(share);
    if (share == 1) phase.reset();
  });
}

void train_run(const Team& team, Trainer& trainer, Progress& progress, RunRecord& record,
               const Keep& keep) {
  Ration saves;
  CollapseDoctor doctor(trainer.config(), trainer.steps_per_epoch());
  const auto examine = [&](const EpochMetrics& epoch) {
    return doctor.examine(
        epoch, trainer.monitor().images() >= 2 * kRankImages ? epoch.effective_rank : kNotMeasured);
  };
  for (const EpochMetrics& epoch : record.epochs) examine(epoch);  // already reported
  const int64_t steps = trainer.steps_per_epoch();
  std::optional<Progress::Phase> beginning;
  beginning.emplace(progress, fmt::format("{}: first step", record.name));
  auto on_step = [&](const StepInfo& info) {
    beginning.reset();
    if (progress.due())
      progress.step((info.epoch - 1) * steps + info.step, info.loss, info.images_per_second,
                    info.data_wait, info.std);
    keep.look(info);
    if (interrupted()) throw Interrupted("by the user");
  };
  while (!trainer.finished()) {
    show_monitor(trainer, progress, record.name);
    try {
      team.epoch();
      record.epochs.push_back(
          trainer.train_epoch([&](const StepInfo& info) { team.step([&] { on_step(info); }); }));
    } catch (const Interrupted&) {
      keep.save();
      const int64_t done = trainer.steps_done() - 1;
      throw Interrupted(
          fmt::format("after step {} of epoch {}", done % steps + 1, done / steps + 1));
    } catch (const TooManyBadFiles&) {
      keep.save();
      throw;
    }
    record.seconds = training_seconds(record.epochs);
    const EpochMetrics& epoch = record.epochs.back();
    progress.finish_epoch(epoch);
    for (const std::string& finding : examine(epoch))
      progress.message(fmt::format("{}: {}", record.name, finding));
    // The measurements first: they are small, and fit on a disk that is too full for the
    // checkpoint.
    keep.log();
    if (saves.due() || trainer.finished()) saves.run(keep.save);
  }
  progress.finish_run();
  record.status = "completed";
  keep.log();
}

}  // namespace siam
