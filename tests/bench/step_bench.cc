#include "tests/bench/step_bench.h"

#include "data/memory_dataset.h"
#include "simsiam/setting_text.h"
#include "tensor/map.h"
#include "tensor/reduce.h"

namespace siam {

namespace {

// Keeps a GPU busy for some 40 ms (an H100 copies 0.5 GiB in 0.4 ms), about what the host needs to
// queue a step of a thousand launches.
void queue_other_work() {
  constexpr int64_t kBytes = int64_t{1} << 29;
  const Tensor from = Tensor::empty({kBytes}, DType::u8, Device::cuda), to = from.empty_like();
  for (int i = 0; i < 100; ++i) to.copy_from(from);
}

SimSiam initial_model(const Config& config) {
  Initializer init(0);
  return {init, config.model};
}

}  // namespace

Config config_of(const StepOptions& options) {
  Config config = bench_config(options.network);
  config.train_samples = config.test_samples = 0;  // all of the random images
  config.batch_size = options.batch_size;
  config.micro_batch = options.micro_batch;
  config.base_learning_rate = 0.03;
  config.weight_decay = 5e-4;
  config.device = options.cuda() ? Device::cuda : Device::cpu;
  config.eager = options.eager;
  from_text(options.precision, config.precision);
  return config;
}

std::shared_ptr<const Dataset> random_images(int64_t count, int64_t size) {
  std::vector<uint8_t> pixels(static_cast<size_t>(count * size * size * 3));
  Random random(0, Purpose::test, 0);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.below(256));
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < count; ++i) labels.push_back(static_cast<int32_t>(i % 10));
  return std::make_shared<MemoryDataset>("random", std::vector<std::string>(10, "class"),
                                         static_cast<int>(size), static_cast<int>(size),
                                         std::move(pixels), std::move(labels));
}

BareStep::BareStep(const StepOptions& options, bool draws)
    : options_(options),
      config_(config_of(options)),
      captured_(options.cuda() && !options.eager ? std::make_unique<CapturedStep>() : nullptr),
      model_(initial_model(config_)),
      registry_(registry_of(model_)),
      parameters_(registry_, config_.device, config_.precision),
      sgd_(parameters_, {.momentum = config_.momentum,
                         .weight_decay = config_.weight_decay,
                         .grad_scale = 1 / config_.gradient_scale()}),
      gradient_seed_(Tensor::full({}, config_.gradient_scale(), DType::f32, config_.device)) {
  sgd_.set_learning_rate(0, config_.base_learning_rate);
  if (draws) {
    source_ = make_batch_source(
        random_images(std::max<int64_t>(config_.batch_size, 2048), options.size()), config_.augment,
        {.batch_size = config_.batch_size}, config_.device, config_.precision);
    source_->start_epoch(0);
  } else {
    Initializer init(1);
    const Tensor images =
        init.normal({2 * config_.batch_size, options.size(), options.size(), 3}, 1);
    views_ = cast(images.to(config_.device), config_.precision);
  }
}

BareStep::~BareStep() = default;

CachingAllocator::Statistics BareStep::memory() const {
  return captured_ ? captured_->memory() : CachingAllocator::Statistics{};
}

// The finite check and the loss scale are parts of every step of the trainer.
void BareStep::step() {
  if (source_) views_ = cast(source_->batch().images, config_.precision);
  parameters_.zero_grad();
  const auto [z, p] = model_(Variable(views_), training_mode(config_));
  backward(simsiam_loss(p, z, config_.loss), gradient_seed_);
  parameters_.collect_grads();
  sgd_.step(all_finite_flag(parameters_.grads));
}

void BareStep::queue() {
  if (source_) source_->advance();
  if (captured_)
    captured_->queue([this] { step(); });
  else
    step();
}

BareStep::Times BareStep::profile() {
  Times fastest{};
  for (int i = -1; i < options_.windows; ++i) {
    if (source_) {
      source_->start_epoch(i + 1);
      source_->advance();
    }
    synchronize(config_.device);
    if (options_.cuda()) queue_other_work();
    Profile profile(config_.device);
    step();
    profile.stop();
    // The first step also measures the libraries' algorithms.
    if (i == 0 || (i > 0 && profile.seconds() < fastest.seconds))
      fastest = {profile.seconds(), profile.kernels()};
  }
  return fastest;
}

}  // namespace siam
