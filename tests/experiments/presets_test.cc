#include "experiments/presets.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "experiments/study.h"

namespace siam {

Study ablate_batchsize();

// In forward passes of one view; a backward pass costs two more. An extra third covers the vote and
// the images' transform (bench_step --what knn measures both).
TEST_CASE("at CIFAR's size the kNN monitor costs less than 5 % of the training") {
  const Config config = preset("cifar10");
  const double train = 50000, test = 10000;
  const double epoch = 3 * 2 * train, monitor = (train + test) * 4 / 3;
  CHECK(monitor < 0.05 * epoch * config.knn_every);
}

TEST_CASE("at ImageNet's size the kNN monitor costs less than 3 % of the training") {
  const double train = 1281167, test = 50000;
  CHECK((train + test) * 4 / 3 < 0.03 * 3 * 2 * train * preset("imagenet").knn_every);
}

TEST_CASE(
    "photos: a run for every number of images, longer for many, with a monitor of a twentieth") {
  int64_t seen = 0;
  for (const int64_t images : {2, 10, 40, 600, 1024, 7000, 50000, 1000000}) {
    CAPTURE(images);
    const Config config = preset("photos", images);
    check_config(config);
    CHECK(config.batch_size <= images);
    CHECK(config.epochs * images > seen - images);  // whole epochs
    seen = config.epochs * images;
    if (images >= 600) CHECK(images / config.batch_size >= 16);
    // As above; without labels, two views of each of 1,024 images.
    const double monitor = 2.0 * static_cast<double>(std::min<int64_t>(images, 1024));
    CHECK(monitor < 0.06 * 3 * 2 * static_cast<double>(images) * config.knn_every);
  }
  CHECK(describe(preset("photos")) == describe(preset("photos", 10000)));
}

TEST_CASE("presets in minutes have a kNN curve") {
  CHECK(preset("quick").knn_every == 1);
  CHECK(preset("medium").knn_every == 4);
}

TEST_CASE("the paper's figure beside a baseline is that of its own configuration") {
  for (const std::string& name : preset_names())
    for (const Study& study : all_studies()) {
      CAPTURE(study.name);
      if (study.paper_accuracy.find("ImageNet") == std::string::npos) continue;
      const Config base = preset(name);
      for (const Run& run : study.runs({base, 50000})) {
        Config same = base;
        same.constant_predictor_rate = run.config.constant_predictor_rate;
        if (describe(run.config) != describe(same) || std::isnan(run.paper.accuracy)) continue;
        CAPTURE(run.name);
        CHECK(run.paper.accuracy == (same.constant_predictor_rate ? 68.1 : 67.7));
      }
    }
}

TEST_CASE("the paper's figures for batches are beside batches of that size") {
  const Config base = preset("imagenet");
  const auto figures = [&](int64_t batch) {
    Config config = base;
    config.batch_size = batch;
    std::map<int64_t, double> by_size;
    for (const Run& run : ablate_batchsize().runs({config, 1281167}))
      by_size[run.config.batch_size] = run.paper.accuracy;
    return by_size;
  };
  CHECK(figures(512) == std::map<int64_t, double>{{64, 66.1},
                                                  {128, 67.3},
                                                  {256, 68.1},
                                                  {512, 68.1},
                                                  {1024, 68.0},
                                                  {2048, 67.9},
                                                  {4096, 64.0}});
  const std::map<int64_t, double> larger = figures(1024);
  CHECK(larger.at(128) == 67.3);
  CHECK(larger.at(4096) == 64.0);
  CHECK(std::isnan(larger.at(8192)));
}

}  // namespace siam
