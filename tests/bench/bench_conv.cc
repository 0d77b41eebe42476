// Rate of every convolution of a network, forward and both gradients, against the machine's
// arithmetic peak measured in the same run. Winograd does fewer multiplications than the
// definition, in which GFLOP are counted, so it can exceed 100 %. GFLOP/s are by wall time, shares
// of the peak by CPU time.
//
// usage: bench_conv [cifar18|resnet50|quick|medium] [f32|bf16|f16] [images]
// [threads]

#include <cstdlib>

#include "tensor/conv.h"
#include "tensor/cpu/instruction_set.h"
#include "tensor/map.h"
#include "tests/bench/machine_peak.h"
#include "tests/bench/network_layers.h"
#include "tests/bench/networks.h"

namespace siam {

namespace {

struct Network {
  std::string name;
  int64_t images;  ///< views of one step
  ResNetConfig config = bench_config(name).model.backbone;
  int64_t size = bench_config(name).augment.size;
};

std::vector<Network> networks() {
  return {{"cifar18", 256}, {"resnet50", 32}, {"quick", 128}, {"medium", 256}};
}

struct Row {
  ConvLayer layer;
  int count;  ///< how often the network has this layer
};

// The distinct convolutions.
std::vector<Row> rows_of(const Network& network) {
  std::vector<Row> rows;
  for (ConvLayer layer : convolutions(network.config, network.size)) {
    layer.joins_residual = false;
    auto same = std::find_if(rows.begin(), rows.end(), [&](Row& r) { return r.layer == layer; });
    if (same == rows.end())
      rows.push_back({layer, 1});
    else
      ++same->count;
  }
  return rows;
}

struct Sum {
  double flops = 0, wall = 0, cpu = 0;
  void add(double more, const Time& time, int count) {
    flops += more * count;
    wall += time.wall * count;
    cpu += time.cpu * count;
  }
  void print(const char* what, const Peak& peak) const {
    fmt::print("{}: {:.0f} ms, {:.0f} GFLOP/s, CPU time {:.0f} ms, {:.0f} % of the ceiling\n", what,
               wall * 1e3, flops / wall / 1e9, cpu * 1e3, 100 * flops / cpu / peak.core);
  }
};

void bench(const Network& network, DType type, int64_t images) {
  // Without instructions for bf16 it is computed in f32.
  const Peak peak = peak_flops(type == DType::bf16);
  fmt::print("{}, {} images, {}, {} threads, {} kernels, ceiling {:.0f} GFLOP/s, {:.0f} a core\n\n",
             network.name, images, type, threads(), name_of(cpu::instruction_set()), peak.all / 1e9,
             peak.core / 1e9);
  fmt::print("| convolution | GFLOP | forward GFLOP/s | | data gradient | | weight gradient | |\n");
  fmt::print("|---|---:|---:|---:|---:|---:|---:|---:|\n");
  Initializer init(0);
  Sum each, all;
  for (const auto& [layer, count] : rows_of(network)) {
    const ConvGeometry geometry{layer.stride, layer.padding()};
    const Tensor x = cast(init.normal({images, layer.size, layer.size, layer.in}, 1), type);
    const Tensor w =
        cast(init.normal({layer.out, layer.filter, layer.filter, layer.in}, 0.1), type);
    const Tensor y = conv2d(x, w, geometry);
    const double flops = 2.0 * static_cast<double>(y.numel() * layer.filter * layer.filter) *
                         static_cast<double>(layer.in);
    fmt::print("| {0}x{0}x{1}, {2}x{2}/{3}, {4} (x{5}) | {6:.2f} ", layer.size, layer.in,
               layer.filter, layer.stride, layer.out, count, flops / 1e9);
    auto column = [&, count = count](const auto& call) {
      const Time time = best_time(call);
      each.add(flops, time, 1);
      all.add(flops, time, count);
      fmt::print("| {:.0f} | {:.0f} % ", flops / time.wall / 1e9,
                 100 * flops / time.cpu / peak.core);
    };
    column([&] { conv2d(x, w, geometry); });
    if (layer.in > 3)  // images need no gradient
      column([&] { conv2d_backward_data(y, w, x.shape(), geometry); });
    else
      fmt::print("| | ");
    column([&] { conv2d_backward_weight(y, x, w.shape(), geometry); });
    fmt::print("|\n");
  }
  fmt::print("\n");
  each.print("one of each", peak);
  all.print("the network's", peak);
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "cifar18", type = argc > 2 ? argv[2] : "f32";
  const auto all = siam::networks();
  const auto network =
      std::find_if(all.begin(), all.end(), [&](auto& each) { return each.name == wanted; });
  const bool known = network != all.end() && (type == "f32" || type == "bf16" || type == "f16");
  const int64_t images = argc > 3 ? std::atoll(argv[3]) : known ? network->images : 0;
  if (!known || images < 1) {
    fmt::print(stderr,
               "error: usage: bench_conv [cifar18|resnet50|quick|medium] [f32|bf16|f16] [images] "
               "[threads]\n");
    return 2;
  }
  if (argc > 4) siam::set_threads(std::atoi(argv[4]));
  try {
    siam::bench(*network,
                type == "f32"    ? siam::DType::f32
                : type == "bf16" ? siam::DType::bf16
                                 : siam::DType::f16,
                images);
  } catch (const siam::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
