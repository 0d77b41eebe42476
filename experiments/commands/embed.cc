// Writes the features of a folder of images, a row each, for other programs.

#include <CLI/CLI.hpp>
#include <map>
#include <optional>

#include "experiments/commands/command.h"
#include "experiments/commands/encode_images.h"
#include "experiments/commands/open_checkpoint.h"
#include "experiments/commands/output_file.h"
#include "experiments/feature_file.h"
#include "experiments/interrupt.h"
#include "experiments/number_option.h"
#include "experiments/options.h"
#include "experiments/results.h"
#include "tensor/parallel.h"
#include "tensor/print.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

struct EmbedOptions {
  std::string checkpoint, folder, out, layer = "backbone", format, device = "auto";
  int threads = 0;
};

void need_one_of(const char* option, const std::string& seen,
                 std::initializer_list<std::string_view> known) {
  std::string names;
  for (const std::string_view each : known) {
    if (each == seen) return;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", each);
  }
  throw UsageError(fmt::format("{} {}; one of {} is needed; use one of them", option, seen, names));
}

// Nothing if the program should end at once.
std::optional<EmbedOptions> parse(int argc, char** argv) {
  EmbedOptions options;
  CLI::App app(
      "Writes a row of features for each image of a folder, at any depth and in the order of their "
      "paths, and beside it a table of rows, paths and labels.",
      "simsiam embed");
  app.add_option("checkpoint", options.checkpoint, "a run's .safetensors, or an imported one")
      ->required();
  app.add_option("folder", options.folder, "with images, or a data set")->required();
  app.add_option("--out", options.out, "default: features.npy, .csv or .safetensors");
  app.add_option("--layer", options.layer, "backbone, or projection: what the loss compares")
      ->capture_default_str();
  app.add_option("--format", options.format,
                 "npy, csv or safetensors; default: as --out ends, else npy");
  app.add_option("--device", options.device, "auto, cpu or cuda")->capture_default_str();
  add_number(app, "--threads", options.threads, "of the CPU kernels; 0: all cores", 0, 1024);
  if (!parse_or_help(app, argc - 1, argv + 1, "a checkpoint, a folder and options")) return {};
  need_one_of("--layer", options.layer, {"backbone", "projection"});
  if (options.format.empty()) {
    const std::string suffix = fs::path(options.out).extension().string();
    options.format = suffix == ".csv" || suffix == ".safetensors" ? suffix.substr(1) : "npy";
  }
  need_one_of("--format", options.format, {"npy", "csv", "safetensors"});
  if (options.out.empty()) options.out = "features." + options.format;
  if (options.format != "csv" && fs::path(options.out).extension() == ".csv")
    throw UsageError(fmt::format("--out {}; the table of names will have this name; choose another",
                                 options.out));
  return options;
}

const std::string kColumns = "row,path,label";

// The label is empty if there are none; columns of features follow if there is no other file for
// them.
class NameTable {
 public:
  NameTable(const fs::path& path, const Dataset& dataset, int64_t columns)
      : file_(path), dataset_(dataset), columns_(columns) {
    std::string text = kColumns;
    for (int64_t c = 0; c < columns; ++c) text += fmt::format(",f{}", c);
    file_.write(text + "\n");
  }
  void add(const EncodedImages& block, const Tensor& features) {
    std::string text;
    for (size_t i = 0; i < block.images.size(); ++i) {
      const int64_t image = block.images[i];
      const int label = dataset_.label(image);
      text += fmt::format("{},{},{}", row_++, csv_field(dataset_.path(image).generic_string()),
                          label < 0 ? "" : csv_field(dataset_.class_names()[label]));
      const float* const values = features.data<float>() + static_cast<int64_t>(i) * columns_;
      for (int64_t c = 0; c < columns_; ++c) text += fmt::format(",{}", values[c]);
      text += '\n';
    }
    file_.write(text);
  }
  void finish() { file_.commit(); }

 private:
  AtomicFile file_;
  const Dataset& dataset_;
  int64_t columns_, row_ = 0;
};

}  // namespace

int embed_command(int argc, char** argv) {
  const std::optional<EmbedOptions> options = parse(argc, argv);
  if (!options) return 0;
  set_threads(options->threads);
  const fs::path out = options->out, names = fs::path(out).replace_extension(".csv");
  const std::map<std::string, std::string> marks = {
      {"npy", "\x93NUMPY"}, {"csv", kColumns}, {"safetensors", "\"layer\":\""}};
  check_output(out, {options->checkpoint}, marks.at(options->format));
  if (options->format != "csv") check_side_file(names, out, kColumns);
  Progress progress;
  const TrainedModel trained = open_checkpoint(options->checkpoint, options->device, progress);
  const bool projection = options->layer == "projection";
  check(!projection || trained.heads,
        "{}: imported without heads; --layer projection needs a projector; use --layer backbone",
        options->checkpoint);
  const auto dataset = open_all_images(options->folder);
  progress.message(fmt::format("{}: {}", options->folder, dataset->contents()));
  const int64_t columns =
      projection ? trained.config.model.dim : trained.config.model.backbone.feature_width();
  catch_interrupts();  // unfinished files are removed
  std::unique_ptr<FeatureFile> file;
  if (options->format == "npy") file = npy_file(out, dataset->size(), columns);
  if (options->format == "safetensors")
    file = safetensors_file(out, dataset->size(), columns,
                            {{"layer", options->layer}, {"data", dataset->fingerprint()}});
  NameTable table(file ? names : out, *dataset, file ? 0 : columns);
  int64_t rows = 0;
  encode_images(trained, *dataset, projection, progress, [&](const EncodedImages& block) {
    const Tensor features = block.features.to(Device::cpu);
    if (file) file->add(features);
    table.add(block, features);
    rows += features.dim(0);
  });
  if (file) file->finish();
  table.finish();
  print(stdout, fmt::format("{}: {} rows of {}{}\n", out.string(), rows, columns,
                            file ? fmt::format("; {}: their files", names.string()) : ""));
  return 0;
}

}  // namespace siam
