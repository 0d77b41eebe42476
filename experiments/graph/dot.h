#pragma once
// A graph in the language of Graphviz, and drawn by it.

#include <filesystem>
#include <string>

#include "experiments/graph/op_graph.h"

namespace siam {

/// The graph from inputs (above) to results. A box is an op with its result's shape and its
/// parameters; a number on an edge is the norm of the gradient that came back along it, and one
/// that detach() cuts is dashed. Where a batch holds two views of `samples` samples each, one
/// behind the other, a colour follows each view: side by side in the ops of both, apart behind a
/// slice, white where they have met. `title` is one line.
std::string graph_dot(const OpGraph& graph, const std::string& title, int64_t samples);

/// Writes <name>.dot beside the <name>.svg that is asked for and has Graphviz draw it. If dot is
/// missing or fails, a picture stays that is of the same text, another goes; NotDrawn (figure.h) if
/// none is left.
void draw_dot(const std::string& dot, const std::filesystem::path& svg);

}  // namespace siam
