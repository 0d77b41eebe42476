#include "experiments/options.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "experiments/build_id.h"
#include "experiments/console.h"
#include "experiments/guarded.h"
#include "experiments/number_option.h"
#include "experiments/presets.h"
#include "tensor/parallel.h"
#include "tensor/print.h"

namespace siam {

namespace {

DType precision_of(const std::string& name) {
  for (DType type : {DType::f32, DType::bf16, DType::f16})
    if (name == name_of(type)) return type;
  throw UsageError(
      fmt::format("--precision {}; f32, bf16 or f16 is needed; use one of them", name));
}

// Letters to insert, delete or replace to make one of the other (Levenshtein).
size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);  // of a's first i letters against b's first j
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

// The option that was mistyped; empty if `typed` is near none.
std::string nearest_option(const CLI::App& app, const std::string& typed) {
  if (!typed.starts_with("-")) return {};
  const std::string name = typed.substr(0, typed.find('='));
  std::string nearest;
  size_t fewest = name.size() / 3 + 1;  // as many letters may be wrong as a third
  for (const CLI::Option* option : app.get_options())
    for (const std::string& long_name : option->get_lnames()) {
      const std::string candidate = "--" + long_name;
      const size_t count = candidate.starts_with(name) ? 1 : edits(name, candidate);
      if (count < fewest) fewest = count, nearest = candidate;
    }
  return nearest;
}

// The value of `--name VALUE` or `--name=VALUE`, read before the real parse: defaults shown by
// --help are the preset's.
std::optional<std::string> peek(int argc, char** argv, const std::string& name) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == name && i + 1 < argc) return argv[i + 1];
    if (argument.starts_with(name + "=")) return argument.substr(name.size() + 1);
  }
  return {};
}

// What would be read over without a word.
void check_meaning(const Options& options) {
  const Config& config = options.config;
  if (config.device == Device::cpu)
    for (const auto& [given, option] : {std::pair{config.eager, "--eager"},
                                        {config.tf32, "--tf32"},
                                        {!config.deterministic, "--nondeterministic"}})
      if (given)
        throw UsageError(fmt::format("{} on a CPU; a GPU is needed; leave it out", option));
  if (needs_data(options.preset) && !options.data && std::getenv("SIMSIAM_DATA") == nullptr)
    throw UsageError(
        fmt::format("--preset {} without --data; a folder with train/<class>/ and val/<class>/ is "
                    "needed; name it, or use another preset",
                    options.preset));
}

}  // namespace

Device device_named(const std::string& name) {
  if (name == "auto") return cuda_available() ? Device::cuda : Device::cpu;
  if (name == "cpu") return Device::cpu;
  if (name != "cuda")
    throw UsageError(
        fmt::format("--device {}; auto, cpu or cuda is needed; use one of them", name));
  check(cuda_available(), "--device cuda: {}", why_no_cuda());
  return Device::cuda;
}

bool parse_or_help(CLI::App& app, int argc, char** argv, std::string_view needed) {
  app.set_version_flag("--version",
                       fmt::format("simsiam {}, build {}", SIAM_VERSION, SIAM_BUILD_ID),
                       "print version and build, and end");
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    print(stdout, app.help());
    return false;
  } catch (const CLI::CallForVersion& version) {
    print(stdout, fmt::format("{}\n", version.what()));
    return false;
  } catch (const CLI::ExtrasError&) {
    const std::string surplus = app.remaining().at(0), meant = nearest_option(app, surplus);
    throw UsageError(fmt::format(
        "{}: there is no such option; {} as in --help are needed; {}", surplus, needed,
        meant.empty() ? "see --help" : fmt::format("did you mean {}? See --help", meant)));
  } catch (const CLI::ParseError& error) {
    throw UsageError(
        fmt::format("{}; {} as in --help are needed; see --help", error.what(), needed));
  }
}

std::optional<Options> parse_options(int argc, char** argv, const std::string& description) {
  Options options;
  std::vector<std::string> words(argv, argv + argc);
  options.command_line = shell_quoted(words);
  std::erase_if(words, [](const std::string& word) { return word.starts_with("--fresh"); });
  options.command_to_continue = shell_quoted(words);
  std::string device = peek(argc, argv, "--device").value_or("auto");
  const bool gpu = device != "cpu" && cuda_available();
  options.preset = peek(argc, argv, "--preset").value_or(gpu ? "cifar10" : "quick");
  options.config = preset(options.preset);
  Config& config = options.config;
  if (gpu) config.precision = DType::bf16;  // several times the rate of f32
  std::string precision = name_of(config.precision), out = options.out.string(), data;

  CLI::App app(description);
  app.option_defaults()->always_capture_default();
  app.add_option("--preset", options.preset,
                 fmt::format("size of the experiment: {}", fmt::join(preset_names(), ", ")));
  app.add_option("--data", data,
                 "folder of the data set: CIFAR-10/100 binary, IDX, or class folders of JPEGs; "
                 "default: $SIMSIAM_DATA, data/cifar-10-batches-bin, Debian's Fashion-MNIST")
      ->always_capture_default(false);
  app.add_option("--device", device, "auto, cpu or cuda");
  app.add_flag("--eager", config.eager, "on a GPU: no CUDA graph; the same bits, slower");
  app.add_option("--precision", precision,
                 "of activations: f32 (a CPU's default), bf16 (a GPU's) or f16");
  app.add_flag("--tf32", config.tf32,
               "on a GPU, with f32: factors rounded to 10 bits where that is faster");
  app.add_flag("!--nondeterministic", config.deterministic,
               "on a GPU: also library algorithms that do not repeat bit by bit, if faster");
  add_number(app, "--loss-scale", config.loss_scale,
             "factor on the loss during backward; 0: 1024 with f16, else 1");
  add_number(app, "--epochs", config.epochs, "length of each run; the schedule spans it");
  add_number(app, "--batch-size", config.batch_size, "images per step");
  add_number(app, "--micro-batch", config.micro_batch,
             "images in memory at once, for batches above memory: the same step, more "
             "arithmetic; 0: all");
  add_number(app, "--lr", config.base_learning_rate,
             "learning rate for a batch of 256; scaled linearly with the batch");
  add_number(app, "--weight-decay", config.weight_decay, "on every parameter");
  add_number(app, "--warmup", config.warmup_epochs, "epochs of linear warm-up");
  add_number(app, "--width", config.model.backbone.width, "channels of the ResNet's first stage");
  add_number(app, "--dim", config.model.dim, "of the projections and predictions");
  add_number(app, "--image-size", config.augment.size, "pixels a side of the network's input");
  add_number(app, "--train-samples", config.train_samples,
             "class-balanced subset of the training images; 0: all");
  add_number(app, "--test-samples", config.test_samples, "of the test images; 0: all");
  add_number(app, "--knn-every", config.knn_every, "epochs between two kNN measurements");
  add_number(app, "--seed", config.seed, "of initial values, order and augmentation");
  add_number(app, "--threads", options.threads, "of the CPU kernels; 0: all cores", 0, 1024);
  add_number(app, "--workers", config.workers, "threads that load and augment");
  app.add_option("--out", out, "folder for results");
  add_number(app, "--seeds", options.seeds, "runs of each kind: seed, seed + 1, ...", 1, 1000);
  bool resume = false, fresh = false;
  CLI::Option* again = app.add_flag("--fresh", fresh, "train again what is in --out");
  app.add_flag("--resume", resume,
               "continue unfinished runs in --out and use finished ones: the "
               "default")
      ->disable_flag_override()
      ->excludes(again->disable_flag_override());
  if (!parse_or_help(app, argc, argv, "options and values")) return {};
  config.precision = precision_of(precision);
  config.device = device_named(device);
  options.resume = !fresh;
  options.out = out;
  if (!data.empty()) options.data = data;
  check_meaning(options);
  check_config(config);
  return options;
}

int run_program(int argc, char** argv, const std::string& description,
                const std::function<int(const Options&)>& body) {
  return guarded([&] {
    const std::optional<Options> options = parse_options(argc, argv, description);
    if (!options) return 0;
    set_threads(options->threads);
    return body(*options);
  });
}

}  // namespace siam
