#pragma once
// Modules are plain structs: parameters, a call operator, and visit(), which names what they hold.
// Whatever concerns all modules (initial values, flat buffers, checkpoints) uses the Registry that
// visit() fills.

#include <string>
#include <utility>
#include <vector>

#include "autograd/ops.h"
#include "tensor/philox.h"

namespace siam {

class Communicator;
class NormsOverParts;

/// How a forward pass is run.
struct Mode {
  bool training =
      true;  ///< batch normalisation by batch statistics, and running statistics updated
  /// Parts of the batch with statistics of their own: the views of a SimSiam batch.
  int groups = 1;
  /// False: batch statistics are used but do not update the running ones.
  bool update_running = true;
  /// Training only: at most this many samples (in all their groups) are inside a segment of the
  /// network at once; see in_parts.h. 0: all.
  int64_t micro_batch = 0;
  NormsOverParts* norms = nullptr;  ///< set by in_parts()
  /// Training only: each of these ranks holds an equal part of every view; batch norm is over all
  /// of them. Must outlive the graph. nullptr: the whole batch is here.
  const Communicator* ranks = nullptr;
};

/// A learned tensor: an f32 leaf and, in half precision, the optimiser's rounded copy of it.
struct Parameter {
  Variable value;
  Tensor half;

  Parameter() = default;
  explicit Parameter(Tensor initial) : value(std::move(initial), true) {}
  bool defined() const { return value.defined(); }
  /// The parameter in the type an op computes in.
  Variable as(DType type) const;
};

/// The parameters and buffers of a module tree, in the order of visit(), under dotted names as in
/// torch's state_dict ("layer1.0.conv1.weight").
class Registry {
 public:
  std::vector<std::pair<std::string, Parameter*>> parameters;
  std::vector<std::pair<std::string, Tensor*>> buffers;

  void parameter(const std::string& name, Parameter& parameter);
  void buffer(const std::string& name, Tensor& buffer);
  template <class Module>
  void child(const std::string& name, Module& module) {
    const std::string outer = std::exchange(prefix_, prefix_ + name + ".");
    module.visit(*this);
    prefix_ = outer;
  }

 private:
  std::string prefix_;
};

/// What a module tree holds.
template <class Module>
Registry registry_of(Module& module) {
  Registry registry;
  module.visit(registry);
  return registry;
}

/// Initial values. Each tensor draws from its own stream, (seed, Purpose::init, index of the
/// tensor).
class Initializer {
 public:
  explicit Initializer(uint64_t seed) : seed_(seed) {}
  /// Normal with mean 0 and the given standard deviation.
  Tensor normal(const Shape& shape, double deviation);
  /// Uniform in [-bound, bound].
  Tensor uniform(const Shape& shape, double bound);

 private:
  uint64_t seed_;
  uint32_t index_ = 0;
};

}  // namespace siam
