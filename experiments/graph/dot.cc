#include "experiments/graph/dot.h"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/html.h"

namespace siam {

namespace {

// Which of the two concatenated views of a batch a value holds.
enum class Flow { none, first, second, both, mixed };

struct Look {
  const char *fill, *line;
};
// Blue and orange, which colour-blind readers can tell apart. Two fills are stripes side by side,
// two lines are parallel.
Look look_of(Flow flow) {
  switch (flow) {
    case Flow::first: return {"#c9dff5", "#1f66ad"};
    case Flow::second: return {"#fbdcb8", "#c25a00"};
    case Flow::both: return {"#c9dff5:#fbdcb8", "#1f66ad:#c25a00"};
    default: return {"#ffffff", "#444444"};
  }
}

Flow join(Flow a, Flow b) {
  if (a == Flow::none || a == b) return b;
  return b == Flow::none ? a : Flow::mixed;
}

// For a value computed from values with `flow`.
Flow behind(Flow flow, const OpGraph::Value& value, int64_t samples) {
  if (flow != Flow::both) return flow;
  if (value.rows && value.rows->end <= samples) return Flow::first;
  if (value.rows && value.rows->begin >= samples) return Flow::second;
  return value.shape.rank() > 0 && value.shape[0] == 2 * samples ? flow : Flow::mixed;
}

std::vector<Flow> flows_of(const OpGraph& graph, int64_t samples) {
  std::vector<Flow> inputs(graph.values.size(), Flow::none), flows = inputs;
  size_t edge = 0;  // edges are in the order of their results
  for (size_t i = 0; i < flows.size(); ++i) {
    const OpGraph::Value& value = graph.values[i];
    for (; edge < graph.edges.size() && graph.edges[edge].to == i; ++edge)
      inputs[i] = join(inputs[i], flows[graph.edges[edge].from]);
    const bool batch = value.kind == OpGraph::Kind::constant && value.shape.rank() > 0 &&
                       samples > 0 && value.shape[0] == 2 * samples;
    flows[i] = batch ? Flow::both : behind(inputs[i], value, samples);
  }
  return flows;
}

bool is_parameter(const OpGraph& graph, const OpGraph::Edge& edge) {
  return graph.values[edge.from].kind == OpGraph::Kind::parameter;
}

std::string small(const std::string& text) {
  return fmt::format("<br/><font point-size=\"10\" color=\"#444444\">{}</font>", text);
}

// Its kind in bold, then its shape, and a line for each parameter.
std::string box_label(const OpGraph& graph, size_t index) {
  const OpGraph::Value& value = graph.values[index];
  const bool op = value.kind == OpGraph::Kind::op;
  std::string what = value.name.empty() || !op ? value.name : value.name + " = ";
  if (op || what.empty()) what += value.op;
  if (value.rows) what += fmt::format(" {}:{}", value.rows->begin, value.rows->end);
  std::string label = fmt::format("<b>{}</b> {}", html_escaped(what), value.shape);
  for (const OpGraph::Edge& edge : graph.edges) {
    if (edge.to != index || !is_parameter(graph, edge)) continue;
    const OpGraph::Value& parameter = graph.values[edge.from];
    label += small(
        fmt::format("{} {}{}", html_escaped(parameter.name.empty() ? parameter.op : parameter.name),
                    parameter.shape,
                    std::isnan(edge.gradient) ? "" : fmt::format("  ‖g‖ {:.3g}", edge.gradient)));
  }
  return label;
}

std::string edge_line(const OpGraph& graph, const OpGraph::Edge& edge, Flow flow) {
  std::string look = fmt::format("color=\"{}\"", look_of(flow).line);
  if (edge.cut) {
    look += " style=dashed penwidth=2 label=<<b> detach</b>> fontcolor=\"#b00020\"";
  } else if (!std::isnan(edge.gradient)) {
    look += fmt::format(" label=\" {:.3g}\"", edge.gradient);
  } else if (graph.values[edge.from].kind == OpGraph::Kind::op) {
    look += " style=dotted";
  }
  return fmt::format("  v{} -> v{} [{}];\n", edge.from, edge.to, look);
}

std::string legend(const OpGraph& graph, const std::vector<Flow>& flows, const std::string& title) {
  const auto any_edge = [&](const auto& is) {
    return std::any_of(graph.edges.begin(), graph.edges.end(), is);
  };
  std::string text = fmt::format("<b>{}</b><br/>", html_escaped(title));
  if (std::find(flows.begin(), flows.end(), Flow::both) != flows.end())
    text += fmt::format(
        "<font color=\"{}\"><b>view 1</b></font>, <font color=\"{}\"><b>view 2</b></font>: one "
        "batch, until the loss slices it<br/>",
        look_of(Flow::first).line, look_of(Flow::second).line);
  if (any_edge([](const OpGraph::Edge& edge) { return !std::isnan(edge.gradient); }))
    text += "numbers: ‖g‖ of the gradient that goes back along the edge<br/>";
  if (any_edge([](const OpGraph::Edge& edge) { return edge.cut; }))
    text += "dashed: <b>detach</b>, none goes back; so none reaches what is dotted<br/>";
  return text;
}

}  // namespace

std::string graph_dot(const OpGraph& graph, const std::string& title, int64_t samples) {
  const std::vector<Flow> flows = flows_of(graph, samples);
  std::string text =
      "digraph graph_of_a_step {\n"
      "  graph [rankdir=TB ranksep=0.3 nodesep=0.4 fontname=\"Helvetica\" fontsize=13 "
      "labelloc=t];\n"
      "  node [shape=box style=striped color=\"#444444\" fontname=\"Helvetica\" fontsize=12];\n"
      "  edge [fontname=\"Helvetica\" fontsize=11];\n";
  text += fmt::format("  label=<{}>;\n", legend(graph, flows, title));
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].kind == OpGraph::Kind::parameter) continue;
    const std::string fill = look_of(flows[i]).fill;
    text += fmt::format("  v{} [label=<{}> fillcolor=\"{}\"{}];\n", i, box_label(graph, i), fill,
                        fill.find(':') == std::string::npos ? " style=filled" : "");
  }
  for (const OpGraph::Edge& edge : graph.edges)
    if (!is_parameter(graph, edge)) text += edge_line(graph, edge, flows[edge.from]);
  return text + "}\n";
}

}  // namespace siam
