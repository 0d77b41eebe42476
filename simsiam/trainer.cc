#include "simsiam/trainer.h"

#include <chrono>
#include <cmath>

#include "simsiam/collapse.h"
#include "simsiam/features.h"
#include "tensor/map.h"
#include "tensor/reduce.h"

namespace siam {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

SimSiam initial_model(const Config& config) {
  check_config(config);
  Initializer init(config.seed);
  return SimSiam(init, config.model);
}

std::unique_ptr<BatchSource> batch_source(const Config& config, const TrainTest& data) {
  return make_batch_source(data.train, config.augment,
                           {.batch_size = config.batch_size,
                            .seed = config.seed,
                            .workers = config.workers,
                            .views = 2 * config.loss.pairs},
                           config.device, config.precision);
}

}  // namespace

Trainer::Trainer(const Config& config, const TrainTest& data)
    : config_(config),
      data_(subsets(data, config.train_samples, config.test_samples)),
      model_(initial_model(config)),
      registry_(registry_of(model_)),
      parameters_(registry_, config.device, config.precision),
      optimizer_(parameters_, {.momentum = config.momentum, .weight_decay = config.weight_decay},
                 {"encoder.", "predictor."}),
      batches_(batch_source(config, data_)),
      objective_(make_objective(config, model_,
                                {.samples = data_.train->size(),
                                 .batch_size = config.batch_size,
                                 .steps_per_epoch = batches_->batches_per_epoch()})) {
  objective_->visit(registry_);
  if (objective_->window() > 0) ahead_ = batch_source(config, data_);
}

Views Trainer::views(const Batch& batch, int64_t step) const {
  return {Variable(cast(batch.images.to(config_.device), config_.precision)), batch.samples, step};
}

// Shows the objective the batches of the window that begins here.
void Trainer::look_ahead() {
  const int64_t end = std::min(position_.step + objective_->window(), steps_per_epoch());
  for (int64_t step = position_.step; step < end; ++step)
    objective_->look_ahead(views(ahead_->next(), step));
}

void Trainer::step(const Batch& batch) {
  parameters_.zero_grad();
  const auto [loss, z] = (*objective_)(views(batch, position_.step));
  backward(loss);

  const double value = loss.value().item();
  if (!std::isfinite(value) || !all_finite(parameters_.grads))
    throw NotFinite(fmt::format(
        "{} not finite at step {} of epoch {}; finite numbers are needed; lower --lr{}",
        std::isfinite(value) ? "gradient" : "loss", position_.step + 1, position_.epoch + 1,
        config_.precision == DType::f32 ? "" : " or use --precision f32"));
  optimizer_.step();
  objective_->updated(parameters_);

  position_.loss_sum += value;
  position_.std_sum += collapse_std(z.rows(0, config_.batch_size));
  ++position_.step;
}

EpochMetrics Trainer::train_epoch(const std::function<void(const StepInfo&)>& on_step) {
  const double rate = cosine_learning_rate(config_.learning_rate(), position_.epoch, config_.epochs,
                                           config_.warmup_epochs);
  optimizer_.set_learning_rate(0, rate);
  const bool fixed = config_.model.predictor == Predictor::fixed;
  optimizer_.set_learning_rate(
      1, fixed ? 0 : (config_.constant_predictor_rate ? config_.learning_rate() : rate));
  batches_->start_epoch(position_.epoch, position_.step);
  if (const int64_t window = objective_->window(); ahead_)  // from the next window on
    ahead_->start_epoch(position_.epoch, (position_.step + window - 1) / window * window);
  while (position_.step < batches_->batches_per_epoch()) {
    const double start = now(), waited = batches_->wait_seconds();
    if (ahead_ && position_.step % objective_->window() == 0) look_ahead();
    step(batches_->next());
    position_.seconds += now() - start;
    position_.wait_seconds += batches_->wait_seconds() - waited;
    if (on_step) on_step(info());
  }
  return finish_epoch();
}

StepInfo Trainer::info() const {
  const double steps = static_cast<double>(position_.step);
  return {.epoch = position_.epoch + 1,
          .step = position_.step,
          .steps = batches_->batches_per_epoch(),
          .loss = position_.loss_sum / steps,
          .std = position_.std_sum / steps,
          .images_per_second = steps * static_cast<double>(config_.batch_size) / position_.seconds,
          .data_wait = position_.wait_seconds / position_.seconds};
}

EpochMetrics Trainer::finish_epoch() {
  const StepInfo mean = info();
  EpochMetrics metrics{
      .epoch = mean.epoch,
      .loss = mean.loss,
      .std = mean.std,
      .knn = kNotMeasured,
      .learning_rate = cosine_learning_rate(config_.learning_rate(), position_.epoch,
                                            config_.epochs, config_.warmup_epochs),
      .seconds = position_.seconds,
      .images_per_second = mean.images_per_second,
      .data_wait = mean.data_wait};
  if (mean.epoch % config_.knn_every == 0 || mean.epoch == config_.epochs) metrics.knn = knn();
  position_ = {.epoch = mean.epoch};
  history_.push_back(metrics);
  return metrics;
}

double Trainer::knn() const {
  const Features bank = backbone_features(model_, *data_.train, config_);
  const Features queries = backbone_features(model_, *data_.test, config_);
  return knn_accuracy({bank.rows, bank.labels}, {queries.rows, queries.labels},
                      data_.train->num_classes(), config_.knn);
}

}  // namespace siam
