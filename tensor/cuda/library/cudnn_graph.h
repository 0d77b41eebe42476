#pragma once
// cuDNN's graph API, as far as convolutions need it: a graph of operations on tensors, the engines
// that offer to run it, and a plan that does. Engines and plans can also be created for a GPU that
// is not present, which is how tests find out what cuDNN offers without one.

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/conv.h"
#include "tensor/cuda/runtime/handles.h"

namespace siam::cuda {

/// Owns one of the API's descriptors: attributes are set, then it is finalised and does not change
/// any more.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);

  template <class T>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
           std::span<const T> values) {
    CUDA_CHECK(cudnnBackendSetAttribute(handle_, name, type, static_cast<int64_t>(values.size()),
                                        values.data()));
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const T& value) {
    set(name, type, std::span<const T>(&value, 1));
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& value);
  void finalize() { CUDA_CHECK(cudnnBackendFinalize(handle_)); }

  operator cudnnBackendDescriptor_t() const { return handle_; }

 private:
  Owner<cudnnBackendDescriptor_t, cudnnBackendDestroyDescriptor> handle_;
};

/// The GPU that plans are made for.
class PlanTarget {
 public:
  /// This thread's.
  static PlanTarget here();
  /// One described as cuDNN describes them (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION); needs no
  /// GPU. Its plans cannot be run.
  explicit PlanTarget(std::string_view json);

  cudnnHandle_t handle() const { return handle_; }
  /// Null if the target is the handle's GPU.
  const Descriptor* properties() const { return properties_.get(); }

 private:
  explicit PlanTarget(cudnnHandle_t handle) : handle_(handle) {}
  cudnnHandle_t handle_ = nullptr;
  std::shared_ptr<const Descriptor> properties_;
};

/// Channels-last: images [n,h,w,c], or filters with n their number and h, w their window.
struct Extents {
  int64_t n, h, w, c;
};

/// Operations on tensors in memory; arithmetic in f32.
class OperationGraph {
 public:
  /// A tensor with addresses that are multiples of `alignment` bytes. Returns its number: 0, 1,
  /// 2, ... in the order of the calls.
  int tensor(DType type, Extents extents, int alignment = 16);
  int tensors() const { return static_cast<int>(tensors_.size()); }

  // Arguments are numbers of tensors, results last.
  void convolution(ConvGeometry geometry, int x, int w, int y);
  void convolution_backward_data(ConvGeometry geometry, int dy, int w, int dx);
  void convolution_backward_weight(ConvGeometry geometry, int x, int dy, int dw);

  /// The finished graph; nothing can be added afterwards.
  const Descriptor& finish(const PlanTarget& target);

 private:
  using Roles = std::initializer_list<std::pair<cudnnBackendAttributeName_t, int>>;
  /// `alpha` is the first of the operation's attributes; its tensors by number.
  void add_convolution(cudnnBackendDescriptorType_t type, cudnnBackendAttributeName_t alpha,
                       ConvGeometry geometry, Roles roles);

  std::vector<Descriptor> tensors_, operations_, parts_;
  std::unique_ptr<Descriptor> graph_;
};

/// An engine's description of itself.
struct EngineNotes {
  bool nondeterministic = false;
  bool tensor_cores = false;   ///< in f32: factors rounded to TF32
  bool rounds_inputs = false;  ///< to a narrower type
  bool narrow_sums = false;    ///< accumulates in the storage type
  bool compiles = false;       ///< its plans take seconds to compile
};

/// An engine with its settings.
struct Engine {
  std::shared_ptr<const Descriptor> config;
  int64_t index;     ///< the engine's, whatever its settings
  std::string name;  ///< the same for the same engine and settings; without white space
  EngineNotes notes;
};

/// The engines that offer to run the graph: cuDNN's ranking, then its fallbacks. None if cuDNN does
/// not know the form of the graph.
std::vector<Engine> engines(const Descriptor& graph, const PlanTarget& target);

class GraphPlan {
 public:
  /// Error if the engine cannot run the graph after all.
  GraphPlan(const Engine& engine, const PlanTarget& target);

  size_t workspace() const { return workspace_; }  ///< bytes
  /// Queues the graph on the current stream. memory[i] is tensor i's.
  void run(std::span<void* const> memory, void* workspace) const;

 private:
  Descriptor plan_;
  size_t workspace_ = 0;
};

}  // namespace siam::cuda
