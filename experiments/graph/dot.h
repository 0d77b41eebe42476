#pragma once
// A graph in Graphviz's language, drawn by Graphviz.

#include <filesystem>
#include <string>

#include "experiments/graph/op_graph.h"

namespace siam {

/// The graph from inputs (above) to results. A box is an op with its result's shape and its
/// parameters; a number on an edge is the norm of the gradient that came back along it, and one
/// that detach() cuts is dashed. Where a batch holds two concatenated views of `samples` samples
/// each, a colour follows each view: side by side in the ops of both, separate after a slice, white
/// where they are merged. `title` is one line.
std::string graph_dot(const OpGraph& graph, const std::string& title, int64_t samples);

/// Writes <name>.dot beside the <name>.svg that is asked for and has Graphviz draw it. If dot is
/// missing or fails, a picture of the same text stays, any other is removed; NotDrawn (figure.h) if
/// none is left.
void draw_dot(const std::string& dot, const std::filesystem::path& svg);

}  // namespace siam
