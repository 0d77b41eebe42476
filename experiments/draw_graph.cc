// One step of SimSiam as a picture: what autograd records in the forward pass, and which gradients
// come back.

#include <CLI/CLI.hpp>

#include "experiments/folder.h"
#include "experiments/graph/dot.h"
#include "experiments/graph/step_graph.h"
#include "experiments/guarded.h"
#include "experiments/options.h"
#include "tensor/print.h"

namespace siam {

namespace {

int run(int argc, char** argv) {
  bool without = false;
  std::string arch = to_text(StepGraphOptions().arch), out;
  CLI::App app(
      "Draws the graph that autograd makes of one step of a small SimSiam on synthetic images: ops "
      "with shapes and parameters, the two views, and the gradients' norms. Graphviz's input, a "
      ".dot, is left beside the picture.",
      "draw_graph");
  app.add_flag("--without-stopgrad", without, "targets are not constants: nothing is cut");
  app.add_option("--arch", arch, "the backbone, or its blocks and how many of them its stages have")
      ->capture_default_str();
  app.add_option("--out", out,
                 "the picture; default: results/graph/stopgrad.svg or without_stopgrad.svg");
  if (!parse_or_help(app, argc, argv, "options")) return 0;
  need_one_process("draw_graph");
  if (out.empty())
    out = fmt::format("results/graph/{}.svg", without ? "without_stopgrad" : "stopgrad");
  const std::filesystem::path svg = out;
  if (svg.extension() != ".svg")
    throw UsageError(fmt::format("--out {}; a name that ends in .svg is needed; change it", out));
  const StepGraphOptions options{.stop_gradient = !without, .arch = arch_of(arch)};
  prepare_folder(svg.has_parent_path() ? svg.parent_path() : ".", {svg.filename().string()});
  draw_dot(step_graph_dot(options), svg);
  print(stdout, out + "\n");
  return 0;
}

}  // namespace

}  // namespace siam

int main(int argc, char** argv) {
  return siam::guarded([&] { return siam::run(argc, argv); });
}
