#include "experiments/graph/op_graph.h"

#include <algorithm>

#include "tensor/map.h"

namespace siam {

namespace {

double l2_norm(const Tensor& t) {
  const Tensor host = cast(t.to(Device::cpu), DType::f64);
  double sum = 0;
  for (const double value : host.span<double>()) sum += value * value;
  return std::sqrt(sum);
}

// Nothing unless `part` is in the memory of `whole`.
std::optional<OpGraph::Rows> rows_within(const Tensor& part, const Tensor& whole) {
  if (part.rank() == 0 || part.rank() != whole.rank() || part.bytes() == 0) return {};
  const auto address = [](const Tensor& t) { return reinterpret_cast<uintptr_t>(t.raw()); };
  const uintptr_t begin = address(part), end = begin + part.bytes();
  if (begin < address(whole) || end > address(whole) + whole.bytes()) return {};
  const auto row = static_cast<int64_t>((begin - address(whole)) / (part.bytes() / part.dim(0)));
  return OpGraph::Rows{row, row + part.dim(0)};
}

}  // namespace

const GraphRecorder::Constant* GraphRecorder::constant(const Variable& value) const {
  // The latest, if a value and a slice of all of it share the memory.
  const auto found = std::find_if(constants_.rbegin(), constants_.rend(), [&](const Constant& c) {
    return c.value.raw() == value.value().raw() && c.value.shape() == value.shape();
  });
  return found == constants_.rend() ? nullptr : &*found;
}

size_t GraphRecorder::index(const Variable& value) {
  if (value.node()) {
    const auto found = nodes_.find(value.node());
    if (found != nodes_.end()) return found->second;
    return add({.kind = value.node()->rule ? OpGraph::Kind::op : OpGraph::Kind::parameter,
                .op = value.node()->op,
                .name = {},
                .shape = value.shape(),
                .rows = {}},
               value);
  }
  if (const Constant* known = constant(value)) return known->index;
  return add({.kind = OpGraph::Kind::constant,
              .op = "constant",
              .name = {},
              .shape = value.shape(),
              .rows = {}},
             value);
}

size_t GraphRecorder::add(OpGraph::Value value, const Variable& of, bool cut) {
  const size_t index = graph_.values.size();
  graph_.values.push_back(std::move(value));
  if (of.node()) {
    nodes_.emplace(of.node(), index);
  } else {
    constants_.push_back({of.value(), index, cut});
  }
  return index;
}

void GraphRecorder::recorded(const char* op, const Variable& result,
                             const std::vector<Variable>& inputs) {
  std::vector<OpGraph::Edge> edges;
  std::optional<OpGraph::Rows> rows;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) continue;
    const Constant* known = inputs[i].node() ? nullptr : constant(inputs[i]);
    const bool cut = known != nullptr && known->cut;
    edges.push_back({index(inputs[i]), 0, i, cut, NAN});
    if (!rows) rows = rows_within(result.value(), inputs[i].value());
  }
  const size_t to =
      add({.kind = OpGraph::Kind::op, .op = op, .name = {}, .shape = result.shape(), .rows = rows},
          result);
  for (OpGraph::Edge& edge : edges) {
    edge.to = to;
    graph_.edges.push_back(edge);
  }
}

void GraphRecorder::detached(const Variable& x, const Variable& result) {
  const size_t from = index(x);
  constants_.push_back({result.value(), from, x.requires_grad()});
}

void GraphRecorder::passed(const Node& op, size_t input, const Tensor& dx) {
  const auto known = std::find_if(nodes_.begin(), nodes_.end(),
                                  [&](const auto& entry) { return entry.first.get() == &op; });
  if (known == nodes_.end()) return;  // older than the recorder
  for (OpGraph::Edge& edge : graph_.edges)
    if (edge.to == known->second && edge.input == input) edge.gradient = l2_norm(dx);
}

}  // namespace siam
