#include "experiments/tensorboard.h"

#include <cmath>

#include "experiments/experiment.h"

namespace siam {

TensorBoard::TensorBoard(std::filesystem::path out, std::function<void(const std::string&)> warn)
    : folder_(std::move(out) / "tensorboard"), warn_(std::move(warn)) {}

void TensorBoard::begin(const Experiment&, const RunRecord& run, const Trainer& trainer) {
  config_ = trainer.config();
  steps_per_epoch_ = trainer.steps_per_epoch();
  const int64_t done = trainer.steps_done();
  file_ = std::make_unique<EventFile>(folder_ / run.id, done + 1);
  begun_ = done % steps_per_epoch_ == 0;
  written_ = {};
  if (done == 0) add_epoch(run.untrained);
}

void TensorBoard::step(const StepInfo& info) {
  if (info.epoch != written_.epoch && begun_) written_ = {.epoch = info.epoch};
  if (begun_ && info.step - written_.steps < kSteps && info.step < info.steps) return;
  const double steps = static_cast<double>(info.step),
               batch = static_cast<double>(config_.batch_size);
  const Written now{info.epoch, info.step, info.loss * steps, info.std * steps,
                    steps * batch / info.images_per_second};
  if (begun_) {
    const double passed = static_cast<double>(now.steps - written_.steps);
    add((info.epoch - 1) * info.steps + info.step,
        {{"step/loss", (now.loss - written_.loss) / passed},
         {"step/std*sqrt(d)", (now.std - written_.std) / passed},
         {"step/learning_rate", learning_rates(config_, info.epoch - 1).encoder},
         {"step/images_per_second", passed * batch / (now.seconds - written_.seconds)}});
  }
  written_ = now;
  begun_ = true;
}

void TensorBoard::epoch(const Experiment&, const RunRecord& run) { add_epoch(run.epochs.back()); }

void TensorBoard::add_epoch(const EpochMetrics& epoch) {
  std::vector<Scalar> scalars;
  for (const Measurement& each : kMeasurements)
    if (!std::isnan(epoch.*each.field))
      scalars.push_back({fmt::format("epoch/{}", each.name), epoch.*each.field});
  add(epoch.epoch * steps_per_epoch_, scalars);
}

void TensorBoard::end(const Experiment&, const RunRecord&) { file_.reset(); }

void TensorBoard::add(int64_t step, const std::vector<Scalar>& scalars) {
  if (!file_ || file_->add(step, scalars)) return;
  warn_(fmt::format("{}: cannot be written any more; the run goes on without TensorBoard",
                    file_->path().string()));
  file_.reset();
}

}  // namespace siam
