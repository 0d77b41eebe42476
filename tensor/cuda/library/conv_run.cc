#include "tensor/cuda/library/conv_run.h"

#include <cmath>
#include <limits>

#include "tensor/allocator.h"
#include "tensor/cuda/library/plan_cache.h"
#include "tensor/cuda/library/tuning.h"

namespace siam::cuda {

namespace {

constexpr double kUnusable = std::numeric_limits<double>::infinity();

Tensor workspace_of(const GraphPlan& plan) {
  return Tensor::empty({static_cast<int64_t>(plan.workspace())}, DType::u8, Device::cuda);
}

// The fastest of the engines. Error if none works.
GraphPlan fastest(const ConvKey& key, const std::vector<Engine>& list, const PlanTarget& target,
                  std::span<void* const> memory) {
  std::vector<std::string> names;
  for (const Engine& engine : list) names.push_back(engine.name);
  const auto plan_of = [&](size_t index) {
    GraphPlan plan(list[index], target);
    check(plan.workspace() <= kConvWorkspaceCap,
          "conv2d: {} asks for {} MiB of temporary memory; {} at most; use a smaller batch",
          key.name(), plan.workspace() >> 20, kConvWorkspaceCap >> 20);
    return plan;
  };
  const auto seconds = [&](size_t index, double least) {
    try {
      const GraphPlan plan = plan_of(index);
      const Tensor workspace = workspace_of(plan);
      return device_seconds([&] { plan.run(memory, workspace.raw()); }, least);
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error&) {
      return kUnusable;
    }
  };
  return plan_of(tuner().choose(key.name(), names, seconds));
}

GraphPlan make_plan(const ConvKey& key, std::span<void* const> memory) {
  check_served(key.type);
  const PlanTarget target = PlanTarget::here();
  OperationGraph graph = graph_of(key);
  const std::vector<Engine> found = engines(graph.finish(target), target);
  std::string why = "none is allowed";
  for (const bool compiles : {false, true}) {
    const std::vector<Engine> list = usable(found, key.type, key.policy, compiles);
    if (list.empty()) continue;
    try {
      return fastest(key, list, target, memory);
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error& error) {
      why = error.what();
    }
  }
  fail("conv2d: cuDNN has no engine for {}: {}; use another type or other sizes", key.name(), why);
}

}  // namespace

void run_conv(const ConvKey& key, std::span<void* const> memory) {
  static auto* plans = new PlanCache<ConvKey, GraphPlan>;  // never destroyed
  const GraphPlan& plan =
      plans->get(key, [&](const ConvKey& key) { return make_plan(key, memory); });
  plan.run(memory, workspace_of(plan).raw());
}

}  // namespace siam::cuda
