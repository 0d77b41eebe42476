#pragma once
// The graph of one SimSiam step, of a network that is small enough for its picture to be read.

#include "experiments/graph/op_graph.h"
#include "nn/resnet.h"

namespace siam {

struct StepGraphOptions {
  bool stop_gradient = true;
  ResNetArch arch = {{1, 0, 0, 0}};  ///< one block behind the stem
};

struct StepGraph {
  OpGraph graph;
  double loss;
  int64_t samples;  ///< of each of the two views
};

/// Forward and backward of one step on made-up images; the same numbers every time.
StepGraph record_step(const StepGraphOptions& options);
/// The same for Graphviz.
std::string step_graph_dot(const StepGraphOptions& options);

}  // namespace siam
