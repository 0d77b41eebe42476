// Exports a checkpoint's backbone for other software.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "experiments/commands/command.h"
#include "experiments/commands/open_checkpoint.h"
#include "experiments/commands/output_file.h"
#include "experiments/console.h"
#include "experiments/options.h"
#include "simsiam/export.h"
#include "tensor/io/atomic_file.h"
#include "tensor/print.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// "backbone.py" beside the weights, under a name that Python can import, and that is none of its
// words or packages.
fs::path module_path(const fs::path& weights) {
  std::string name = weights.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c) && c != '_'; }, '_');
  if (std::isdigit(static_cast<unsigned char>(name[0]))) name = "_" + name;
  if (name.find("backbone") == std::string::npos) name += "_backbone";
  return weights.parent_path() / (name + ".py");
}

// The module names the weights in a string.
void check_quotable(const std::string& name) {
  if (std::ranges::any_of(name, [](unsigned char c) { return c < ' ' || c == '"' || c == '\\'; }))
    throw UsageError(fmt::format(
        "--out {}; a name that Python can quote is needed; leave out quotes, backslashes and "
        "control characters",
        one_line(name)));
}

}  // namespace

int export_command(int argc, char** argv) {
  std::string checkpoint, out = "backbone.safetensors";
  CLI::App app(
      "Writes the backbone of a checkpoint under torchvision's names. For a network that is not "
      "one of torchvision's, thin or with the CIFAR stem, a Python module beside it builds it from "
      "torchvision's parts.",
      "simsiam export");
  app.add_option("checkpoint", checkpoint, "a run's .safetensors")->required();
  app.add_option("--out", out, "the .safetensors to write")->capture_default_str();
  if (!parse_or_help(app, argc - 1, argv + 1, "a checkpoint and options")) return 0;
  const fs::path weights = out;
  if (weights.extension() != ".safetensors" || weights.stem().empty())
    throw UsageError(
        fmt::format("--out {}; a name that ends in .safetensors is needed; change it", out));
  check_output(weights, {checkpoint}, "\"architecture\":\"");
  Progress progress;
  TrainedModel trained = open_checkpoint(checkpoint, "cpu", progress);
  const bool own = !is_torchvision(trained.config.model.backbone);
  const fs::path module = module_path(weights);
  if (own) {
    check_quotable(weights.filename().string());
    check_side_file(module, weights, "trained by SimSiam");
  }
  save_safetensors(weights, torchvision_backbone(trained));
  print(stdout, fmt::format("{}\n", out));
  if (own) {
    write_file_atomically(
        module, python_module(trained.config, weights.filename().string(), module.stem().string()));
    print(stdout, fmt::format("{}\n", module.string()));
  }
  return 0;
}

}  // namespace siam
