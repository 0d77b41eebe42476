// What cuDNN offers for the layers of our networks on GPUs that need not be present: engines are
// queried, and plans made, for the GPUs described below. A layer without an engine fails here
// instead of on the GPU.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tensor/cuda/library/conv_plan.h"
#include "tests/bench/network_layers.h"

namespace siam::cuda {

namespace {

struct DescribedGpu {
  const char* name;
  int version, processors, shared_memory, l2_mib, core_mhz, memory_mhz;
  int64_t memory;
};
const DescribedGpu kA100{"A100", 800, 108, 166912, 40, 1410, 1215, 42505273344};
const DescribedGpu kH100{"H100", 900, 132, 232448, 50, 1980, 2619, 85017624576};

// In cuDNN's format.
PlanTarget target_of(const DescribedGpu& gpu) {
  return PlanTarget(fmt::format(
      R"({{"deviceName": "{}", "deviceVer": {}, "multiProcessorCount": {}, )"
      R"("maxSharedMemoryPerBlockOptin": {}, "l2CacheSize": {}, "smClockRateKHz": {}000, )"
      R"("memClockRateKHz": {}000, "totalGlobalMem": {}, "driverVer": 13000, "cudaDeviceId": 0, )"
      R"("pciDeviceId": 0, "isTccDriver": 0, "supportCoopLaunch": 1, "warpSize": 32, )"
      R"("maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64], )"
      R"("maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "maxCtasPerSM": 32, )"
      R"("regsPerBlock": 65536, "maxRegistersPerSM": 65536, "maxSharedMemoryPerBlock": 49152, )"
      R"("reservedSharedMemoryPerBlock": 1024}})",
      gpu.name, gpu.version, gpu.processors, gpu.shared_memory, gpu.l2_mib << 20, gpu.core_mhz,
      gpu.memory_mhz, gpu.memory));
}

struct Network {
  const char* name;
  ResNetConfig config;
  int64_t size, images;  ///< both views in one batch
};
const Network kCifar18{"ResNet-18, CIFAR", ResNetConfig::resnet18(), 32, 1024};
const Network kResNet50{"ResNet-50 at 224", ResNetConfig::resnet50(), 224, 512};

std::set<ConvLayer> layers_of(const Network& network) {
  const std::vector<ConvLayer> all = convolutions(network.config, network.size);
  return {all.begin(), all.end()};
}

ConvKey key_of(ConvKind kind, const ConvLayer& layer, int64_t images, DType type,
               LibraryPolicy policy) {
  return ConvKey::of(kind, {images, layer.size, layer.size, layer.in},
                     {layer.out, layer.filter, layer.filter, layer.in}, type,
                     {layer.stride, layer.padding()}, policy);
}

/// The number of engines that are allowed, have a plan, and respect the limit on temporary memory.
int plans(const ConvKey& key, const PlanTarget& target) {
  OperationGraph graph = graph_of(key);
  const std::vector<Engine> found = engines(graph.finish(target), target);
  int count = 0;
  for (const bool compiles : {false, true})
    for (const Engine& engine : usable(found, key.type, key.policy, compiles)) {
      if (compiles && count > 0) break;
      try {
        count += GraphPlan(engine, target).workspace() <= kConvWorkspaceCap;
      } catch (const Error&) {
      }
    }
  return count;
}

}  // namespace

TEST_CASE("every convolution of our networks has a deterministic engine on the A100 and the H100") {
  for (const DescribedGpu& gpu : {kA100, kH100}) {
    const PlanTarget target = target_of(gpu);
    for (const Network& network : {kCifar18, kResNet50})
      for (const ConvLayer& layer : layers_of(network))
        for (const DType type : {DType::f32, DType::bf16, DType::f16})
          for (const ConvKind kind :
               {ConvKind::forward, ConvKind::backward_data, ConvKind::backward_weight}) {
            if (kind == ConvKind::backward_data && layer.in == 3) continue;  // images need none
            const ConvKey key = key_of(kind, layer, network.images, type, {});
            CAPTURE(fmt::format("{}, {}: {}", gpu.name, network.name, key.name()));
            CHECK(plans(key, target) > 0);
          }
  }
}

TEST_CASE("engines are told apart by their settings") {
  const ConvLayer layer{32, 64, 64, 3, 1, false};
  const ConvKey key = key_of(ConvKind::forward, layer, 512, DType::f16, {});
  const PlanTarget target = target_of(kH100);
  OperationGraph graph = graph_of(key);
  std::set<std::string> names;
  std::set<int64_t> indices;
  for (const Engine& each : engines(graph.finish(target), target)) {
    CHECK(names.insert(each.name).second);
    indices.insert(each.index);
  }
  CHECK(names.size() > indices.size());
}

TEST_CASE("f32 without TF32 never rounds its factors, and the halves add up in f32") {
  const PlanTarget target = target_of(kH100);
  const ConvLayer layer{56, 64, 64, 3, 1, false};
  const auto notes = [&](DType type, LibraryPolicy policy) {
    const ConvKey key = key_of(ConvKind::forward, layer, 64, type, policy);
    OperationGraph graph = graph_of(key);
    return usable(engines(graph.finish(target), target), type, key.policy, /*compiles=*/false);
  };
  const auto on_tensor_cores = [](const Engine& each) { return each.notes.tensor_cores; };
  CHECK(std::ranges::none_of(notes(DType::f32, {}), on_tensor_cores));
  CHECK(std::ranges::any_of(notes(DType::f32, {.tf32 = true}), on_tensor_cores));
  CHECK(std::ranges::any_of(notes(DType::bf16, {}), on_tensor_cores));
}

}  // namespace siam::cuda
