// The part of cuDNN's graph API that tensor/cuda/library/cudnn_graph.h calls. Every graph has two
// engines that do the same and one that declares itself nondeterministic and fails: it must not be
// chosen.

#include <cudnn.h>

#include <cstring>
#include <memory>

#include "tests/emulator/cudnn_operations.h"
#include "tests/emulator/stream.h"

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

namespace {

struct Backend;
using Reference = std::shared_ptr<Backend>;  // a handle points to one

struct Backend {
  cudnnBackendDescriptorType_t type;
  bool finalized = false;
  std::map<cudnnBackendAttributeName_t, std::vector<char>> values;
  std::map<cudnnBackendAttributeName_t, std::vector<Reference>> children;
  emulator::OperationGraph graph;  ///< of an operation graph

  template <class T>
  std::vector<T> list(cudnnBackendAttributeName_t name) const {
    const auto found = values.find(name);
    if (found == values.end()) return {};
    std::vector<T> result(found->second.size() / sizeof(T));
    std::memcpy(result.data(), found->second.data(), result.size() * sizeof(T));
    return result;
  }
  template <class T>
  T value(cudnnBackendAttributeName_t name) const {
    const std::vector<T> all = list<T>(name);
    return all.empty() ? T{} : all.front();
  }
  const Backend& child(cudnnBackendAttributeName_t name) const { return *children.at(name).at(0); }
};

Reference& as(cudnnBackendDescriptor_t handle) { return *static_cast<Reference*>(handle); }

constexpr int64_t kWorkspace = 1024;

siam::DType type_of(cudnnDataType_t type) {
  return type == CUDNN_DATA_BFLOAT16 ? siam::DType::bf16
         : type == CUDNN_DATA_HALF   ? siam::DType::f16
                                     : siam::DType::f32;
}

size_t bytes_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
    case CUDNN_TYPE_CHAR: return 1;
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR: return 8;
    default: return 4;  // enumerations
  }
}

emulator::GraphTensor tensor_of(const Backend& b) {
  const std::vector<int64_t> e = b.list<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  return {b.value<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID),
          type_of(b.value<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE)),
          e[0],
          e[2],
          e[3],
          e[1],
          b.value<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT)};
}

bool channels_last(const Backend& b) {
  const std::vector<int64_t> e = b.list<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  return e.size() == 4 && b.list<int64_t>(CUDNN_ATTR_TENSOR_STRIDES) ==
                              std::vector<int64_t>{e[1] * e[2] * e[3], 1, e[1] * e[3], e[1]};
}

emulator::Operation operation_of(const Backend& b) {
  emulator::Operation op{b.type, 1, 0, 1, {}};
  // cuDNN takes the first four bytes as a float, whatever type was given.
  for (const auto alpha : {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                           CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA})
    if (const auto bytes = b.list<char>(alpha); !bytes.empty())
      std::memcpy(&op.alpha, bytes.data(), sizeof(float));
  for (const auto& [name, list] : b.children) {
    const Backend& child = *list.at(0);
    if (child.type == CUDNN_BACKEND_TENSOR_DESCRIPTOR)
      op.tensors[name] = tensor_of(child);
    else {
      op.stride = child.value<int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
      op.padding = child.value<int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
    }
  }
  return op;
}

Reference make(cudnnBackendDescriptorType_t type) {
  auto made = std::make_shared<Backend>();
  made->type = type;
  return made;
}

void put(Backend& b, cudnnBackendAttributeName_t name, int64_t value) {
  b.values[name].assign(reinterpret_cast<char*>(&value), reinterpret_cast<char*>(&value + 1));
}

Reference config_of(const Reference& graph, int64_t index) {
  Reference config = make(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  Reference engine = make(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  put(*engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, index);
  const cudnnBackendNumericalNote_t note = CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC;
  if (index == 0)
    engine->values[CUDNN_ATTR_ENGINE_NUMERICAL_NOTE].assign(
        reinterpret_cast<const char*>(&note), reinterpret_cast<const char*>(&note + 1));
  engine->children[CUDNN_ATTR_ENGINE_OPERATION_GRAPH] = {graph};
  config->children[CUDNN_ATTR_ENGINECFG_ENGINE] = {engine};
  return config;
}

cudnnStatus_t finalize(const Reference& b) {
  switch (b->type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR:
      if (!channels_last(*b)) return CUDNN_STATUS_BAD_PARAM;
      break;
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      for (const Reference& each : b->children.at(CUDNN_ATTR_OPERATIONGRAPH_OPS))
        b->graph.operations.push_back(operation_of(*each));
      break;
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR: {
      const Reference& graph = b->children.at(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH).at(0);
      if (!graph->graph.supported()) return CUDNN_STATUS_NOT_SUPPORTED;
      for (int64_t index = 0; index < 3; ++index)
        b->children[CUDNN_ATTR_ENGINEHEUR_RESULTS].push_back(config_of(graph, index));
      break;
    }
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR:
      put(*b, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, kWorkspace);
      break;
    default: break;
  }
  b->finalized = true;
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

size_t cudnnGetVersion() { return 0; }
const char* cudnnGetErrorString(cudnnStatus_t) { return "an error of the emulator"; }
void cudnnGetLastErrorString(char* message, size_t size) {
  if (size > 0) *message = 0;
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  *handle = new cudnnContext;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t* handle) {
  *handle = new Reference(make(type));
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t handle) {
  delete static_cast<Reference*>(handle);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t handle) { return finalize(as(handle)); }

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t handle,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count,
                                       const void* elements) {
  Backend& b = *as(handle);
  if (b.finalized) return CUDNN_STATUS_NOT_INITIALIZED;
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    b.children[name].clear();
    for (int64_t i = 0; i < count; ++i) {
      const Reference& child = as(static_cast<const cudnnBackendDescriptor_t*>(elements)[i]);
      if (!child->finalized && child->type != CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)
        return CUDNN_STATUS_BAD_PARAM;
      b.children[name].push_back(child);
    }
  } else {
    const char* bytes = static_cast<const char*>(elements);
    b.values[name].assign(bytes, bytes + static_cast<size_t>(count) * bytes_of(type));
  }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(const cudnnBackendDescriptor_t handle,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t requested,
                                       int64_t* count, void* elements) {
  const Backend& b = *as(handle);
  if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR) {
    const auto found = b.children.find(name);
    *count = found == b.children.end() ? 0 : static_cast<int64_t>(found->second.size());
    for (int64_t i = 0; i < *count && i < requested; ++i)
      as(static_cast<cudnnBackendDescriptor_t*>(elements)[i]) =
          found->second[static_cast<size_t>(i)];
    return CUDNN_STATUS_SUCCESS;
  }
  const std::vector<char> bytes = b.list<char>(name);
  *count = static_cast<int64_t>(bytes.size() / bytes_of(type));
  if (requested >= *count && !bytes.empty()) std::memcpy(elements, bytes.data(), bytes.size());
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
  const Backend& engine =
      as(plan)->child(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG).child(CUDNN_ATTR_ENGINECFG_ENGINE);
  if (engine.value<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX) == 0)
    return CUDNN_STATUS_EXECUTION_FAILED;
  const Backend& variant = *as(pack);
  const auto numbers = variant.list<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto pointers = variant.list<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  auto* workspace = variant.value<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE);
  if (numbers.size() != pointers.size() || workspace == nullptr) return CUDNN_STATUS_BAD_PARAM;
  std::map<int64_t, void*> memory;
  for (size_t i = 0; i < numbers.size(); ++i) memory[numbers[i]] = pointers[i];
  const Reference graph = engine.children.at(CUDNN_ATTR_ENGINE_OPERATION_GRAPH).at(0);
  for (const auto& [number, tensor] : graph->graph.tensors())
    if (!memory.contains(number) ||
        reinterpret_cast<uintptr_t>(memory[number]) % tensor.alignment != 0)
      return CUDNN_STATUS_BAD_PARAM;
  return emulator::enqueue(handle->stream,
                           [=] {
                             std::memset(workspace, 0xff, kWorkspace);
                             emulator::execute(graph->graph, memory);
                           }) == cudaSuccess
             ? CUDNN_STATUS_SUCCESS
             : CUDNN_STATUS_EXECUTION_FAILED;
}

}  // extern "C"
