// The collapse doctor on the metrics of real runs, and on the regimes one by one.

#include "simsiam/doctor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "tensor/io/read_file.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

using Series = std::vector<EpochMetrics>;

std::vector<std::string> fields_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> fields;
  for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
  return fields;
}

// Loss and std of each run with seed 0 in a metrics.csv, whose columns are found by their titles.
std::map<std::string, Series> read_runs(const std::string& preset) {
  std::map<std::string, Series> runs;
  std::istringstream file(
      read_file(fmt::format(SIAM_SOURCE_DIR "/experiments/results/{}/metrics.csv", preset)));
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> titles = fields_of(line);
  const auto column = [&](const std::string& title) {
    const auto found = std::ranges::find(titles, title);
    REQUIRE(found != titles.end());
    return found - titles.begin();
  };
  const auto epoch = column("epoch"), loss = column("loss"), deviation = column("std*sqrt(d)"),
             seed = column("seed");
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = fields_of(line);
    if (fields[seed] != "0") continue;
    runs[fields[0]].push_back({.epoch = std::stoi(fields[epoch]),
                               .loss = std::stod(fields[loss]),
                               .std = std::stod(fields[deviation])});
  }
  return runs;
}

Series series(const std::vector<std::pair<double, double>>& loss_and_std) {
  Series epochs;
  for (const auto& [loss, deviation] : loss_and_std)
    epochs.push_back(
        {.epoch = static_cast<int>(epochs.size()) + 1, .loss = loss, .std = deviation});
  return epochs;
}

std::vector<std::string> findings(const Series& epochs, const Config& config = {},
                                  double rank = kNotMeasured, int64_t steps = 100) {
  CollapseDoctor doctor(config, steps);
  std::vector<std::string> all;
  for (const EpochMetrics& epoch : epochs)
    for (const std::string& line : doctor.examine(epoch, rank)) all.push_back(line);
  return all;
}

// Exactly one finding, which contains `expected`.
void check_one(const std::vector<std::string>& lines, const std::string& expected) {
  CAPTURE(expected);
  REQUIRE(lines.size() == 1);
  CAPTURE(lines[0]);
  CHECK(lines[0].find(expected) != std::string::npos);
  CHECK(lines[0].find("; likely cause: ") != std::string::npos);
  CHECK(lines[0].find("; try: ") != std::string::npos);
}

}  // namespace

TEST_CASE("real runs: silent with the stop-gradient, full collapse named once without") {
  for (const char* preset : {"quick/stopgrad", "medium/stopgrad", "cifar10/stopgrad"}) {
    const auto runs = read_runs(preset);
    Config config;
    CHECK(findings(runs.at("with stop-gradient"), config, 15).empty());
    config.loss.stop_gradient = false;
    const auto lines = findings(runs.at("without stop-gradient"), config, 4);
    check_one(lines, "full collapse in epoch ");
    check_one(lines, "there is no stop-gradient");
  }
  // A long run, whose std falls to 0.37 while its kNN accuracy rises to 89.6 %.
  CHECK(findings(read_runs("cifar10/pretrain").at("SimSiam"), Config(), 15).empty());
}

// Read off the paper's Fig. 2 (100 epochs on ImageNet): its std dips to 0.84.
TEST_CASE("the paper's own curves: silent with, collapse in the first epoch without") {
  CHECK(findings(series({{-0.475, 0.80},
                         {-0.673, 0.93},
                         {-0.725, 0.95},
                         {-0.778, 0.87},
                         {-0.80, 0.84},
                         {-0.822, 0.87},
                         {-0.830, 0.99},
                         {-0.934, 0.94}}))
            .empty());
  check_one(findings(series({{-0.977, 0.047}, {-0.991, 0.006}, {-0.985, 0.01}})),
            "full collapse in epoch 1 ");
}

TEST_CASE("full collapse names what the configuration leaves out") {
  const Series collapse = series({{-0.7, 0.9}, {-0.96, 0.25}, {-0.999, 0.03}});
  Config config;
  check_one(findings(collapse, config), "the predictor cannot follow");
  config.model.predictor = Predictor::none;
  check_one(findings(collapse, config), "there is no predictor");
  // Cross-entropy has no minimum of -1: only std counts.
  config = {};
  config.loss.similarity = Similarity::cross_entropy;
  check_one(findings(series({{5.1, 0.9}, {4.0, 0.2}, {3.0, 0.05}}), config), "in epoch 3");
}

TEST_CASE("dimensional collapse: std up, few directions") {
  const Series healthy = series({{-0.5, 1}, {-0.8, 1}, {-0.85, 1}});
  Config config;
  config.model.dim = 256;
  CHECK(findings(healthy, config, 15).empty());
  check_one(findings(healthy, config, 2.5), "dimensional collapse in epoch 1 ");
  check_one(findings(healthy, config, 2.5), "effective rank 2.5");

  // The doctor is silent where the threshold was not measured.
  const auto silent = [&](const auto& change, int64_t steps = 100) {
    Config other = config;
    change(other);
    CHECK(findings(healthy, other, 2, steps).empty());
  };
  silent([](Config& c) { c.model.dim = 4; });  // four directions at most: two are not few
  silent([](Config& c) { c.batch_size = 2; }, 10000);
  silent([](Config& c) { c.batch_size = 64; }, 1);  // an epoch of 64 images
  silent([](Config& c) { c.objective.method = Method::simclr; });
  silent([](Config& c) { c.objective.method = Method::byol; });
  silent([](Config& c) { c.loss.similarity = Similarity::cross_entropy; });
}

TEST_CASE("the rank of a few images is not measured") {
  Config small = tiny();
  Initializer init(small.seed);
  const SimSiam model(init, small.model);
  CHECK(std::isnan(projection_rank(model, patches(2, 1), small)));
  CHECK(std::isnan(projection_rank(model, patches(1023, 1), small)));
  CHECK(projection_rank(model, patches(1024, 1), small) >= 1);
}

TEST_CASE("divergence: a loss that rises for two epochs, or is no number") {
  check_one(findings(series({{-0.5, 1}, {-0.8, 1}, {-0.6, 1}, {-0.6, 1}, {-0.5, 1}})),
            "divergence in epoch 4 ");
  CHECK(findings(series({{-0.5, 1}, {-0.8, 1}, {-0.6, 1}, {-0.8, 1}, {-0.6, 1}})).empty());
  check_one(findings(series({{std::nan(""), 1}})), "divergence in epoch 1 ");
  Config config;
  config.model.head_norm = HeadNorm::all;
  check_one(findings(series({{-0.5, 1}, {-0.8, 1}, {-0.6, 1}, {-0.6, 1}}), config), "Table 3d");
  // Losses on other scales: a tenth of the best.
  config = {};
  config.objective.method = Method::simclr;
  CHECK(findings(series({{6, 1}, {5, 1}, {5.3, 1}, {5.3, 1}}), config).empty());
  check_one(findings(series({{6, 1}, {5, 1}, {5.6, 1}, {5.7, 1}}), config), "divergence");
}

// 3 steps an epoch, as of few photographs: 25 epochs to a mean.
TEST_CASE("divergence: the noise of short epochs is none, a lasting rise is one") {
  Series epochs;
  for (int i = 0; i < 200; ++i) {
    const double noise = 0.12 * std::sin(1.0 * i * i);
    epochs.push_back({.epoch = i + 1, .loss = -0.3 - 0.0002 * i + noise, .std = 1});
  }
  check_one(findings(epochs), "divergence");  // of long epochs it would be one
  CHECK(findings(epochs, {}, kNotMeasured, 3).empty());
  Series rising(50, {.loss = -0.8, .std = 1});
  rising.resize(120, {.loss = -0.5, .std = 1});
  for (int i = 0; i < 120; ++i) rising[i].epoch = i + 1;
  check_one(findings(rising, {}, kNotMeasured, 3), "divergence in epoch ");
}

TEST_CASE("a predictor that does not learn: loss near its start, std up") {
  const Series flat = series({{-0.05, 1}, {-0.1, 1}, {-0.12, 1}, {-0.13, 1}});
  check_one(findings(flat), "frozen predictor in epoch 3 ");
  CHECK(findings(flat, {}, kNotMeasured, 2).empty());  // eight steps say nothing yet
  Config config;
  config.model.predictor = Predictor::fixed;
  check_one(findings(flat, config), "the predictor is fixed");
  config = {};
  config.warmup_epochs = 10;  // rates are still low
  CHECK(findings(flat, config).empty());
  config.base_learning_rate = 0.1;  // nor have 400 small steps come far
  config.batch_size = 32;
  config.warmup_epochs = 0;
  CHECK(findings(flat, config).empty());
  config = {};
  config.model.predictor = Predictor::none;  // as with SimCLR, or the expectation over views
  CHECK(findings(flat, config).empty());
  config = {};
  config.loss.similarity = Similarity::cross_entropy;
  CHECK(findings(series({{5, 1}, {5, 1}, {5, 1}, {5, 1}}), config).empty());
}

}  // namespace siam
