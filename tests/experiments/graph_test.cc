#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <string>

#include "autograd/ops.h"
#include "experiments/figure.h"
#include "experiments/graph/dot.h"
#include "experiments/graph/step_graph.h"
#include "experiments/process.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/program.h"
#include "tests/experiments/xml.h"
#include "tests/scratch.h"

namespace siam {

namespace {

bool have_dot() {
  const bool found = std::system("command -v dot > /dev/null") == 0;
  if (!found) MESSAGE("skipped: Graphviz is not installed");
  return found;
}

// "op name shape", then " rows"; an edge as "from -> to.input gradient", or "cut".
std::string text_of(const OpGraph& graph) {
  std::string text;
  for (const OpGraph::Value& value : graph.values) {
    text += fmt::format("{} {} {}", value.op, value.name, value.shape);
    if (value.rows) text += fmt::format(" {}:{}", value.rows->begin, value.rows->end);
    text += '\n';
  }
  for (const OpGraph::Edge& edge : graph.edges)
    text += fmt::format("{} -> {}.{} {}\n", edge.from, edge.to, edge.input,
                        edge.cut ? "cut" : fmt::format("{:.4g}", edge.gradient));
  return text;
}

// 2 x of [2,2], in two halves, the second as a constant.
OpGraph halves() {
  Variable x(Tensor::from<float>({2, 2}, {1, 2, 3, 4}), true);
  GraphRecorder recorder;
  recorder.name(x, "x");
  const Variable y = scale(x, 2), first = slice(y, 0, 1), second = slice(y, 1, 2);
  const Variable sum = add(first, detach(second));
  recorder.name(sum, "sum");
  backward(mean(sum));
  return recorder.graph();
}

// Boxes, and edges between them, in alphabetical order. Leaves out what depends on machine or
// compiler: the digits of gradients, and which of an op's inputs is made first.
std::vector<std::string> parts_of(const std::string& dot) {
  const std::regex digits("(label=\" |‖g‖ |: loss )[-+.e0-9]+");
  std::map<std::string, std::string> boxes;
  std::vector<std::string> parts;
  for (const std::string& line : lines_of(std::regex_replace(dot, digits, "$1#"))) {
    std::smatch found;
    if (std::regex_match(line, found, std::regex("  (v[0-9]+) (\\[.*)")))
      boxes[found[1]] = found[2];
    const bool edge = std::regex_match(line, found, std::regex("  (v[0-9]+) -> (v[0-9]+) (.*)"));
    parts.push_back(edge ? boxes.at(found[1]) + boxes.at(found[2]) + found[3].str()
                         : std::regex_replace(line, std::regex("^  v[0-9]+ "), ""));
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

}  // namespace

// The mean's gradient is 1/2 for each of two elements: 0.7071. The second half gets none.
TEST_CASE("the recorder writes down ops, shapes, rows, the cut, and gradients' norms") {
  CHECK(text_of(halves()) ==
        "leaf x [2, 2]\n"
        "scale  [2, 2]\n"
        "slice  [1, 2] 0:1\n"
        "slice  [1, 2] 1:2\n"
        "add sum [1, 2]\n"
        "mean  []\n"
        "0 -> 1.0 1.414\n"
        "1 -> 2.0 0.7071\n"
        "1 -> 3.0 nan\n"
        "2 -> 4.0 0.7071\n"
        "3 -> 4.1 cut\n"
        "4 -> 5.0 0.7071\n");
}

TEST_CASE("constants are told apart, and what ops make of them is no cut") {
  const Variable w(Tensor::full({2}, 3), true), c(Tensor::full({2}, 1)), d(Tensor::full({2}, 2));
  GraphRecorder recorder;
  recorder.name(c, "c");
  recorder.name(d, "d");
  const Variable sum = add(w, c), twice = scale(d, 2);
  add(sum, twice);
  CHECK(text_of(recorder.graph()) ==
        "constant c [2]\nconstant d [2]\nleaf  [2]\nadd  [2]\nscale  [2]\nadd  [2]\n"
        "2 -> 3.0 nan\n0 -> 3.1 nan\n1 -> 4.0 nan\n3 -> 5.0 nan\n4 -> 5.1 nan\n");
}

TEST_CASE("the text for Graphviz: parameters in their op's box, edges with norms, the cut dashed") {
  const std::string dot = graph_dot(halves(), "<halves>", 1);
  CHECK(dot.find("<b>&lt;halves&gt;</b>") != std::string::npos);
  CHECK(dot.find("v0 ") == std::string::npos);  // x is in the box of scale
  CHECK(dot.find("v1 [label=<<b>scale</b> [2, 2]<br/><font point-size=\"10\" color=\"#444444\">"
                 "x [2, 2]  ‖g‖ 1.41</font>>") != std::string::npos);
  CHECK(dot.find("<b>slice 1:2</b> [1, 2]") != std::string::npos);
  CHECK(dot.find("<b>sum = add</b> [1, 2]") != std::string::npos);
  CHECK(dot.find("v2 -> v4 [color=\"#444444\" label=\" 0.707\"]") != std::string::npos);
  CHECK(dot.find("v1 -> v3 [color=\"#444444\" style=dotted]") != std::string::npos);
  CHECK(dot.find("v3 -> v4 [color=\"#444444\" style=dashed penwidth=2 label=<<b> detach</b>>") !=
        std::string::npos);
}

// Rows 0:1 of a batch of two are the first view, 1:2 the second; once merged they are neither.
TEST_CASE("a view has its colour from the slice on, and loses it where it meets the other") {
  const Variable w(Tensor::full({2, 2}, 3), true), images(Tensor::full({2, 2}, 1));
  GraphRecorder recorder;
  const Variable y = add(images, w), one = slice(y, 0, 1), two = slice(y, 1, 2);
  add(one, two);
  const std::string dot = graph_dot(recorder.graph(), "views", 1);
  const std::string first = "#1f66ad", second = "#c25a00", neither = "#ffffff";
  CHECK(dot.find("v0 -> v2 [color=\"" + first + ":" + second + "\"") != std::string::npos);
  CHECK(dot.find("v2 -> v3 [color=\"" + first + ":" + second + "\"") != std::string::npos);
  CHECK(dot.find("v3 -> v5 [color=\"" + first + "\"") != std::string::npos);
  CHECK(dot.find("v4 -> v5 [color=\"" + second + "\"") != std::string::npos);
  CHECK(dot.find("<b>add</b> [1, 2]> fillcolor=\"" + neither + "\"") != std::string::npos);
}

TEST_CASE("a step cuts the targets' two edges, and none without the stop-gradient") {
  for (const bool stop_gradient : {true, false}) {
    const StepGraph step = record_step({.stop_gradient = stop_gradient});
    const auto& edges = step.graph.edges;
    CAPTURE(stop_gradient);
    CHECK(std::abs(step.loss) < 1);
    CHECK(step.loss == record_step({.stop_gradient = !stop_gradient}).loss);
    for (const OpGraph::Edge& edge : edges) {
      const OpGraph::Value &from = step.graph.values[edge.from], &to = step.graph.values[edge.to];
      const bool target = from.op == "slice" && to.op == "cosine_similarity" && edge.input == 1;
      CHECK(edge.cut == (target && stop_gradient));
      // Parts that backward never visits: the images, and what leads only to a cut.
      const bool to_target = to.op == "slice" && from.name == "z";
      CHECK(std::isnan(edge.gradient) ==
            (from.name == "images" || (stop_gradient && (target || to_target))));
      if (from.kind == OpGraph::Kind::op && !std::isnan(edge.gradient)) CHECK(edge.gradient > 0);
    }
    CHECK(std::count_if(edges.begin(), edges.end(), [](const auto& e) { return e.cut; }) ==
          (stop_gradient ? 2 : 0));
  }
}

// z is the input of the predictor, and of nothing else through which gradients come back.
TEST_CASE("with the stop-gradient z gets its gradient through the predictor alone") {
  const auto ways = [](bool stop_gradient) {
    const OpGraph graph = record_step({.stop_gradient = stop_gradient}).graph;
    return std::count_if(graph.edges.begin(), graph.edges.end(), [&](const OpGraph::Edge& edge) {
      return graph.values[edge.from].name == "z" && !std::isnan(edge.gradient);
    });
  };
  CHECK(ways(true) == 1);
  CHECK(ways(false) == 3);
}

// The last bias before z moves all images equally, which the predictor's batch norm removes again:
// what is left in its gradient is rounding. Only an edge that bypasses the predictor lets the loss
// move it.
TEST_CASE("with the stop-gradient no gradient moves all projections alike") {
  const auto gradient = [](bool stop_gradient) {
    const OpGraph graph = record_step({.stop_gradient = stop_gradient}).graph;
    const auto bias = std::ranges::find_if(graph.edges, [&](const OpGraph::Edge& edge) {
      return graph.values[edge.from].name == "encoder.fc.4.bias";
    });
    REQUIRE(bias != graph.edges.end());
    return bias->gradient;
  };
  CHECK(gradient(true) < 1e-6);
  CHECK(gradient(false) > 0.1);
}

TEST_CASE("the graphs in the repository are those of the program, to the digits of gradients") {
  const auto folder = std::filesystem::path(SIAM_SOURCE_DIR) / "experiments/results/graph";
  for (const bool stop_gradient : {true, false}) {
    const std::string name = stop_gradient ? "stopgrad" : "without_stopgrad";
    CHECK(parts_of(step_graph_dot({.stop_gradient = stop_gradient})) ==
          parts_of(read_file(folder / (name + ".dot"))));
    const std::string svg = read_file(folder / (name + ".svg"));
    CHECK((count(svg, "detach") > 0) == stop_gradient);
  }
}

TEST_CASE("the program's picture is XML with a box for each op, and names what is cut") {
  if (!have_dot()) return;
  const ScratchFolder folder;
  for (const bool stop_gradient : {true, false}) {
    const std::string svg = folder / (stop_gradient ? "with.svg" : "without.svg");
    std::vector<std::string> command = {program_path("DRAW_GRAPH"), "--out", svg};
    if (!stop_gradient) command.push_back("--without-stopgrad");
    const ProcessResult run = run_process(command, folder.path());
    CHECK(run.status == 0);
    CHECK(run.output == svg + "\n");
    const std::string text = read_file(svg);
    const OpGraph graph = record_step({.stop_gradient = stop_gradient}).graph;
    CHECK(count(text, "class=\"node\"") ==
          static_cast<size_t>(std::count_if(
              graph.values.begin(), graph.values.end(),
              [](const auto& value) { return value.kind != OpGraph::Kind::parameter; })));
    CHECK(count(text, "stroke-dasharray=\"5,2\"") == (stop_gradient ? 2 : 0));
    CHECK((count(text, "detach") > 0) == stop_gradient);
    check_xml(text);
    // The same again, byte for byte.
    REQUIRE(run_process(command, folder.path()).status == 0);
    CHECK(read_file(svg) == text);
  }
  CHECK(folder.entries() == 4);
}

TEST_CASE("the program draws other networks, and refuses what is none") {
  const ScratchFolder folder;
  const std::string svg = folder / "a.svg";
  const auto run = [&](const std::vector<std::string>& options) {
    std::vector<std::string> command = {program_path("DRAW_GRAPH")};
    command.insert(command.end(), options.begin(), options.end());
    return run_process(command, folder.path());
  };
  for (const char* arch : {"resnet", "basic 0 0 0 0", "basic 1 -1 0 0", "basic 1 1001 0 0"}) {
    const ProcessResult refused = run({"--out", svg, "--arch", arch});
    CHECK(refused.status == 2);
    CHECK(refused.output.starts_with(fmt::format("error: --arch {}; ", arch)));
  }
  CHECK(run({"--out", "a.png"}).status == 2);
  CHECK(folder.entries() == 0);
  if (!have_dot()) return;
  CHECK(run({"--out", svg, "--arch", "bottleneck 1 1 1 1"}).status == 0);
  CHECK(read_file(folder / "a.svg").find("encoder.layer4.0.conv3.weight") != std::string::npos);
  CHECK(run({"--out", "-x y.svg", "--arch", "basic 0 1 0 0"}).status == 0);
  CHECK(std::filesystem::exists(folder / "-x y.svg"));
}

TEST_CASE("without Graphviz the text is left, one line says so, and an old picture goes") {
  const ScratchFolder folder;
  std::ofstream(folder / "a.svg") << "<svg>of another graph</svg>";
  const ScopedPath path(folder.path().c_str());
  CHECK_THROWS_WITH_AS(draw_dot("digraph {}\n", folder / "a.svg"),
                       doctest::Contains("dot was not found, a.dot is there; install it (apt-get "
                                         "install graphviz) and run `dot -Tsvg a.dot -o a.svg`"),
                       NotDrawn);
  CHECK(read_file(folder / "a.dot") == "digraph {}\n");
  CHECK(folder.entries() == 1);
  // A picture of the same text stays.
  std::ofstream(folder / "a.svg") << "<svg>of this graph</svg>";
  draw_dot("digraph {}\n", folder / "a.svg");
  CHECK(folder.entries() == 2);
}

TEST_CASE("a dot that fails is reported with its first line") {
  const ScratchFolder folder;
  std::ofstream(folder / "dot") << "#!/bin/sh\necho 'no plugin'\nexit 3\n";
  std::filesystem::permissions(folder / "dot", std::filesystem::perms::owner_all);
  const ScopedPath path(folder.path().c_str());
  CHECK_THROWS_WITH_AS(draw_dot("digraph {}\n", folder / "a.svg"),
                       doctest::Contains("status 3 and an incomplete picture: no plugin"),
                       NotDrawn);
}

}  // namespace siam
