// Rate of the SimSiam training step on random images. peer_torch.py beside this file is the same
// step in PyTorch.
//   --what step   forward, backward and update on views that rest in the device's memory
//   --what train  the trainer itself: draws, augmentation and the read-back of the loss included

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "data/memory_dataset.h"
#include "nn/optimizer.h"
#include "simsiam/trainer.h"
#include "tensor/allocator.h"
#include "tensor/map.h"
#include "tensor/parallel.h"
#include "tests/bench/network_layers.h"

namespace siam {

namespace {

struct Options {
  std::string network = "cifar18", device = "cpu", precision = "f32", what = "step";
  int64_t batch_size = 128, micro_batch = 0;
  int windows = 5, threads = 0;

  bool cuda() const { return device == "cuda"; }
  Device place() const { return cuda() ? Device::cuda : Device::cpu; }
  int64_t size() const { return network == "cifar18" ? 32 : 224; }
  /// The GPU runs ahead of the host, which waits for it once per window.
  int64_t steps_per_window() const { return cuda() ? 20 : 1; }
};

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Config config_of(const Options& options) {
  Config config;
  if (options.network == "cifar18")
    config.model = {.backbone = ResNetConfig::resnet18(), .projector_layers = 2};
  config.augment.size = static_cast<int>(options.size());
  config.batch_size = options.batch_size;
  config.micro_batch = options.micro_batch;
  config.base_learning_rate = 0.03;
  config.weight_decay = 5e-4;
  config.device = options.place();
  config.precision = options.precision == "f32"    ? DType::f32
                     : options.precision == "bf16" ? DType::bf16
                                                   : DType::f16;
  return config;
}

std::vector<double> step_rates(const Options& options, const Config& config) {
  Initializer init(0);
  SimSiam model(init, config.model);
  Registry registry = registry_of(model);
  FlatParameters parameters(registry, config.device, config.precision);
  Sgd sgd(parameters, {.momentum = config.momentum, .weight_decay = config.weight_decay});
  sgd.set_learning_rate(0, config.base_learning_rate);
  const Tensor images = init.normal({2 * config.batch_size, options.size(), options.size(), 3}, 1);
  const Variable views(cast(images.to(config.device), config.precision));
  std::vector<double> rates;
  for (int window = -2; window < options.windows; ++window) {
    const double start = seconds();
    for (int64_t step = 0; step < options.steps_per_window(); ++step) {
      parameters.zero_grad();
      const auto [z, p] = model(views, training_mode(config));
      backward(simsiam_loss(p, z, {}));
      sgd.step();
    }
    synchronize(config.device);
    if (window >= 0)
      rates.push_back(static_cast<double>(options.steps_per_window() * config.batch_size) /
                      (seconds() - start));
  }
  return rates;
}

std::shared_ptr<const Dataset> random_images(int64_t count, int64_t size) {
  std::vector<uint8_t> pixels(static_cast<size_t>(count * size * size * 3));
  Random random(0, Purpose::test, 0);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.below(256));
  return std::make_shared<MemoryDataset>(
      "random", std::vector<std::string>{"one"}, static_cast<int>(size), static_cast<int>(size),
      std::move(pixels), std::vector<int32_t>(static_cast<size_t>(count)));
}

// Also adds up what the step's own memory comes to.
std::vector<double> train_rates(const Options& options, Config config,
                                CachingAllocator::Statistics& memory) {
  const auto images = random_images(options.steps_per_window() * config.batch_size, options.size());
  config.epochs = options.windows + 3;
  config.knn_every = config.epochs;
  Trainer trainer(config, {images, images});
  std::vector<double> rates;
  for (int window = -2; window < options.windows; ++window) {
    const EpochMetrics metrics = trainer.train_epoch();
    if (window >= 0) rates.push_back(metrics.images_per_second);
  }
  memory = trainer.step_memory();
  return rates;
}

// Bytes read and written per second by a copy within the device's memory, best of ten.
double copy_rate(Device device) {
  constexpr int64_t kBytes = int64_t{1} << 29;
  const Tensor from = Tensor::zeros({kBytes}, DType::u8, device);
  const Tensor to = Tensor::zeros({kBytes}, DType::u8, device);
  double best = 0;
  for (int i = 0; i < 10; ++i) {
    synchronize(device);
    const double start = seconds();
    to.copy_from(from);
    synchronize(device);
    best = std::max(best, 2.0 * kBytes / (seconds() - start));
  }
  return best;
}

void bench(const Options& options) {
  const Config config = config_of(options);
  CachingAllocator::Statistics step;
  std::vector<double> rates =
      options.what == "step" ? step_rates(options, config) : train_rates(options, config, step);
  std::sort(rates.begin(), rates.end());
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto memory = caching_allocator(config.device).statistics();
  fmt::print(
      "simsiam {} {} {} {} batch {} micro-batch {} threads {}: best {:.1f} median {:.1f} pairs/s, "
      "peak {} MiB ",
      options.network, options.what, options.device, config.precision, config.batch_size,
      config.micro_batch, threads(), rates.back(), rates[rates.size() / 2],
      options.cuda() ? static_cast<int64_t>((memory.reserved + step.reserved) >> 20) : usage.ru_maxrss / 1024);
  fmt::print("(tensors {} MiB)\n", (memory.peak_in_use + step.peak_in_use) >> 20);
  const double bytes =
      step_bytes(config.model, options.size(), 2 * config.batch_size, config.precision);
  const double rate = bytes * rates.back() / static_cast<double>(config.batch_size);
  const double copy = copy_rate(config.device);
  fmt::print("{:.2f} GB a step at least, {:.0f} GB/s: {:.0f} % of a copy's {:.0f} GB/s\n",
             bytes / 1e9, rate / 1e9, 100 * rate / copy, copy / 1e9);
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  siam::Options options;
  CLI::App app("Rate of the SimSiam training step on random images");
  app.add_option("--network", options.network)->check(CLI::IsMember({"cifar18", "resnet50"}));
  app.add_option("--what", options.what)->check(CLI::IsMember({"step", "train"}));
  app.add_option("--device", options.device)->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--precision", options.precision)->check(CLI::IsMember({"f32", "bf16", "f16"}));
  app.add_option("--batch-size", options.batch_size, "pairs")->check(CLI::Range(2, 65536));
  app.add_option("--micro-batch", options.micro_batch, "pairs in the backbone at once; 0: all");
  app.add_option("--steps", options.windows, "measured steps; on a GPU, windows of 20 of them")
      ->check(CLI::Range(1, 10000));
  app.add_option("--threads", options.threads, "of the CPU; 0: all")->check(CLI::Range(0, 1024));
  for (CLI::Option* option : app.get_options()) option->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (options.threads > 0) siam::set_threads(options.threads);
  try {
    siam::bench(options);
  } catch (const siam::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
