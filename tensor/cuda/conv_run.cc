#include "tensor/cuda/conv_run.h"

#include <cmath>
#include <limits>

#include "tensor/cuda/plan_cache.h"
#include "tensor/cuda/tuning.h"

namespace siam::cuda {

namespace {

constexpr double kUnusable = std::numeric_limits<double>::infinity();

/// Per-channel sums and weight gradients: where an engine that adds up atomically would show.
std::vector<std::pair<const void*, size_t>> sums_of(const ConvKey& key,
                                                    std::span<void* const> memory) {
  const size_t k = static_cast<size_t>(key.k), c = static_cast<size_t>(key.c);
  switch (key.kind) {
    case ConvKind::forward_statistics:
    case ConvKind::norm_forward_statistics: return {{memory[3], k * 4}, {memory[4], k * 4}};
    case ConvKind::norm_backward_weight:
      return {{memory[2], k * static_cast<size_t>(key.r * key.s) * c * size_of(key.type)}};
    case ConvKind::norm_backward_data: return {{memory[8], c * 4}, {memory[9], c * 4}};
    default: return {};
  }
}

/// True if the sums come out the same, bit by bit, each time. cuDNN's fused engines say nothing
/// about that in their notes, and its names for them speak of atomic sums.
bool repeats(const ConvKey& key, const GraphPlan& plan, std::span<void* const> memory,
             void* workspace) {
  constexpr int kRuns = 8;
  std::vector<uint8_t> first, again;
  for (int run = 0; run < kRuns; ++run) {
    plan.run(memory, workspace);
    again.clear();
    for (const auto& [data, bytes] : sums_of(key, memory)) {
      again.resize(again.size() + bytes);
      copy(again.data() + again.size() - bytes, Device::cpu, data, Device::cuda, bytes);
    }
    if (run == 0) first = again;
    if (again != first) return false;
  }
  return true;
}

Tensor workspace_of(const GraphPlan& plan) {
  return Tensor::empty({static_cast<int64_t>(plan.workspace())}, DType::u8, Device::cuda);
}

GraphPlan make_plan(const ConvKey& key, std::span<void* const> memory) {
  const PlanTarget target = PlanTarget::here();
  OperationGraph graph = graph_of(key);
  const std::vector<Engine> list =
      usable(engines(graph.finish(target), target), key.type, key.policy);
  check(!list.empty(), "conv2d: cuDNN has no engine for {}; use another type or other sizes",
        key.name());
  std::vector<std::string> names;
  for (const Engine& engine : list) names.push_back(engine.name);
  const auto plan_of = [&](size_t index) {
    GraphPlan plan(list[index], target);
    check(plan.workspace() <= kConvWorkspaceCap,
          "conv2d: {} asks for {} MiB of temporary memory; {} at most; use a smaller batch",
          key.name(), plan.workspace() >> 20, kConvWorkspaceCap >> 20);
    return plan;
  };
  const bool must_repeat = key.policy.deterministic && !sums_of(key, memory).empty();
  const auto seconds = [&](size_t index, double least) {
    try {
      const GraphPlan plan = plan_of(index);
      const Tensor workspace = workspace_of(plan);
      if (must_repeat && !repeats(key, plan, memory, workspace.raw())) return kUnusable;
      return device_seconds([&] { plan.run(memory, workspace.raw()); }, least);
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error&) {
      return kUnusable;
    }
  };
  if (list.size() == 1 && must_repeat)  // which the tuner does not measure
    check(std::isfinite(seconds(0, kUnusable)),
          "conv2d: cuDNN's only engine for {} does not work, or not twice with the same bits; use "
          "--fusion never",
          key.name());
  return plan_of(tuner().choose(key.name(), names, seconds));
}

}  // namespace

void run_conv(const ConvKey& key, std::span<void* const> memory) {
  static auto* plans = new PlanCache<ConvKey, GraphPlan>;  // never destroyed
  const GraphPlan& plan =
      plans->get(key, [&](const ConvKey& key) { return make_plan(key, memory); });
  plan.run(memory, workspace_of(plan).raw());
}

bool prefers_fused(const ConvKey& key, const std::function<void()>& separate,
                   const std::function<void()>& fused) {
  if (key.policy.fusion != Fusion::measured) return key.policy.fusion == Fusion::always;
  static auto* choices = new PlanCache<ConvKey, bool>;  // never destroyed
  return choices->get(key, [&](const ConvKey& key) {
    const std::string names[] = {"separate", "fused"};
    return tuner().choose(key.name() + "_fusion", names, [&](size_t index, double least) {
      return device_seconds(index == 1 ? fused : separate, least);
    }) == 1;
  });
}

}  // namespace siam::cuda
