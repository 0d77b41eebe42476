#pragma once
// The graph of a computation as plain data, and who writes it down while it happens.

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "autograd/graph_visitor.h"

namespace siam {

struct OpGraph {
  enum class Kind { op, parameter, constant };
  struct Rows {
    int64_t begin, end;
  };
  /// What an op makes, or what none has made.
  struct Value {
    Kind kind = Kind::op;
    std::string op, name;  ///< either may be empty
    Shape shape;
    std::optional<Rows> rows;  ///< of the op's input whose memory it is
  };
  struct Edge {
    size_t from, to;  ///< values: an input, and what an op made of it
    size_t input;     ///< which of the op's inputs
    bool cut;         ///< detach() lies between
    double gradient;  ///< L2 norm of what backward() handed from `to` to `from`; NaN: nothing
  };
  std::vector<Value> values;  ///< inputs before results
  std::vector<Edge> edges;
};

/// Writes down what happens in its thread while it lives. Keeps no value but constants.
class GraphRecorder : public GraphVisitor {
 public:
  /// What a value is to be called: a leaf, or what an op has made.
  void name(const Variable& value, std::string name) { graph_.values[index(value)].name = name; }
  const OpGraph& graph() const { return graph_; }

  void recorded(const char* op, const Variable& result,
                const std::vector<Variable>& inputs) override;
  void detached(const Variable& x, const Variable& result) override;
  void passed(const Node& op, size_t input, const Tensor& dx) override;

 private:
  // A constant has no node, so its memory and shape say which it is; held, lest others get it.
  struct Constant {
    Tensor value;
    size_t index;
    bool cut;
  };
  const Constant* constant(const Variable& value) const;
  size_t index(const Variable& value);
  size_t add(OpGraph::Value value, const Variable& of, bool cut = false);

  OpGraph graph_;
  std::map<std::shared_ptr<const Node>, size_t> nodes_;
  std::vector<Constant> constants_;
};

}  // namespace siam
