// Rate of the SimSiam training step on random images. peer_torch.py beside this file is the same
// step in PyTorch.
//   --what step   forward, backward and update on views that stay in the device's memory
//   --what train  the trainer itself: draws, augmentation and the read-back of the loss included
//   --what knn    an epoch of the trainer and one pass of its kNN monitor
// On a GPU the step is captured and replayed, unless --eager. --profile: after that, one step op by
// op, with the time of every kernel.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>

#include "simsiam/trainer.h"
#include "tensor/allocator.h"
#include "tensor/clock.h"
#include "tensor/parallel.h"
#include "tests/bench/network_layers.h"
#include "tests/bench/step_bench.h"

namespace siam {

namespace {

struct Rates {
  std::vector<double> pairs_per_second;    ///< of each window, ascending
  CachingAllocator::Statistics step = {};  ///< of the memory reserved for captured steps

  double best() const { return pairs_per_second.back(); }
  double median() const { return pairs_per_second[pairs_per_second.size() / 2]; }
};

// The first two windows tune, capture and warm up.
template <class Window>
std::vector<double> measure(const StepOptions& options, const Window& window) {
  std::vector<double> rates;
  for (int i = -2; i < options.windows; ++i) {
    const double rate = window();
    if (i >= 0) rates.push_back(rate);
  }
  std::sort(rates.begin(), rates.end());
  return rates;
}

Rates step_rates(const StepOptions& options) {
  BareStep step(options, /*draws=*/false);
  const Device device = config_of(options).device;
  Rates rates{measure(options, [&] {
    const double start = steady_seconds();
    for (int64_t i = 0; i < options.steps_per_window(); ++i) step.queue();
    synchronize(device);
    return static_cast<double>(options.steps_per_window() * options.batch_size) /
           (steady_seconds() - start);
  })};
  rates.step = step.memory();
  return rates;
}

Rates train_rates(const StepOptions& options) {
  Config config = config_of(options);
  const auto images = random_images(options.steps_per_window() * config.batch_size, options.size());
  config.epochs = options.windows + 3;
  config.knn_every = config.epochs;
  Trainer trainer(config, {images, images});
  Rates rates{measure(options, [&] { return trainer.train_epoch().images_per_second; })};
  rates.step = trainer.step_memory();
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
    const double start = steady_seconds();
    to.copy_from(from);
    synchronize(device);
    best = std::max(best, 2.0 * kBytes / (steady_seconds() - start));
  }
  return best;
}

std::string title(const StepOptions& options) {
  return fmt::format("simsiam {} {} {} {} batch {} micro-batch {} threads {}", options.network,
                     options.what, options.device, options.precision, options.batch_size,
                     options.micro_batch, threads());
}

void bench_rates(const StepOptions& options) {
  const Config config = config_of(options);
  const Rates rates = options.what == "step" ? step_rates(options) : train_rates(options);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto memory = caching_allocator(config.device).statistics();
  fmt::print("{}: best {:.1f} median {:.1f} pairs/s, peak {} MiB (tensors {} MiB)\n",
             title(options), rates.best(), rates.median(),
             options.cuda() ? static_cast<int64_t>((memory.reserved + rates.step.reserved) >> 20)
                            : usage.ru_maxrss / 1024,
             (memory.peak_in_use + rates.step.peak_in_use) >> 20);
  const double bytes =
      step_bytes(config.model, options.size(), 2 * config.batch_size, config.precision);
  const double rate = bytes * rates.best() / static_cast<double>(config.batch_size);
  const double copy = copy_rate(config.device);
  fmt::print("{:.2f} GB a step at least, {:.0f} GB/s: {:.0f} % of a copy's {:.0f} GB/s\n",
             bytes / 1e9, rate / 1e9, 100 * rate / copy, copy / 1e9);
  fmt::print("{:.3f} ms a step\n", 1e3 * static_cast<double>(config.batch_size) / rates.median());
}

void bench_kernels(const StepOptions& options) {
  StepOptions eager = options;
  eager.eager = true;
  const BareStep::Times times = BareStep(eager, options.what == "train").profile();
  fmt::print("\none step op by op, by kernel:\n{}",
             profile_table(by_kernel(times.kernels), times.seconds));
  fmt::print("\nby kernel and shape of its first tensor, from 1 % on:\n{}",
             profile_table(times.kernels, times.seconds, 0.01));
}

// The second epoch and the second pass count: in the first ones the libraries' algorithms are
// chosen.
void bench_monitor(const StepOptions& options) {
  Config config = config_of(options);
  config.epochs = config.knn_every = 10;
  Trainer trainer(config, {random_images(options.images, options.size()),
                           random_images(options.queries, options.size())});
  trainer.train_epoch();
  const double epoch = trainer.train_epoch().seconds;
  trainer.measure();
  const double start = steady_seconds();
  trainer.measure();
  const double monitor = steady_seconds() - start;
  fmt::print(
      "{}: an epoch of {} images {:.3f} s, the kNN monitor with {} queries {:.3f} s: {:.1f} % of "
      "an epoch, below 5 % from --knn-every {} on\n",
      title(options), options.images, epoch, options.queries, monitor, 100 * monitor / epoch,
      static_cast<int>(std::floor(monitor / (0.05 * epoch))) + 1);
}

void bench(const StepOptions& options) {
  if (options.what == "knn") return bench_monitor(options);
  bench_rates(options);
  if (options.profile) bench_kernels(options);
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  siam::StepOptions options;
  CLI::App app("Rate of the SimSiam training step on random images");
  app.add_option("--network", options.network)
      ->check(CLI::IsMember({"cifar18", "resnet50", "quick", "medium"}));
  app.add_option("--what", options.what)->check(CLI::IsMember({"step", "train", "knn"}));
  app.add_option("--device", options.device)->check(CLI::IsMember({"cpu", "cuda"}));
  app.add_option("--precision", options.precision)->check(CLI::IsMember({"f32", "bf16", "f16"}));
  app.add_option("--batch-size", options.batch_size, "pairs")->check(CLI::Range(2, 65536));
  app.add_option("--micro-batch", options.micro_batch, "pairs in the backbone at once; 0: all");
  app.add_option("--steps", options.windows, "measured steps; on a GPU, windows of 20 of them")
      ->check(CLI::Range(1, 10000));
  app.add_option("--threads", options.threads, "of the CPU; 0: all")->check(CLI::Range(0, 1024));
  app.add_option("--images", options.images, "of an epoch, with --what knn")
      ->check(CLI::Range(2, 10000000));
  app.add_option("--queries", options.queries, "of the kNN monitor, with --what knn")
      ->check(CLI::Range(1, 10000000));
  for (CLI::Option* option : app.get_options()) option->capture_default_str();
  app.add_flag("--eager", options.eager, "on a GPU: queue every step op by op");
  app.add_flag("--profile", options.profile, "a table of the kernels of one step");
  CLI11_PARSE(app, argc, argv);
  if (options.threads > 0) siam::set_threads(options.threads);
  try {
    siam::bench(options);
  } catch (const siam::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
