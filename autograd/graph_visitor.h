#pragma once
// Who looks on while a graph is made and walked: for pictures of it, and to debug.

#include "autograd/variable.h"

namespace siam {

/// While it lives it is told what its thread does outside NoGrad scopes; of two, the later one.
class GraphVisitor {
 public:
  GraphVisitor();
  virtual ~GraphVisitor();
  GraphVisitor(const GraphVisitor&) = delete;

  /// An op, by the name that it gave record(), of which some inputs may be undefined. Its result
  /// has no node if none of them needs a gradient.
  virtual void recorded(const char* op, const Variable& result,
                        const std::vector<Variable>& inputs) = 0;
  virtual void detached(const Variable& x, const Variable& result) = 0;
  /// backward() hands dx from an op to its input number `input`.
  virtual void passed(const Node& op, size_t input, const Tensor& dx) = 0;

 private:
  GraphVisitor* previous_;
};

}  // namespace siam
