#pragma once
// The graph of a computation as plain data, and its recorder.

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
  /// The result of an op, or a leaf.
  struct Value {
    Kind kind = Kind::op;
    std::string op, name;  ///< either may be empty
    Shape shape;
    std::optional<Rows> rows;  ///< of the op's input whose memory it shares
  };
  struct Edge {
    size_t from, to;  ///< values: an input, and the result of an op on it
    size_t input;     ///< which of the op's inputs
    bool cut;         ///< detach() lies between
    double gradient;  ///< L2 norm of what backward() handed from `to` to `from`; NaN: nothing
  };
  std::vector<Value> values;  ///< inputs before results
  std::vector<Edge> edges;
};

/// Records what happens in its thread while it exists. Keeps no values except constants.
class GraphRecorder : public GraphVisitor {
 public:
  /// Names a value: a leaf, or the result of an op.
  void name(const Variable& value, std::string name) { graph_.values[index(value)].name = name; }
  const OpGraph& graph() const { return graph_; }

  void recorded(const char* op, const Variable& result,
                const std::vector<Variable>& inputs) override;
  void detached(const Variable& x, const Variable& result) override;
  void passed(const Node& op, size_t input, const Tensor& dx) override;

 private:
  // A constant has no node, so it is identified by its memory and shape; held, lest the memory be
  // reused.
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
