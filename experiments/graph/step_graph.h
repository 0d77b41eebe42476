#pragma once
// The graph of one SimSiam step of a network small enough for its picture to be readable.

#include "experiments/graph/op_graph.h"
#include "nn/resnet.h"

namespace siam {

struct StepGraphOptions {
  bool stop_gradient = true;
  ResNetArch arch = {{1, 0, 0, 0}};  ///< one block after the stem
};

struct StepGraph {
  OpGraph graph;
  double loss;
  int64_t samples;  ///< in each of the two views
};

/// Forward and backward pass of one step on synthetic images; the same numbers every time.
StepGraph record_step(const StepGraphOptions& options);
/// The same in Graphviz's language.
std::string step_graph_dot(const StepGraphOptions& options);

}  // namespace siam
