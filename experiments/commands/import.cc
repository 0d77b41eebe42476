// Makes a checkpoint from weights that others have trained.

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "experiments/commands/command.h"
#include "experiments/commands/output_file.h"
#include "experiments/number_option.h"
#include "experiments/options.h"
#include "simsiam/config_table.h"
#include "simsiam/import.h"
#include "simsiam/training_state.h"
#include "tensor/print.h"

namespace siam {

int import_command(int argc, char** argv) {
  std::string file, out = "checkpoint.safetensors", arch;
  int size = 0;
  float crop_pct = 0;
  CLI::App app(
      "Makes a checkpoint from a ResNet's weights with the names of torchvision, timm or the "
      "authors of SimSiam: for `embed`, `neighbours` and `evaluate`, and for training that starts "
      "from them (--init).",
      "simsiam import");
  app.add_option("file", file, "a .safetensors with filters as PyTorch has them")->required();
  app.add_option("--out", out, "the checkpoint to write")->capture_default_str();
  app.add_option("--arch", arch, "what it must be; default: what names and shapes say");
  const auto* size_given = add_number(app, "--image-size", size,
                                      "pixels a side of the network's input; default: as the file "
                                      "says, else 224, with the CIFAR stem 32",
                                      8, kMaxImageSize);
  const auto* crop_given =
      add_number(app, "--crop-pct", crop_pct,
                 "of test images: the input's share of the short side of the resized image; "
                 "default: as the file says, else 0.875, with the CIFAR stem 1",
                 0.1f, 1.0f);
  if (!parse_or_help(app, argc - 1, argv + 1, "a file and options")) return 0;
  check_output(out, {file}, "\"imported\":\"");
  ImportOptions options;
  if (!arch.empty()) options.arch = arch_of(arch);
  if (size_given->count() > 0) options.image_size = size;
  if (crop_given->count() > 0) options.crop_pct = crop_pct;
  check(!is_training_state(load_metadata(file)),
        "{}: a checkpoint of this program; weights of another are needed; use it as it is", file);
  ImportedNetwork network = import_network(load_supported(file), options);
  save_imported(out, network);
  if (!network.not_used.empty())
    print(stderr, fmt::format("{}: a classifier is not used: {}\n", file,
                              fmt::join(network.not_used, ", ")));
  print(stdout, fmt::format("{}: {}, {} px\n", out, network.kind, network.config.augment.size));
  return 0;
}

}  // namespace siam
