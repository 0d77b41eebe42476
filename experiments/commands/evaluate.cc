// Evaluates a checkpoint: kNN, linear probes, and how much of its space the representation uses.

#include <CLI/CLI.hpp>
#include <optional>

#include "data/tolerant.h"
#include "experiments/commands/command.h"
#include "experiments/commands/open_checkpoint.h"
#include "experiments/commands/output_file.h"
#include "experiments/console.h"
#include "experiments/evaluation_card.h"
#include "experiments/guarded.h"
#include "experiments/number_option.h"
#include "experiments/options.h"
#include "experiments/results.h"
#include "simsiam/features.h"
#include "tensor/print.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

struct EvaluateOptions {
  std::string checkpoint, data, out, features, device = "auto";
  int64_t train_samples = -1, test_samples = -1;  ///< -1: as in the run
  int probe_epochs = -1, threads = 0;
  double max_bad_fraction = Config().max_bad_fraction;
};

// Nothing if the program should end at once.
std::optional<EvaluateOptions> parse(int argc, char** argv) {
  EvaluateOptions options;
  CLI::App app(
      "Evaluates the network in a checkpoint: kNN accuracy, linear probes, collapse panel. Prints "
      "the evaluation card and writes evaluation.json and evaluation.md. The images need labels.",
      "simsiam evaluate");
  app.add_option("checkpoint", options.checkpoint, "a run's .safetensors")->required();
  app.add_option("--data", options.data,
                 "folder of the data set, with labels: a folder for each class; default as for the "
                 "other programs");
  app.add_option("--device", options.device, "auto, cpu or cuda")->capture_default_str();
  add_number(app, "--threads", options.threads, "of the CPU kernels; 0: all cores", 0, 1024);
  app.add_option("--out", options.out,
                 "folder for the results; default: the checkpoint's name without suffix");
  constexpr int64_t kAll = std::numeric_limits<int64_t>::max();
  add_number(app, "--train-samples", options.train_samples,
             "class-balanced subset of the training images; 0: all; default: as in the run",
             int64_t{0}, kAll);
  add_number(app, "--test-samples", options.test_samples, "of the test images", int64_t{0}, kAll);
  add_number(app, "--max-bad-fraction", options.max_bad_fraction,
             "of the images may be unreadable, and neighbours take their place", 0.0, 1.0);
  add_number(app, "--probe-epochs", options.probe_epochs,
             "of the linear probes; 0: none; default: 100 for SGD, 90 for LARS", 0, 100000);
  app.add_option("--features", options.features,
                 "also write features and labels of all images to this .safetensors");
  if (!parse_or_help(app, argc - 1, argv + 1, "a checkpoint and options")) return {};
  return options;
}

TensorFile features_file(const EvaluationInput& input) {
  TensorFile file;
  const auto add = [&](const std::string& name, const FrozenFeatures& features) {
    file.tensors[name + ".backbone"] = features.rows.backbone;
    file.tensors[name + ".projection"] = features.rows.projection;
    file.tensors[name + ".labels"] =
        Tensor::from<int32_t>({static_cast<int64_t>(features.labels.size())}, features.labels);
  };
  add("train", input.train);
  add("test", input.test);
  return file;
}

// As defined in EvaluationSource.
int64_t trained_images(const TrainedModel& trained, const std::shared_ptr<const Dataset>& whole) {
  const int64_t count =
      trained.config.train_samples > 0 ? trained.config.train_samples : whole->size();
  return count <= whole->size() && subset(whole, count)->fingerprint() == trained.data ? count : 0;
}

void judge(const EvaluateOptions& options, const TrainedModel& trained, Progress& progress,
           const std::string& command_line, const Communicator& ranks) {
  std::optional<Results> results;
  if (ranks.rank() == 0) {
    const fs::path checkpoint = options.checkpoint;
    results.emplace(
        options.out.empty() ? checkpoint.parent_path() / checkpoint.stem() : fs::path(options.out),
        "");
  }
  const fs::path folder = find_dataset(
      options.data.empty() ? std::optional<fs::path>() : std::optional<fs::path>(options.data));
  const auto chosen = [](int64_t asked, int64_t of_run, const Dataset& all) {
    return asked >= 0 ? asked : of_run <= all.size() ? of_run : 0;
  };
  std::optional<Progress::Phase> phase;
  const auto stage = [&](const std::string& what) {
    phase.reset();
    phase.emplace(progress, what);
  };
  stage(fmt::format("reading {}", folder.string()));
  const auto warn = [&](const std::string& text) { message_of_rank(ranks, progress, text); };
  const TrainTest whole = tolerant(open_images(folder), {options.max_bad_fraction, warn});
  const std::string why = whole.train->why_unlabelled();
  check(whole.train->labelled(),
        "{}: images without labels{}{}; a folder for each class is needed; sort them into folders, "
        "or name others with --data",
        folder.string(), why.empty() ? "" : ": ", why);
  const int64_t trained_on = trained_images(trained, whole.train);
  check(!options.data.empty() || trained_on > 0,
        "{}: trained on other images than {}; the images to judge it by are needed; name their "
        "folder with --data",
        options.checkpoint, folder.string());
  const TrainTest data =
      subsets(whole, chosen(options.train_samples, trained.config.train_samples, *whole.train),
              chosen(options.test_samples, trained.config.test_samples, *whole.test));
  progress.message(fmt::format("train: {}", data.train->contents()));
  progress.message(fmt::format("test: {}", data.test->contents()));
  stage(fmt::format("features of {} training and {} test images of {}", data.train->size(),
                    data.test->size(), data.train->name()));
  const double images = static_cast<double>(data.train->size() + data.test->size());
  const EvaluationInput input = evaluation_input(
      trained.model, trained.config, data,
      [&](int64_t encoded) { phase->done(static_cast<double>(encoded) / images); }, ranks);
  if (ranks.rank() == 0 && !options.features.empty())
    save_safetensors(options.features, features_file(input));
  const Evaluation evaluation = evaluate(input, options.probe_epochs, stage, ranks);
  phase.reset();
  if (!results) return;
  const EvaluationSource source{
      options.checkpoint, command_line,      data.train->name(), data.train->fingerprint(),
      data.train->size(), data.test->size(), trained_on};
  const std::string card = evaluation_card(source, trained, evaluation);
  results->write_text("evaluation.json", evaluation_json(source, trained, evaluation));
  results->write_text("evaluation.md", card);
  print(stdout, fmt::format("{}{}\n", card, (results->folder() / "evaluation.md").string()));
}

}  // namespace

int evaluate_command(int argc, char** argv) {
  return guarded_on_ranks([&](const Communicator& ranks) {
    const std::optional<EvaluateOptions> options = parse(argc, argv);
    if (!options) return 0;
    if (!options->features.empty())
      check_output(options->features, {options->checkpoint}, "\"train.backbone\"", "--features");
    use_threads(options->threads, ranks);
    Progress progress(0, ProgressOutput::of(ranks));
    const TrainedModel trained = open_checkpoint(options->checkpoint, options->device, progress);
    if (!trained.heads)
      progress.message(
          fmt::format("{}: imported without heads; its projector is random, and so are the "
                      "projection's numbers",
                      options->checkpoint));
    judge(*options, trained, progress, shell_quoted(std::vector<std::string>(argv, argv + argc)),
          ranks);
    return 0;
  });
}

}  // namespace siam
