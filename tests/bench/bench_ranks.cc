// What several processes gain: mpirun -n 2 bench_ranks. In one run, taking turns: the trainer in
// one process with one thread, in one process with as many threads as there are processes, and in
// all processes with one thread each; and the bytes that a step sends, compared with the minimum.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "simsiam/trainer.h"
#include "tensor/communicator.h"
#include "tensor/parallel.h"
#include "tests/bench/step_bench.h"

namespace siam {

namespace {

// Epochs of one batch; the first two tune and warm up.
class Rate {
 public:
  Rate(const StepOptions& options, const Communicator& ranks, int threads)
      : threads_(threads),
        config_(config_of(options)),
        images_(random_images(config_.batch_size, options.size())),
        trainer_(with_epochs(options.windows), {images_, images_}, nullptr, ranks) {}

  void measure() {
    set_threads(threads_);
    rates_.push_back(trainer_.train_epoch().images_per_second);
  }
  double median() const {
    std::vector<double> rates(rates_.begin() + 2, rates_.end());
    std::ranges::nth_element(rates, rates.begin() + std::ssize(rates) / 2);
    return rates[rates.size() / 2];
  }
  const Trainer& trainer() const { return trainer_; }

 private:
  Config with_epochs(int windows) const {
    Config config = config_;
    config.epochs = config.knn_every = windows + 3;  // no monitor
    return config;
  }

  int threads_;
  Config config_;
  std::shared_ptr<const Dataset> images_;
  Trainer trainer_;
  std::vector<double> rates_;
};

// The others sleep while rank 0 measures alone: MPI's own waiting would take their cores.
template <class Body>
void alone_at_work(const Communicator& ranks, const std::filesystem::path& done, const Body& body) {
  if (ranks.rank() == 0) {
    body();
    std::ofstream(done) << "done";
  }
  while (!std::filesystem::exists(done)) usleep(10'000);
  ranks.all_true(true);
  if (ranks.rank() == 0) std::filesystem::remove(done);
  ranks.all_true(true);
}

// The channels of all batch norms.
int64_t norm_channels(const Trainer& trainer) { return trainer.parameters().buffers().numel() / 2; }

void bench(const StepOptions& options, const Communicator& ranks) {
  const int n = ranks.size();
  const auto done = std::filesystem::temp_directory_path() /
                    ranks.broadcast(fmt::format("bench_ranks_{}", getpid()));
  Rate one(options, alone(), 1), threaded(options, alone(), n), shared(options, ranks, 1);
  uint64_t sent = 0;
  for (int window = -2; window < options.windows; ++window) {
    alone_at_work(ranks, done, [&] { one.measure(); });
    alone_at_work(ranks, done, [&] { threaded.measure(); });
    const uint64_t before = ranks.bytes_sent();
    shared.measure();
    sent = ranks.bytes_sent() - before;
  }
  if (ranks.rank() != 0) return;
  const auto line = [&](const char* what, double rate) {
    fmt::print("  {:<34} {:8.1f} pairs/s  {:5.2f}\n", what, rate, rate / one.median());
  };
  fmt::print("simsiam {} {} batch {}:\n", options.network, options.precision, options.batch_size);
  line("1 process, 1 thread", one.median());
  line(fmt::format("1 process, {} threads", n).c_str(), threaded.median());
  line(fmt::format("{} processes, 1 thread each", n).c_str(), shared.median());
  // For a sum that all ranks need, each rank sends 2 (n - 1) / n of it.
  const double share = 2.0 * (n - 1) / n * sizeof(float);
  const double gradients = share * static_cast<double>(shared.trainer().parameters().size());
  const double norms = share * 2 * 2 * 2 * static_cast<double>(norm_channels(shared.trainer()));
  fmt::print(
      "  a rank sends {:.3f} MB a step; at least {:.3f}: gradients {:.3f}, and of 2 views' batch "
      "norms, forward and backward, {:.3f}\n",
      static_cast<double>(sent) / 1e6, (gradients + norms) / 1e6, gradients / 1e6, norms / 1e6);
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  siam::StepOptions options;
  options.network = "quick";
  CLI::App app(
      "Rate of the training step over processes and over threads: mpirun -n 2 bench_ranks");
  app.add_option("--network", options.network)
      ->check(CLI::IsMember({"cifar18", "resnet50", "quick", "medium"}));
  app.add_option("--batch-size", options.batch_size, "pairs, of all processes")
      ->check(CLI::Range(2, 65536));
  app.add_option("--steps", options.windows, "measured steps of each kind")
      ->check(CLI::Range(1, 10000));
  for (CLI::Option* option : app.get_options()) option->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    const auto ranks = siam::launched_ranks();
    siam::bench(options, *ranks);
  } catch (const siam::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
