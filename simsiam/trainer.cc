#include "simsiam/trainer.h"

#include <bit>
#include <chrono>
#include <cmath>

#include "simsiam/captured_step.h"
#include "simsiam/features.h"
#include "tensor/cuda/runtime.h"
#include "tensor/map.h"
#include "tensor/print.h"

namespace siam {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

SimSiam initial_model(const Config& config) {
  check_config(config);
  follow_library_policy(config);
  Initializer init(config.seed);
  return SimSiam(init, config.model);
}

OutOfMemory advised(const OutOfMemory& error, const std::string& what_to_do) {
  return {fmt::format("{}; {}", error.what(), what_to_do), error.asked, error.held};
}

int64_t steps_per_look(const Config& config) {
  if (config.read_back != 0) return config.read_back;
  return config.device == Device::cpu ? 1 : 16;
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

Trainer::Trainer(const Config& config, const TrainTest& data) try
    : config_(config),
      data_(subsets(data, config.train_samples, config.test_samples)),
      model_(initial_model(config)),
      registry_(registry_of(model_)),
      parameters_(registry_, config.device, config.precision),
      optimizer_(parameters_,
                 {.momentum = config.momentum,
                  .weight_decay = config.weight_decay,
                  .grad_scale = 1 / config.gradient_scale()},
                 {"encoder.", "predictor."}),
      batches_(batch_source(config, data_)),
      schedule_(learning_rate_schedule(config, batches_->batches_per_epoch())),
      objective_(make_objective(config, model_,
                                {.samples = data_.train->size(),
                                 .batch_size = config.batch_size,
                                 .steps_per_epoch = batches_->batches_per_epoch()})),
      gradient_seed_(Tensor::full({}, config.gradient_scale(), DType::f32, config.device)),
      log_(steps_per_look(config), config.model.dim, config.batch_size, config.device) {
  objective_->visit(registry_);
  if (objective_->window() > 0) ahead_ = batch_source(config, data_);
  if (config.device == Device::cuda && !config.eager && objective_->capturable())
    captured_ = std::make_unique<CapturedStep>();
} catch (const OutOfMemory& error) {
  throw advised(error, "lower --width, --dim or --train-samples");
}

Trainer::~Trainer() = default;

CachingAllocator::Statistics Trainer::step_memory() const {
  return captured_ ? captured_->memory() : CachingAllocator::Statistics{};
}

int64_t batch_that_fits(int64_t batch, size_t held, size_t asked) {
  const double share = static_cast<double>(held) / static_cast<double>(held + asked);
  const double fits = static_cast<double>(batch) * share;
  return fits < 2 ? 2 : static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(fits)));
}

Views Trainer::views(const Batch& batch, int64_t step) const {
  return {Variable(cast(batch.images, config_.precision)), batch.samples, step};
}

// Shows the objective the batches of the window that begins here.
void Trainer::look_ahead() {
  const int64_t end = std::min(next_step() + objective_->window(), steps_per_epoch());
  for (int64_t step = next_step(); step < end; ++step)
    objective_->look_ahead(views(ahead_->next(), step));
}

// Queues the work of a step and waits for none of it: what changes from step to step is in the
// device's memory.
void Trainer::step() {
  parameters_.zero_grad();
  const auto [loss, z] = (*objective_)(views(batches_->batch(), next_step()));
  backward(loss, gradient_seed_);
  parameters_.collect_grads();
  log_.record(loss.value(), z.rows(0, config_.batch_size), parameters_.grads);
  follow_schedule(schedule_, log_.finite(), optimizer_.learning_rates());
  optimizer_.step(log_.finite());
  parameters_.keep_buffers(log_.finite());
  objective_->updated(parameters_, log_.finite());
}

// Queues the next step, as a replay where that is possible.
void Trainer::queue_step() {
  batches_->advance();
  if (!captured_) return step();
  try {
    captured_->queue([this] { step(); });
  } catch (const cuda::CannotCapture& error) {
    read_back();  // a step that was not finite says so first
    print(stderr, fmt::format("the step cannot be captured ({}); it goes on without a CUDA graph\n",
                              error.what()));
    parameters_.zero_grad();  // which lie in the memory that goes now
    captured_.reset();
    step();
  }
}

// Where memory runs out, the user is told what to shrink, and a batch by how much.
void Trainer::queue_step_or_advise() {
  try {
    if (ahead_ && next_step() % objective_->window() == 0) look_ahead();
    queue_step();
    log_.advance();
  } catch (const OutOfMemory& error) {
    const int64_t fits = batch_that_fits(config_.batch_size, error.held, error.asked);
    throw advised(error, fits < config_.batch_size
                             ? fmt::format("use a smaller batch: --batch-size {} may fit", fits)
                             : "lower --width, --dim or --image-size");
  }
}

// Takes over what a window of steps has logged.
void Trainer::read_window() {
  for (const auto& [loss, std, finite] : log_.take()) {
    if (!finite)
      throw NotFinite(fmt::format(
          "{} not finite at step {} of epoch {}; finite numbers are needed; lower {}--lr{}",
          std::isfinite(loss) ? "gradient" : "loss", position_.step + 1, position_.epoch + 1,
          std::isfinite(loss) && config_.gradient_scale() > 1 ? "--loss-scale or " : "",
          config_.precision == DType::f32 ? "" : ", or use --precision f32"));
    position_.loss_sum += loss;
    position_.std_sum += std;
    ++position_.step;
  }
}

void Trainer::read_back() {
  while (log_.pending() > 0) read_window();
}

void Trainer::start_epoch() {
  batches_->start_epoch(position_.epoch, position_.step);
  if (const int64_t window = objective_->window(); ahead_)  // from the next window on
    ahead_->start_epoch(position_.epoch, (position_.step + window - 1) / window * window);
}

EpochMetrics Trainer::train_epoch(const std::function<void(const StepInfo&)>& on_step) {
  read_back();
  start_epoch();
  while (position_.step < steps_per_epoch()) {
    const double start = now(), waited = batches_->wait_seconds();
    if (next_step() < steps_per_epoch()) queue_step_or_advise();
    const bool look = log_.due() || next_step() == steps_per_epoch();
    if (look) read_window();
    position_.seconds += now() - start;
    position_.wait_seconds += batches_->wait_seconds() - waited;
    if (look && on_step) on_step(info());
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
  EpochMetrics metrics{.epoch = mean.epoch,
                       .loss = mean.loss,
                       .std = mean.std,
                       .knn = kNotMeasured,
                       .learning_rate = learning_rates(config_, position_.epoch).encoder,
                       .seconds = position_.seconds,
                       .images_per_second = mean.images_per_second,
                       .data_wait = mean.data_wait};
  if (mean.epoch % config_.knn_every == 0 || mean.epoch == config_.epochs) metrics.knn = knn();
  position_ = {.epoch = mean.epoch};
  history_.push_back(metrics);
  return metrics;
}

double Trainer::knn() const {
  constexpr double kEncoding = 0.99;  // share of the time; the vote has the rest
  const double images = static_cast<double>(data_.train->size() + data_.test->size());
  const auto features = [&](const Dataset& dataset, int64_t before) {
    return backbone_features(model_, dataset, config_, [&](int64_t encoded) {
      if (watch_knn_) watch_knn_(kEncoding * static_cast<double>(before + encoded) / images);
    });
  };
  const Features bank = features(*data_.train, 0);
  const Features queries = features(*data_.test, data_.train->size());
  const double accuracy = knn_accuracy({bank.rows, bank.labels}, {queries.rows, queries.labels},
                                       data_.train->num_classes(), config_.knn);
  if (watch_knn_) watch_knn_(1);
  return accuracy;
}

}  // namespace siam
