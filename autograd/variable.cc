#include "autograd/variable.h"

#include <atomic>
#include <queue>

#include "autograd/graph_visitor.h"
#include "tensor/map.h"

namespace siam {

namespace {

std::atomic<uint64_t> node_count = 0;
thread_local bool recording = true;
thread_local GraphVisitor* visitor = nullptr;

// Gradients may be shared (add hands one tensor to both inputs), so they are added in place only
// when nothing else refers to them.
void accumulate(Node& node, Tensor dx) {
  if (!node.grad.defined())
    node.grad = std::move(dx);
  else if (node.adds && !node.more.defined())
    node.more = std::move(dx);
  else if (node.grad.unique())
    add_into(node.grad, dx);
  else
    node.grad = add(node.grad, dx);
}

// Later numbers first. An op's inputs exist before its result, so creation order is a topological
// order: when a node comes out of the heap, every op that used its result has been visited.
struct ByNumber {
  bool operator()(const std::shared_ptr<Node>& a, const std::shared_ptr<Node>& b) const {
    return a->number < b->number;
  }
};

}  // namespace

Variable::Variable(Tensor value, bool requires_grad)
    : value_(std::move(value)), node_(requires_grad ? std::make_shared<Node>() : nullptr) {}

const Tensor& Variable::grad() const {
  check(node_ != nullptr,
        "grad: this variable does not require a gradient; make it a leaf with requires_grad");
  return node_->grad;
}

void Variable::clear_grad() {
  if (node_ != nullptr) node_->grad = {};
}

Variable record(const char* op, Tensor y, const std::vector<Variable>& inputs, BackwardRule rule) {
  const Variable result =
      record(op, std::move(y), inputs,
             [rule = std::move(rule)](const Tensor& dy, const Tensor&) { return rule(dy); });
  if (result.requires_grad()) result.node()->adds = false;
  return result;
}

Variable record(const char* op, Tensor y, const std::vector<Variable>& inputs,
                BackwardSumRule rule) {
  if (!recording) return Variable(std::move(y));
  bool needed = false;
  for (const Variable& input : inputs) needed |= input.requires_grad();
  std::shared_ptr<Node> node;
  if (needed) {
    node = std::make_shared<Node>();
    node->number = ++node_count;
    node->op = op;
    for (const Variable& input : inputs) node->inputs.push_back(input.node());
    node->rule = std::move(rule);
    node->adds = true;
  }
  const Variable result(std::move(y), std::move(node));
  if (visitor != nullptr) visitor->recorded(op, result, inputs);
  return result;
}

Variable detach(const Variable& x) {
  const Variable result(x.value());
  if (recording && visitor != nullptr) visitor->detached(x, result);
  return result;
}

int64_t backward(const Variable& root, Tensor seed, Leaves leaves) {
  check(root.requires_grad(),
        "backward: nothing that requires a gradient led to this value; was everything detached?");
  if (!seed.defined()) {
    check(root.value().numel() == 1,
          "backward: root has shape {}; a scalar or an explicit seed is needed", root.shape());
    seed = Tensor::full(root.shape(), 1.0, accumulate_type(root.dtype()), root.value().device());
  }
  check(seed.shape() == root.shape(), "backward: seed {} for a root {}; shapes must agree",
        seed.shape(), root.shape());

  std::priority_queue<std::shared_ptr<Node>, std::vector<std::shared_ptr<Node>>, ByNumber> ready;
  auto deliver = [&](const std::shared_ptr<Node>& node, Tensor dx) {
    check(!node->freed,
          "backward: the graph behind `{}` was freed by an earlier backward; run the forward pass "
          "again",
          node->op);
    if (!node->rule && leaves == Leaves::ignore) return;
    if (node->rule && !node->grad.defined()) ready.push(node);
    accumulate(*node, std::move(dx));
  };
  deliver(root.node(), std::move(seed));

  int64_t visited = 0;
  for (; !ready.empty(); ++visited) {
    const std::shared_ptr<Node> node = ready.top();
    ready.pop();
    std::vector<Tensor> dx =
        node->rule(std::exchange(node->grad, {}), std::exchange(node->more, {}));
    check(dx.size() == node->inputs.size(),
          "backward: the rule of `{}` gave {} gradients; one for each of its {} inputs is needed",
          node->op, dx.size(), node->inputs.size());
    node->rule = nullptr;
    node->freed = true;
    for (size_t i = 0; i < node->inputs.size(); ++i) {
      if (!node->inputs[i] || !dx[i].defined()) continue;
      if (visitor != nullptr) visitor->passed(*node, i, dx[i]);
      deliver(node->inputs[i], std::move(dx[i]));
    }
    node->inputs.clear();
  }
  return visited;
}

// Without this, dropping the last node of a long graph would recurse once per op.
Node::~Node() {
  std::vector<std::shared_ptr<Node>> pending = std::move(inputs);
  while (!pending.empty()) {
    const std::shared_ptr<Node> node = std::move(pending.back());
    pending.pop_back();
    if (node && node.use_count() == 1) {
      for (auto& input : node->inputs) pending.push_back(std::move(input));
      node->inputs.clear();
    }
  }
}

NoGrad::NoGrad() : previous_(std::exchange(recording, false)) {}
NoGrad::~NoGrad() { recording = previous_; }

GraphVisitor::GraphVisitor() : previous_(std::exchange(visitor, this)) {}
GraphVisitor::~GraphVisitor() { visitor = previous_; }

}  // namespace siam
