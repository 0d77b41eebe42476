// The images most similar to some queries, by cosine of their backbone features, as a page of
// thumbnails.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <optional>

#include "data/encode_jpeg.h"
#include "data/image_file.h"
#include "experiments/commands/command.h"
#include "experiments/commands/encode_images.h"
#include "experiments/commands/open_checkpoint.h"
#include "experiments/commands/output_file.h"
#include "experiments/html.h"
#include "experiments/nearest.h"
#include "experiments/neighbours_figure.h"
#include "experiments/number_option.h"
#include "experiments/options.h"
#include "tensor/io/atomic_file.h"
#include "tensor/parallel.h"
#include "tensor/philox.h"
#include "tensor/print.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

constexpr size_t kNeighbours = 8;

struct NeighbourOptions {
  std::string checkpoint, folder, out = "neighbours.html", device = "auto";
  std::vector<std::string> queries;
  uint64_t seed = 0;
  int count = 16, threads = 0;
};

// Nothing if the program should end at once.
std::optional<NeighbourOptions> parse(int argc, char** argv) {
  NeighbourOptions options;
  CLI::App app(
      "Writes a page, one file without scripts: for each query the 8 images of a folder whose "
      "backbone features are nearest by cosine.",
      "simsiam neighbours");
  app.add_option("checkpoint", options.checkpoint, "a run's .safetensors, or an imported one")
      ->required();
  app.add_option("folder", options.folder, "with images, or a data set")->required();
  app.add_option("--query", options.queries,
                 "image files to find neighbours of; default: random ones of the folder");
  app.add_option("--out", options.out, "the page")->capture_default_str();
  add_number(app, "--count", options.count, "of random queries", 1, 1000)->capture_default_str();
  add_number(app, "--seed", options.seed, "that draws them")->capture_default_str();
  app.add_option("--device", options.device, "auto, cpu or cuda")->capture_default_str();
  add_number(app, "--threads", options.threads, "of the CPU kernels; 0: all cores", 0, 1024);
  if (!parse_or_help(app, argc - 1, argv + 1, "a checkpoint, a folder and options")) return {};
  return options;
}

Photograph photograph(const Image& image, const std::string& caption, const std::string& name,
                      const std::string& alternative) {
  constexpr int kSide = 160, kQuality = 80;
  const bool tiny = std::max(image.height, image.width) <= kTinySide;
  return {encode_jpeg(thumbnail(image, kSide), tiny ? 95 : kQuality), caption, name, alternative,
          tiny};
}

// What is kept of an image whose neighbours are wanted.
struct Query {
  Photograph picture;
  Tensor features;  ///< [1,D]
  /// Index of the same image in the folder, which is not its own neighbour; -1: it is not there.
  int64_t index;
  std::vector<Neighbour> nearest = {};

  Query(const TrainedModel& trained, const std::string& name, const Image& image, int64_t index)
      : picture(photograph(image, "query", name, "query")),
        features(encode_image(trained, image)),
        index(index) {}
};

// The index of a file among the images of the data set, whatever it is called and linked to there.
int64_t index_in(const Dataset& dataset, const fs::path& folder, const fs::path& file) {
  std::error_code gone;
  for (int64_t i = 0; i < dataset.size(); ++i)
    if (fs::equivalent(folder / dataset.path(i), file, gone)) return i;
  return -1;
}

std::vector<Query> given_queries(const NeighbourOptions& options, const TrainedModel& trained,
                                 const Dataset& dataset) {
  std::vector<Query> queries;
  for (const std::string& file : options.queries)
    queries.emplace_back(trained, file, read_image(file), index_in(dataset, options.folder, file));
  return queries;
}

// The first readable images in a random order.
std::vector<Query> random_queries(const NeighbourOptions& options, const TrainedModel& trained,
                                  const Dataset& dataset) {
  std::vector<int64_t> order(static_cast<size_t>(dataset.size()));
  std::iota(order.begin(), order.end(), 0);
  Random random(options.seed, Purpose::shuffle);
  std::vector<Query> queries;
  for (size_t i = 0; i < order.size() && std::ssize(queries) < options.count; ++i) {
    std::swap(order[i], order[i + random.below(static_cast<uint32_t>(order.size() - i))]);
    Image image;
    try {
      image = dataset.image(order[i]);
    } catch (const Error&) {
      continue;  // it will be named when all are read
    }
    queries.emplace_back(trained, dataset.path(order[i]).generic_string(), image, order[i]);
  }
  check(!queries.empty(), "{}: none of its {} images can be read; images are needed; use others",
        options.folder, dataset.size());
  return queries;
}

void search(const TrainedModel& trained, const Dataset& dataset, std::vector<Query>& queries,
            Progress& progress) {
  const Tensor features = Tensor::empty({std::ssize(queries), queries[0].features.dim(1)},
                                        DType::f32, queries[0].features.device());
  std::vector<int64_t> own;
  for (const Query& query : queries) {
    const int64_t row = std::ssize(own);
    features.rows(row, row + 1).copy_from(query.features);
    own.push_back(query.index);
  }
  NearestRows rows(features, kNeighbours);
  encode_images(trained, dataset, /*projection=*/false, progress,
                [&](const EncodedImages& block) { rows.add(block.features, block.images, own); });
  for (size_t q = 0; q < queries.size(); ++q) queries[q].nearest = rows.found()[q];
}

std::string page(const NeighbourOptions& options, const TrainedModel& trained,
                 const Dataset& dataset, const std::vector<Query>& queries) {
  HtmlPage html("Nearest neighbours");
  html.paragraph(fmt::format(
      "On the left of each row is a query, followed by the {} images nearest to it by cosine "
      "similarity of backbone features, out of {} in {}. Network: {} after {} epochs.",
      kNeighbours, dataset.size(), options.folder, options.checkpoint, trained.epochs));
  for (const Query& query : queries) {
    std::vector<Photograph> row = {query.picture};
    for (const auto& [similarity, index] : query.nearest)
      row.push_back(photograph(dataset.image(index), fmt::format("{:.3f}", similarity),
                               dataset.path(index).generic_string(),
                               fmt::format("neighbour {}", row.size())));
    html.photographs(row);
  }
  return html.text();
}

}  // namespace

int neighbours_command(int argc, char** argv) {
  const std::optional<NeighbourOptions> options = parse(argc, argv);
  if (!options) return 0;
  check_output(options->out, {options->checkpoint}, "Nearest neighbours");
  set_threads(options->threads);
  Progress progress;
  const TrainedModel trained = open_checkpoint(options->checkpoint, options->device, progress);
  const auto dataset = open_all_images(options->folder);
  progress.message(fmt::format("{}: {}", options->folder, dataset->contents()));
  std::vector<Query> queries = options->queries.empty()
                                   ? random_queries(*options, trained, *dataset)
                                   : given_queries(*options, trained, *dataset);
  search(trained, *dataset, queries, progress);
  write_file_atomically(options->out, page(*options, trained, *dataset, queries));
  print(stdout, fmt::format("{}\n", options->out));
  return 0;
}

}  // namespace siam
