#pragma once
// Reverse-mode automatic differentiation. A Variable is a tensor plus its place in the graph of how
// it was computed; backward() walks that graph from a loss to the leaves.

#include <functional>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace siam {

/// Maps the gradient dy of the loss with respect to an op's result to the gradients with respect to
/// its inputs, one per input, undefined for an input that needs none.
using BackwardRule = std::function<std::vector<Tensor>(const Tensor& dy)>;
/// For an op whose kernel adds two incoming gradients itself (batch_norm, saving a pass over
/// memory): the gradient of the result is dy + more; `more` is undefined if only one arrived.
using BackwardSumRule = std::function<std::vector<Tensor>(const Tensor& dy, const Tensor& more)>;

/// One application of an op, or a leaf (no rule, no inputs). It holds no values except those its
/// rule captured, so an activation that no derivative needs is freed at once.
struct Node {
  uint64_t number = 0;  ///< order of creation; 0 for leaves
  const char* op = "leaf";
  std::vector<std::shared_ptr<Node>> inputs;  ///< nullptr for an input that needs no gradient
  BackwardSumRule rule;
  bool adds = false;  ///< the rule takes two gradients
  Tensor grad, more;  ///< sum of what has arrived so far; `more` is used only if `adds`
  bool freed = false;

  Node() = default;
  ~Node();
  Node(const Node&) = delete;
};

class Variable {
 public:
  Variable() = default;
  /// A leaf: a constant, or, with requires_grad, something to be learned.
  explicit Variable(Tensor value, bool requires_grad = false);
  /// The result of an op. Used by record().
  Variable(Tensor value, std::shared_ptr<Node> node)
      : value_(std::move(value)), node_(std::move(node)) {}

  bool defined() const { return value_.defined(); }
  const Tensor& value() const { return value_; }
  const Shape& shape() const { return value_.shape(); }
  DType dtype() const { return value_.dtype(); }
  int64_t dim(int i) const { return value_.dim(i); }

  bool requires_grad() const { return node_ != nullptr; }
  /// Sum of the gradients that arrived at this leaf; undefined before the first backward() and
  /// after clear_grad().
  const Tensor& grad() const;
  void clear_grad();
  const std::shared_ptr<Node>& node() const { return node_; }

 private:
  Tensor value_;
  std::shared_ptr<Node> node_;  ///< nullptr: no gradient flows here
};

/// The result y of an op on `inputs`, with the rule that propagates its gradient. Has no node if no
/// input needs a gradient, or inside a NoGrad scope.
Variable record(const char* op, Tensor y, const std::vector<Variable>& inputs, BackwardRule rule);
Variable record(const char* op, Tensor y, const std::vector<Variable>& inputs,
                BackwardSumRule rule);

/// What backward() does with the gradients that arrive at leaves.
enum class Leaves { accumulate, ignore };

/// Adds d root / d leaf, times `seed`, to every leaf that requires it. With Leaves::ignore the
/// rules still run, for their side effects (norm_over_parts.h); leaf gradients are dropped. seed:
/// of root's shape; undefined means 1 and needs a scalar root. The graph is freed as it is walked,
/// so a second backward() through any part of it is an error; leaves keep their gradients and
/// accumulate. Returns the number of ops visited.
int64_t backward(const Variable& root, Tensor seed = {}, Leaves leaves = Leaves::accumulate);

/// The same value, as a constant: no gradient passes. This is the paper's stop-gradient.
Variable detach(const Variable& x);

/// While it lives, ops of this thread record nothing.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;

 private:
  bool previous_;
};

}  // namespace siam
