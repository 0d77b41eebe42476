#pragma once
// An observer of a graph's construction and traversal: for drawing it and for debugging.

#include "autograd/variable.h"

namespace siam {

/// While it lives, it is told what its thread does outside NoGrad scopes. If there are two, only
/// the newer one is.
class GraphVisitor {
 public:
  GraphVisitor();
  virtual ~GraphVisitor();
  GraphVisitor(const GraphVisitor&) = delete;

  /// An op, by the name that it gave record(). Some inputs may be undefined. The result has no node
  /// if no input needs a gradient.
  virtual void recorded(const char* op, const Variable& result,
                        const std::vector<Variable>& inputs) = 0;
  virtual void detached(const Variable& x, const Variable& result) = 0;
  /// backward() passes dx from an op to its input number `input`.
  virtual void passed(const Node& op, size_t input, const Tensor& dx) = 0;

 private:
  GraphVisitor* previous_;
};

}  // namespace siam
