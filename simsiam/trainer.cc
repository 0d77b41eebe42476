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

template <class Module>
Registry registry_of(Module& module) {
  Registry registry;
  module.visit(registry);
  return registry;
}

TrainTest subsets(const Config& config, const TrainTest& data) {
  return {config.train_samples > 0 ? subset(data.train, config.train_samples) : data.train,
          config.test_samples > 0 ? subset(data.test, config.test_samples) : data.test};
}

}  // namespace

Trainer::Trainer(const Config& config, const TrainTest& data)
    : config_(config),
      data_(subsets(config, data)),
      model_(initial_model(config)),
      registry_(registry_of(model_)),
      parameters_(registry_, config.device, config.precision),
      optimizer_(parameters_, {.momentum = config.momentum, .weight_decay = config.weight_decay},
                 {"encoder.", "predictor."}),
      loader_(data_.train, config.augment,
              {.batch_size = config.batch_size, .seed = config.seed, .workers = config.workers}) {}

void Trainer::step(const Batch& batch) {
  parameters_.zero_grad();
  const Variable views(cast(batch.images.to(config_.device), config_.precision));
  const auto [z, p] = model_(views, {.training = true, .groups = 2});
  const Variable loss = simsiam_loss(p, z, config_.loss);
  backward(loss);

  const double value = loss.value().item();
  if (!std::isfinite(value) || !all_finite(parameters_.grads))
    throw NotFinite(fmt::format(
        "{} not finite at step {} of epoch {}; finite numbers are needed; lower --lr{}",
        std::isfinite(value) ? "gradient" : "loss", position_.step + 1, position_.epoch + 1,
        config_.precision == DType::f32 ? "" : " or use --precision f32"));
  optimizer_.step();

  position_.loss_sum += value;
  position_.std_sum += collapse_std(z.value().rows(0, z.dim(0) / 2));
  ++position_.step;
}

EpochMetrics Trainer::train_epoch(const std::function<void(const StepInfo&)>& on_step) {
  const double rate = cosine_learning_rate(config_.learning_rate(), position_.epoch, config_.epochs,
                                           config_.warmup_epochs);
  optimizer_.set_learning_rate(0, rate);
  optimizer_.set_learning_rate(1, config_.constant_predictor_rate ? config_.learning_rate() : rate);
  loader_.start_epoch(position_.epoch, position_.step);
  while (position_.step < loader_.batches_per_epoch()) {
    const double start = now(), waited = loader_.wait_seconds();
    step(loader_.next());
    position_.seconds += now() - start;
    position_.wait_seconds += loader_.wait_seconds() - waited;
    if (on_step) on_step(info());
  }
  return finish_epoch();
}

StepInfo Trainer::info() const {
  const double steps = static_cast<double>(position_.step);
  return {.epoch = position_.epoch + 1,
          .step = position_.step,
          .steps = loader_.batches_per_epoch(),
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
