// Engines for a graph, and the plan of one of them (cudnn_graph.h).

#include <algorithm>
#include <numeric>

#include "tensor/cuda/library/cudnn_graph.h"

namespace siam::cuda {

namespace {

template <class T>
T value_of(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
           cudnnBackendAttributeType_t type) {
  T value{};
  int64_t count = 0;
  CUDA_CHECK(cudnnBackendGetAttribute(descriptor, name, type, 1, &count, &value));
  return value;
}

/// An attribute that is a list of descriptors of one type, `most` at most. If `most` is 0, cuDNN is
/// asked how many there are; for an engine's knobs it then answers that there are none.
std::vector<Descriptor> descriptors_of(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendDescriptorType_t type, int64_t most = 0) {
  if (most == 0)
    CUDA_CHECK(cudnnBackendGetAttribute(descriptor, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &most,
                                        nullptr));
  std::vector<Descriptor> list;
  for (int64_t i = 0; i < most; ++i) list.emplace_back(type);
  std::vector<cudnnBackendDescriptor_t> handles(list.begin(), list.end());
  int64_t count = 0;
  if (most > 0)
    CUDA_CHECK(cudnnBackendGetAttribute(descriptor, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most,
                                        &count, handles.data()));
  list.erase(list.begin() + count, list.end());
  return list;
}

/// An attribute that is a list of notes, at most kMost of them.
template <int kMost, class Note>
bool has_note(cudnnBackendDescriptor_t engine, cudnnBackendAttributeName_t name,
              cudnnBackendAttributeType_t type, Note note) {
  Note list[kMost];
  int64_t count = 0;
  CUDA_CHECK(cudnnBackendGetAttribute(engine, name, type, kMost, &count, list));
  return std::find(list, list + count, note) != list + count;
}

EngineNotes notes_of(cudnnBackendDescriptor_t engine) {
  const auto numerical = [&](cudnnBackendNumericalNote_t note) {
    return has_note<CUDNN_NUMERICAL_NOTE_TYPE_COUNT>(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                     CUDNN_TYPE_NUMERICAL_NOTE, note);
  };
  return {.nondeterministic = numerical(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC),
          .tensor_cores = numerical(CUDNN_NUMERICAL_NOTE_TENSOR_CORE),
          .rounds_inputs = numerical(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS),
          .narrow_sums = numerical(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION),
          .compiles = has_note<CUDNN_BEHAVIOR_NOTE_TYPE_COUNT>(
              engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE,
              CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION)};
}

Engine engine_of(Descriptor&& config) {
  const Descriptor engine = std::move(
      descriptors_of(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR).at(0));
  const auto index = value_of<int64_t>(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64);
  std::string name = fmt::format("{}", index);
  for (const Descriptor& knob :
       descriptors_of(config, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                      CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS))
    name +=
        fmt::format(".{}={}",
                    static_cast<int>(value_of<cudnnBackendKnobType_t>(
                        knob, CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE)),
                    value_of<int64_t>(knob, CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64));
  const EngineNotes notes = notes_of(engine);
  return {std::make_shared<const Descriptor>(std::move(config)), index, std::move(name), notes};
}

}  // namespace

std::vector<Engine> engines(const Descriptor& graph, const PlanTarget& target) {
  std::vector<Engine> list;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
    if (target.properties() != nullptr)
      heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.properties());
    // It fails if it has nothing to suggest.
    if (cudnnBackendFinalize(heuristic) != CUDNN_STATUS_SUCCESS) continue;
    for (Descriptor& config : descriptors_of(heuristic, CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                             CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)) {
      Engine engine = engine_of(std::move(config));
      if (std::ranges::find(list, engine.name, &Engine::name) == list.end())
        list.push_back(std::move(engine));
    }
  }
  return list;
}

GraphPlan::GraphPlan(const Engine& engine, const PlanTarget& target)
    : plan_(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
  if (target.handle() != nullptr)
    plan_.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, target.handle());
  if (target.properties() != nullptr)
    plan_.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.properties());
  plan_.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, *engine.config);
  plan_.finalize();
  workspace_ = static_cast<size_t>(
      value_of<int64_t>(plan_, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64));
}

void GraphPlan::run(std::span<void* const> memory, void* workspace) const {
  std::vector<int64_t> numbers(memory.size());
  std::iota(numbers.begin(), numbers.end(), 1);  // as OperationGraph names them
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, std::span<const int64_t>(numbers));
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, memory);
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace);
  pack.finalize();
  CUDA_CHECK(cudnnBackendExecute(cudnn(), plan_, pack));
}

}  // namespace siam::cuda
