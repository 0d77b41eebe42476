#include "simsiam/trainer.h"

#include <cmath>

#include "simsiam/captured_step.h"
#include "simsiam/initial_weights.h"
#include "simsiam/memory_advice.h"
#include "tensor/clock.h"
#include "tensor/map.h"
#include "tensor/print.h"

namespace siam {

namespace {

SimSiam checked_model(const Config& config, TrainedModel* initial, const Communicator& ranks) {
  check_config(config);
  check_ranks(config, ranks.size());
  const bool all_here = config.device == Device::cpu;
  need_memory(all_here ? "the weights of this network, with gradients and momentum"
                       : "the weights of this network",
              static_cast<uint64_t>(weight_count(config.model)) * 4 * (all_here ? 3 : 1),
              Device::cpu, "lower --width, --dim or --projector-hidden");
  return initial_model(config, initial);
}

int64_t steps_per_look(const Config& config) {
  if (config.read_back != 0) return config.read_back;
  return config.device == Device::cpu ? 1 : 16;
}

std::unique_ptr<BatchSource> batch_source(const Config& config, const TrainTest& data,
                                          const Communicator& ranks) {
  return make_batch_source(data.train, config.augment,
                           {.batch_size = config.batch_size,
                            .seed = config.seed,
                            .workers = config.workers,
                            .views = 2 * config.loss.pairs,
                            .part = ranks.rank(),
                            .parts = ranks.size()},
                           config.device, config.precision);
}

}  // namespace

Trainer::Trainer(const Config& config, const TrainTest& data, TrainedModel* initial,
                 const Communicator& ranks) try
    : config_(config),
      ranks_(ranks),
      data_(subsets(data, config.train_samples, config.test_samples)),
      model_(checked_model(config, initial, ranks)),
      registry_(registry_of(model_)),
      parameters_(registry_, config.device, config.precision),
      optimizer_(parameters_,
                 {.momentum = config.momentum,
                  .weight_decay = config.weight_decay,
                  .grad_scale = 1 / config.gradient_scale()},
                 {"encoder.", "predictor."}),
      batches_(batch_source(config, data_, ranks)),
      schedule_(learning_rate_schedule(config, batches_->batches_per_epoch())),
      objective_(make_objective(config, model_,
                                {.samples = data_.train->size(),
                                 .batch_size = config.batch_size,
                                 .steps_per_epoch = batches_->batches_per_epoch()},
                                ranks)),
      gradient_seed_(
          Tensor::full({}, config.gradient_scale() / ranks.size(), DType::f32, config.device)),
      log_(steps_per_look(config), config.model.dim, config.batch_size, config.device),
      monitor_(make_monitor(config, data_, ranks)) {
  check_alike();
  ranks_.connect(config.device);
  objective_->visit(registry_);
  if (objective_->window() > 0) ahead_ = batch_source(config, data_, ranks);
  if (config.device == Device::cuda && !config.eager && objective_->capturable())
    captured_ = std::make_unique<CapturedStep>(ranks);
} catch (const OutOfMemory& error) {
  throw advised(error, "lower --width, --dim or --train-samples");
}

Trainer::~Trainer() = default;

CachingAllocator::Statistics Trainer::step_memory() const {
  return captured_ ? captured_->memory() : CachingAllocator::Statistics{};
}

Views Trainer::views(const Batch& batch, int64_t step) const {
  return {Variable(cast(batch.images, config_.precision)), batch.samples, step};
}

// Gives the objective the batches of the window that begins here.
void Trainer::look_ahead() {
  const int64_t end = std::min(next_step() + objective_->window(), steps_per_epoch());
  for (int64_t step = next_step(); step < end; ++step)
    objective_->look_ahead(views(ahead_->next(), step));
}

// Queues the work of a step and waits for none of it: everything that changes from step to step is
// in device memory.
void Trainer::step() {
  parameters_.zero_grad();
  const auto [loss, z] = (*objective_)(views(batches_->batch(), next_step()));
  backward(loss, gradient_seed_);
  parameters_.collect_grads();
  ranks_.all_reduce(parameters_.grads);  // with a single process nothing is added
  log_.record(loss.value(), z.rows(0, config_.batch_size / ranks_.size()), parameters_.grads,
              ranks_);
  follow_schedule(schedule_, log_.finite(), optimizer_.learning_rates());
  optimizer_.step(log_.finite());
  parameters_.keep_buffers(log_.finite());
  objective_->updated(parameters_, log_.finite());
}

// Queues the next step, as a replay if possible.
void Trainer::queue_step() {
  batches_->advance();
  if (!captured_) return step();
  try {
    captured_->queue([this] { step(); });
  } catch (const CannotCapture& error) {
    read_back();  // a step that was not finite is reported first
    if (ranks_.rank() == 0)
      print(stderr,
            fmt::format("the step cannot be captured ({}); continuing without a CUDA graph\n",
                        error.what()));
    parameters_.zero_grad();  // the gradients are in the memory freed below
    captured_.reset();
    step();
  }
}

// If memory runs out, the user is told what to shrink and, for the batch, by how much.
void Trainer::queue_step_or_advise() {
  try {
    if (ahead_ && next_step() % objective_->window() == 0) look_ahead();
    queue_step();
    log_.advance();
  } catch (const OutOfMemory& error) {
    const bool in_parts = config_.micro_batch > 0;
    const int64_t size = in_parts ? config_.micro_batch : config_.batch_size;
    const int64_t fits = batch_that_fits(size, error.held, error.asked);
    if (fits >= size) throw advised(error, "lower --width, --dim or --image-size");
    throw advised(error, in_parts ? fmt::format("use smaller parts: --micro-batch {} may fit", fits)
                                  : fmt::format("use a smaller batch: --batch-size {0} may fit; "
                                                "--micro-batch {0} would keep the step's numbers",
                                                fits));
  }
}

// Adds up what a window of steps has logged.
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
  const ScopedLibraryPolicy policy(library_policy_of(config_));
  read_back();
  start_epoch();
  while (position_.step < steps_per_epoch()) {
    const double start = steady_seconds(), waited = batches_->wait_seconds();
    if (next_step() < steps_per_epoch()) queue_step_or_advise();
    const bool look = log_.due() || next_step() == steps_per_epoch();
    if (look) read_window();
    position_.seconds += steady_seconds() - start;
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
  const bool last = mean.epoch == config_.epochs;
  if (last || mean.epoch % config_.knn_every == 0) measure_into(metrics, /*probe=*/last);
  position_ = {.epoch = mean.epoch};
  history_.push_back(metrics);
  return metrics;
}

EpochMetrics Trainer::measure() const {
  const ScopedLibraryPolicy policy(library_policy_of(config_));
  EpochMetrics metrics;
  measure_into(metrics, /*probe=*/true);
  return metrics;
}

void Trainer::measure_into(EpochMetrics& metrics, bool probe) const {
  const auto watch = [&](double share) {
    if (watch_) watch_(share);
  };
  const auto measure = [&] { monitor_->measure(model_, probe, watch, metrics); };
  if (captured_)
    captured_->lend_memory(measure);
  else
    measure();
}

}  // namespace siam
