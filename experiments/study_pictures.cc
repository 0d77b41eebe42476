#include "experiments/study_pictures.h"

#include <algorithm>
#include <numeric>

#include "experiments/collapse_figure.h"
#include "experiments/figure.h"
#include "experiments/interrupt.h"
#include "experiments/nearest.h"
#include "experiments/neighbours_figure.h"
#include "nn/flat_parameters.h"
#include "simsiam/features.h"
#include "simsiam/initial_weights.h"
#include "simsiam/monitor.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tensor/rows.h"

namespace siam {

namespace {

constexpr int64_t kQueries = 8, kBank = 10'000;
constexpr size_t kNeighbours = 5;

const RunRecord& first_seed(const Experiment& experiment, const std::string& name) {
  const auto run = std::find_if(experiment.runs.begin(), experiment.runs.end(),
                                [&](const RunRecord& each) { return each.name == name; });
  check(run != experiment.runs.end(), "pictures: no run '{}'; one of the study is needed; name it",
        name);
  return *run;
}

// The requested epochs that a run has passed without a snapshot.
std::string missing(const Run& run, const Snapshots& snapshots) {
  std::string list;
  for (const int epoch : run.snapshots)
    if (epoch <= run.config.epochs &&
        std::none_of(snapshots.taken.begin(), snapshots.taken.end(),
                     [&](const Snapshot& each) { return each.epoch == epoch; }))
      list += fmt::format("{}{}", list.empty() ? "" : ", ", epoch);
  return list;
}

TrainedModel untrained(const Config& config, TrainedModel* initial) {
  SimSiam model = initial_model(config, initial);
  FlatParameters parameters(registry_of(model), config.device, DType::f32);
  return {config, std::move(model), {}, 0, {}, true};
}

std::vector<std::vector<Neighbour>> nearest(const TrainedModel& trained, const Dataset& bank,
                                            const Dataset& queries,
                                            const std::function<void()>& watch) {
  const auto features = [&](const Dataset& images) {
    return backbone_features(trained.model, images, trained.config, [&](int64_t) { watch(); }).rows;
  };
  std::vector<int64_t> indices(bank.size());
  std::iota(indices.begin(), indices.end(), 0);
  NearestRows rows(features(queries), kNeighbours);
  rows.add(features(bank), indices, std::vector<int64_t>(queries.size(), -1));
  return rows.found();
}

std::vector<NeighbourRow::Found> found(const std::vector<Neighbour>& nearest, const Dataset& bank,
                                       int label) {
  std::vector<NeighbourRow::Found> images;
  for (const Neighbour& each : nearest)
    images.push_back({bank.image(each.index), bank.label(each.index) == label});
  return images;
}

}  // namespace

std::vector<StudyPicture> collapse_picture(const std::vector<Run>& runs,
                                           const Experiment& experiment, Runner& runner) {
  std::vector<CloudRow> rows;
  for (const Run& run : runs) {
    if (run.snapshots.empty()) continue;
    if (runner.test_samples() < kLeastImages) {
      runner.message("no picture of embeddings: it needs two test images or more");
      return {};
    }
    CloudRow row{run.name,
                 runner.snapshots(first_seed(experiment, run.name).id).value_or(Snapshots{})};
    if (const std::string epochs = missing(run, row.snapshots); !epochs.empty())
      runner.message(
          fmt::format("{}: its embeddings at epoch {} were not recorded when it was trained; "
                      "--fresh trains it again",
                      run.name, epochs));
    if (!row.snapshots.taken.empty()) rows.push_back(std::move(row));
  }
  if (rows.empty()) return {};
  draw_picture(collapse_csv(rows, runner.data().test->class_names()), collapse_script(),
               experiment.results.folder(), "collapse");
  std::string alternative = "embeddings of test images at several epochs as clouds of points;";
  for (const CloudRow& row : rows) {
    const Snapshot &first = row.snapshots.taken.front(), &last = row.snapshots.taken.back();
    alternative +=
        fmt::format(" {}: their variance is {:.2g} at epoch {} and {:.2g} at epoch {};", row.name,
                    first.cloud.variance(), first.epoch, last.cloud.variance(), last.epoch);
  }
  alternative.pop_back();
  return {
      {"collapse.svg", alternative,
       fmt::format(
           "Embeddings z/|z| of augmented views of {} test images, the same at every epoch, "
           "coloured by class. Each panel shows them around their mean, along the two directions "
           "in which they are spread most, so that a cloud that looks small is small; all panels "
           "have the same scale. The variance is the mean squared distance from the mean (about 1: "
           "spread over the sphere; 0: one point), and below it is the share of it that the two "
           "directions show. Right: standard deviation along each principal direction, starting "
           "from the widest. Batch norm uses the statistics of these views, as in training.",
           rows[0].snapshots.labels.size())}};
}

std::vector<StudyPicture> neighbours_picture(const Run& run, const Experiment& experiment,
                                             Runner& runner) {
  const RunRecord& record = first_seed(experiment, run.name);
  const TrainTest data = subsets(runner.data(), run.config.train_samples, 0);
  const auto bank = subset(data.train, std::min(kBank, data.train->size()));
  const auto queries = subset(data.test, std::min(kQueries, data.test->size()));
  const std::filesystem::path file = experiment.results.folder() / "neighbours.svg";
  const std::string mark = fmt::format("run {}", record.id);
  const bool classes = several_classes(*data.train);
  const StudyPicture picture{
      file.filename(),
      fmt::format("{} test images, each with its {} nearest neighbours before and after training",
                  queries->size(), kNeighbours),
      fmt::format(
          "{} test images and, out of {} training images, the {} nearest to each by cosine of the "
          "backbone's features: for the untrained network and for \"{}\" after its last epoch.{}",
          queries->size(), bank->size(), kNeighbours, run.name,
          classes ? " A frame marks the same class." : "")};
  if (std::filesystem::exists(file) && read_file(file).find(mark) != std::string::npos)
    return {picture};
  const auto phase = runner.phase(fmt::format("{}: neighbours", run.name));
  const auto watch = [&] {
    if (interrupted())
      throw Interrupted(
          fmt::format("interrupted: \"{}\" is trained, its neighbours not drawn; to continue: {}",
                      run.name, runner.options().command_to_continue));
  };
  try {
    Config start = run.config;
    start.precision = DType::f32;
    const auto before = nearest(untrained(start, runner.initial()), *bank, *queries, watch);
    const auto after =
        nearest(load_trained(runner.checkpoint(record.id), start.device), *bank, *queries, watch);
    std::vector<NeighbourRow> rows;
    for (int64_t q = 0; q < queries->size(); ++q) {
      const int label = queries->label(q);
      rows.push_back(
          {queries->image(q), found(before[q], *bank, label), found(after[q], *bank, label)});
    }
    write_file_atomically(file, neighbours_svg(rows, classes, mark));
    return {picture};
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);  // from another run
    runner.message(fmt::format("{}; {} is not drawn", error.what(), file.string()));
    return {};
  }
}

}  // namespace siam
