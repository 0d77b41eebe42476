// Rate of every convolution of a network, forward and both gradients, against the machine's
// arithmetic ceiling measured in the same run. Winograd does fewer multiplications than the
// definition, by which GFLOP are counted, so it can exceed 100 %.
//
// usage: bench_conv [cifar18|resnet50] [f32|bf16] [images] [threads]

#include <algorithm>
#include <cstdlib>

#include "tensor/conv.h"
#include "tensor/map.h"
#include "tests/bench/machine_peak.h"
#include "tests/bench/network_layers.h"

namespace siam {

namespace {

// The distinct convolutions.
std::vector<ConvLayer> layers_of(const ResNetConfig& config, int64_t size) {
  std::vector<ConvLayer> layers;
  for (ConvLayer layer : convolutions(config, size)) {
    layer.joins_residual = false;
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
  }
  return layers;
}

// Seconds of the best of a few calls, behind one that makes the plan.
template <class F>
double best_seconds(const F& call) {
  call();
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double start = wall_seconds();
    call();
    best = std::min(best, wall_seconds() - start);
  }
  return best;
}

void bench(const ResNetConfig& config, int64_t size, DType type, int64_t images) {
  const double peak = peak_flops(type == DType::bf16);
  fmt::print("{} images, {}, {} threads, ceiling {:.0f} GFLOP/s\n\n", images, type, threads(),
             peak / 1e9);
  fmt::print("| convolution | GFLOP | forward GFLOP/s | | data gradient | | weight gradient | |\n");
  fmt::print("|---|---:|---:|---:|---:|---:|---:|---:|\n");
  Initializer init(0);
  double all_flops = 0, all_seconds = 0;
  for (const ConvLayer& layer : layers_of(config, size)) {
    const ConvGeometry geometry{layer.stride, layer.padding()};
    const Tensor x = cast(init.normal({images, layer.size, layer.size, layer.in}, 1), type);
    const Tensor w =
        cast(init.normal({layer.out, layer.filter, layer.filter, layer.in}, 0.1), type);
    const Tensor y = conv2d(x, w, geometry);
    const double flops = 2.0 * static_cast<double>(y.numel() * layer.filter * layer.filter) *
                         static_cast<double>(layer.in);
    fmt::print("| {0}x{0}x{1}, {2}x{2}/{3}, {4} | {5:.1f} ", layer.size, layer.in, layer.filter,
               layer.stride, layer.out, flops / 1e9);
    auto column = [&](const auto& call) {
      const double seconds = best_seconds(call);
      all_flops += flops;
      all_seconds += seconds;
      fmt::print("| {:.0f} | {:.0f} % ", flops / seconds / 1e9, 100 * flops / seconds / peak);
    };
    column([&] { conv2d(x, w, geometry); });
    if (layer.in > 3)  // images need no gradient
      column([&] { conv2d_backward_data(y, w, x.shape(), geometry); });
    else
      fmt::print("| | ");
    column([&] { conv2d_backward_weight(y, x, w.shape(), geometry); });
    fmt::print("|\n");
  }
  fmt::print("\none of each: {:.0f} ms, {:.0f} GFLOP/s, {:.0f} % of the ceiling\n",
             all_seconds * 1e3, all_flops / all_seconds / 1e9,
             100 * all_flops / all_seconds / peak);
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  const std::string network = argc > 1 ? argv[1] : "cifar18", type = argc > 2 ? argv[2] : "f32";
  const bool cifar = network == "cifar18";
  const int64_t images = argc > 3 ? std::atoll(argv[3]) : cifar ? 256 : 16;
  if (argc > 4) siam::set_threads(std::atoi(argv[4]));
  if ((!cifar && network != "resnet50") || (type != "f32" && type != "bf16") || images < 1) {
    fmt::print(stderr,
               "error: usage: bench_conv [cifar18|resnet50] [f32|bf16] [images] [threads]\n");
    return 2;
  }
  try {
    siam::bench(cifar ? siam::ResNetConfig::resnet18() : siam::ResNetConfig::resnet50(),
                cifar ? 32 : 224, type == "f32" ? siam::DType::f32 : siam::DType::bf16, images);
  } catch (const siam::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
