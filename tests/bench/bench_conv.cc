// Rate of every convolution of a network, forward and both gradients, against the machine's
// arithmetic ceiling measured in the same run. Winograd does fewer multiplications than the
// definition, by which GFLOP are counted, so it can exceed 100 %.
//
// usage: bench_conv [cifar18|resnet50] [f32|bf16] [images] [threads]

#include <cstdlib>

#include "nn/resnet.h"
#include "tensor/conv.h"
#include "tensor/map.h"
#include "tests/bench/machine_peak.h"

namespace siam {

namespace {

struct Layer {
  int64_t size, in, out, filter;
  int stride;
  auto operator<=>(const Layer&) const = default;
  int padding() const { return static_cast<int>(filter / 2); }
};

// The distinct convolutions in the order of the forward pass.
std::vector<Layer> layers_of(const ResNetConfig& config, int64_t size) {
  std::vector<Layer> layers;
  auto add = [&](Layer layer) {
    for (const Layer& seen : layers)
      if (seen == layer) return;
    layers.push_back(layer);
  };
  add(config.imagenet_stem ? Layer{size, 3, config.width, 7, 2}
                           : Layer{size, 3, config.width, 3, 1});
  if (config.imagenet_stem) size /= 4;
  int64_t in = config.width;
  for (int stage = 0; stage < 4; ++stage)
    for (int block = 0; block < config.blocks[stage]; ++block) {
      const int64_t width = config.width << stage, out = config.bottleneck ? 4 * width : width;
      const int stride = stage > 0 && block == 0 ? 2 : 1;
      if (config.bottleneck) add({size, in, width, 1, 1});
      add({size, config.bottleneck ? width : in, width, 3, stride});
      if (in != out || stride > 1) add({size, in, out, 1, stride});
      size /= stride;
      config.bottleneck ? add({size, width, out, 1, 1}) : add({size, width, width, 3, 1});
      in = out;
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
  for (const Layer& layer : layers_of(config, size)) {
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
