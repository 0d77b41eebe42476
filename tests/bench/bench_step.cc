// Rate of the SimSiam training step: CIFAR ResNet-18, heads 2048-512-2048, SGD, random images that
// rest in memory. peer_torch.py beside this file is the same step in PyTorch.
//
// usage: bench_step [f32|bf16] [batch size] [steps] [threads]

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "nn/optimizer.h"
#include "simsiam/loss.h"
#include "simsiam/model.h"
#include "tensor/allocator.h"
#include "tensor/map.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void bench(DType precision, int64_t batch, int steps) {
  Initializer init(0);
  SimSiam model(init, {.backbone = ResNetConfig::resnet18(), .projector_layers = 2});
  Registry registry;
  model.visit(registry);
  FlatParameters parameters(registry, Device::cpu, precision);
  Sgd sgd(parameters, {.momentum = 0.9, .weight_decay = 5e-4});
  sgd.set_learning_rate(0, 0.03);
  const Variable views(cast(init.normal({2 * batch, 32, 32, 3}, 1), precision));

  std::vector<double> rates;
  for (int step = -2; step < steps; ++step) {
    const double start = seconds();
    parameters.zero_grad();
    const auto [z, p] = model(views, {.training = true, .groups = 2});
    const Variable loss = simsiam_loss(p, z, {});
    backward(loss);
    sgd.step();
    if (step >= 0) rates.push_back(static_cast<double>(batch) / (seconds() - start));
  }
  std::sort(rates.begin(), rates.end());
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  fmt::print(
      "simsiam {} batch {} threads {}: best {:.1f} median {:.1f} pairs/s, peak {} MiB "
      "(tensors {:.0f} MiB)\n",
      precision, batch, threads(), rates.back(), rates[rates.size() / 2], usage.ru_maxrss / 1024,
      static_cast<double>(caching_allocator(Device::cpu).statistics().peak_in_use) / 1048576);
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  const std::string precision = argc > 1 ? argv[1] : "f32";
  const int64_t batch = argc > 2 ? std::atoll(argv[2]) : 128;
  const int steps = argc > 3 ? std::atoi(argv[3]) : 5;
  if (argc > 4) siam::set_threads(std::atoi(argv[4]));
  if ((precision != "f32" && precision != "bf16") || batch < 2 || steps < 1) {
    fmt::print(stderr, "error: usage: bench_step [f32|bf16] [batch size] [steps] [threads]\n");
    return 2;
  }
  try {
    siam::bench(precision == "f32" ? siam::DType::f32 : siam::DType::bf16, batch, steps);
  } catch (const siam::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
