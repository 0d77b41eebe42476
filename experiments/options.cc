#include "experiments/options.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "data/batch_source.h"
#include "experiments/build_tag.h"
#include "experiments/config_options.h"
#include "experiments/console.h"
#include "experiments/guarded.h"
#include "experiments/number_option.h"
#include "experiments/presets.h"
#include "simsiam/initial_weights.h"
#include "tensor/parallel.h"
#include "tensor/print.h"
#include "tensor/top_k.h"

namespace siam {

namespace {

// Number of letters to insert, delete or replace to turn one into the other (Levenshtein distance).
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

// The option that was probably meant; empty if `typed` is close to none.
std::string nearest_option(const CLI::App& app, const std::string& typed) {
  if (!typed.starts_with("-")) return {};
  const std::string name = typed.substr(0, typed.find('='));
  std::string nearest;
  size_t fewest = name.size() / 3 + 1;  // at most a third of the letters may be wrong
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

// Refuses options that would otherwise be ignored silently, and a preset without its data.
void check_meaning(const Options& options) {
  const Config& config = options.config;
  if (config.device == Device::cpu)
    for (const auto& [given, option] : {std::pair{config.eager, "--eager"},
                                        {config.tf32, "--tf32"},
                                        {!config.deterministic, "--nondeterministic"}})
      if (given)
        throw UsageError(fmt::format("{} on a CPU; a GPU is needed; leave it out", option));
  if (config.device == Device::cuda && config.knn.k > kMostTopKOnGpu)
    throw UsageError(fmt::format("--knn-k {} on a GPU; at most {} is needed; lower it",
                                 config.knn.k, kMostTopKOnGpu));
  if (needs_data(options.preset) && !options.data && std::getenv("SIMSIAM_DATA") == nullptr)
    throw UsageError(
        fmt::format("--preset {} without --data; a folder with train/<class>/ and val/<class>/ is "
                    "needed; name it, or use another preset",
                    options.preset));
}

}  // namespace

std::string version_text() { return fmt::format("simsiam {}, build {}", SIAM_VERSION, kBuildTag); }

ResNetArch arch_of(const std::string& text) {
  ResNetArch arch;
  if (!from_text(text, arch))
    throw UsageError(
        fmt::format("--arch {}; {} is needed; change it or leave it out", text, resnet_choices()));
  return arch;
}

bool parse_or_help(CLI::App& app, int argc, char** argv, std::string_view needed) {
  app.set_version_flag("--version", version_text(), "print version and build, and end");
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
    if (!surplus.starts_with("-"))
      throw UsageError(fmt::format(
          "{}: one argument too many; {} as in --help are needed; leave it out, or put a name with "
          "spaces in quotes",
          surplus, needed));
    throw UsageError(fmt::format(
        "{}: there is no such option; {} as in --help are needed; {}", surplus, needed,
        meant.empty() ? "see --help" : fmt::format("did you mean {}? See --help", meant)));
  } catch (const CLI::ArgumentMismatch& mismatch) {  // its own message talks about types
    const std::string text = mismatch.what(), name = text.substr(0, text.find(':'));
    const CLI::Option* option = app.get_option_no_throw(name);
    if (const size_t times = option == nullptr ? 0 : option->count(); times > 1)
      throw UsageError(fmt::format("{}: given {}; one value is needed; leave out the others", name,
                                   times == 2 ? "twice" : fmt::format("{} times", times)));
    throw UsageError(
        fmt::format("{}: not as many values as it takes; {} as in --help are needed; see --help",
                    name, needed));
  } catch (const CLI::ParseError& error) {
    throw UsageError(
        fmt::format("{}; {} as in --help are needed; see --help", error.what(), needed));
  }
}

std::optional<Options> parse_options(int argc, char** argv, const std::string& description,
                                     const std::vector<TextOption>& own,
                                     std::optional<OwnImages> images) {
  Options options;
  std::vector<std::string> words(argv, argv + argc);
  options.command_line = shell_quoted(words);
  std::erase_if(words, [](const std::string& word) { return word.starts_with("--fresh"); });
  options.command_to_continue = shell_quoted(words);
  const bool gpu = peek(argc, argv, "--device").value_or("auto") != "cpu" && cuda_available();
  options.preset = peek(argc, argv, "--preset")
                       .value_or(images ? "photos"
                                 : gpu  ? "cifar10"
                                        : "quick");
  options.config = preset(options.preset, images ? images->count : 0);
  options.tensorboard = images.has_value();
  if (const auto init = peek(argc, argv, "--init")) {
    options.init = *init;
    take_network(options.init, options.config);
  }
  // Several times the rate of f32.
  if (gpu) options.config.precision = cuda_serves(DType::bf16) ? DType::bf16 : DType::f16;
  options.config.workers = default_workers(gpu ? Device::cuda : Device::cpu);
  std::string out = options.out.string(), data;

  const int command = images ? 1 : 0;  // words before the options: the command name
  CLI::App app(description, command > 0 ? fmt::format("simsiam {}", argv[1]) : "");
  app.option_defaults()->always_capture_default();
  const auto in = [&](Group group) { app.option_defaults()->group(title_of(group)); };
  in(Group::run);
  app.add_option("--preset", options.preset,
                 fmt::format("size of the experiment, which sets the defaults below: {}",
                             fmt::join(preset_names(), ", ")));
  const bool trains = !images || images->trains;
  if (trains)
    add_number(app, "--seeds", options.seeds, "runs of each kind: seed, seed + 1, ...", 1, 1000);
  in(Group::data);
  if (images)
    app.add_option("DIR", data, "folder of images, at any depth, labelled by folders or not")
        ->always_capture_default(false)
        ->required();
  else
    app.add_option("--data", data,
                   "folder of the data set: CIFAR-10/100 binary, IDX, or images by class; "
                   "default: $SIMSIAM_DATA, data/cifar-10-batches-bin, Debian's Fashion-MNIST")
        ->always_capture_default(false);
  const auto take_config = add_config_options(app, options.config);
  in(Group::hardware);
  add_number(app, "--threads", options.threads, "of the CPU kernels; 0: all cores", 0, 1024);
  in(Group::output);
  for (const TextOption& option : own)
    app.add_option(option.name, *option.value, option.description)->always_capture_default(false);
  bool resume = false, fresh = false;
  if (trains) {
    app.add_option("--out", out, "folder for results");
    app.add_flag("--tensorboard,!--no-tensorboard", options.tensorboard,
                 fmt::format("event files for TensorBoard in <out>/tensorboard/; default: {}",
                             options.tensorboard ? "yes" : "no"));
    CLI::Option* again = app.add_flag("--fresh", fresh, "retrain the runs in --out");
    app.add_flag("--resume", resume,
                 "continue unfinished runs in --out and use finished ones: the default")
        ->disable_flag_override()
        ->excludes(again->disable_flag_override());
  }
  if (!parse_or_help(app, argc - command, argv + command,
                     images ? "a folder of images, options and values" : "options and values"))
    return {};
  take_config();
  if (!peek(argc, argv, "--warmup"))  // a shorter run has a shorter warm-up
    options.config.warmup_epochs =
        std::min(options.config.warmup_epochs, options.config.epochs / kEpochsPerWarmup);
  options.resume = !fresh;
  options.out = out;
  if (images || !data.empty()) options.data = data;
  check_meaning(options);
  check_config(options.config);
  return options;
}

void use_threads(int threads, const Communicator& ranks) {
  const bool shared = ranks.size() > 1 && std::getenv("OMP_NUM_THREADS") == nullptr;
  set_threads(threads == 0 && shared ? ranks.cores() : threads);
}

int run_program(int argc, char** argv, const std::string& description,
                const std::function<int(const Options&, const Communicator&)>& body,
                const std::vector<TextOption>& own) {
  return guarded_on_ranks([&](const Communicator& ranks) {
    use_threads(0, ranks);  // the loader's default depends on it
    const std::optional<Options> options = parse_options(argc, argv, description, own);
    if (!options) return 0;
    use_threads(options->threads, ranks);
    return body(*options, ranks);
  });
}

}  // namespace siam
