#include "experiments/results.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tensor/check.h"
#include "tensor/io/read_file.h"
#include "tests/scratch.h"

namespace siam {

namespace {

std::vector<RunRecord> two_runs() {
  RunRecord with{.name = "with stop-gradient", .config = {{"stop_gradient", true}}};
  with.epochs = {
      {.epoch = 1, .loss = -0.1, .std = 0.9, .knn = 20.5, .learning_rate = 0.3, .seconds = 2},
      {.epoch = 2, .loss = -1.0 / 3, .std = 0.8}};
  with.untrained.knn = 27.5;
  with.seconds = 4.5;
  with.status = "completed";
  RunRecord without{.name = "without, \"raw\"",
                    .config = {{"stop_gradient", false}, {"batch", 64}}};
  without.status = "diverged: loss not finite at step 123";
  return {with, without};
}

}  // namespace

TEST_CASE(
    "metrics.csv: a row per run and epoch, numbers that round-trip, empty where not measured") {
  const ScratchFolder folder;
  const Results results(folder.path() / "deep" / "results", "stopgrad");
  CHECK(results.folder() == folder.path() / "deep/results/stopgrad");
  std::vector<RunRecord> runs = two_runs();
  runs[1].epochs = {{.epoch = 1, .loss = 1e-17, .data_wait = 0.25}};
  results.write_metrics(runs);
  CHECK(read_file(results.folder() / "metrics.csv") ==
        "run,seed,epoch,loss,std*sqrt(d),kNN accuracy (%),learning rate,time (s),speed (images/s),"
        "waiting for data (share of time),recall@1 of a second view (%),alignment of views,"
        "effective rank,linear accuracy (%)\n"
        "with stop-gradient,0,1,-0.1,0.9,20.5,0.3,2,,,,,,\n"
        "with stop-gradient,0,2,-0.3333333333333333,0.8,,,,,,,,,\n"
        "\"without, \"\"raw\"\"\",0,1,1e-17,,,,,,0.25,,,,\n");
  CHECK(std::stod(csv_field(-1.0 / 3)) == -1.0 / 3);

  results.write_metrics({});  // fewer rows replace more
  CHECK(read_file(results.folder() / "metrics.csv").find("with") == std::string::npos);
}

TEST_CASE("summary.json") {
  const ScratchFolder folder;
  const Results results(folder.path(), "stopgrad");
  const ExperimentInfo info{
      .experiment = "stopgrad",
      .command_line = "./ablate_stopgrad --out '\xff'",  // not UTF-8
      .dataset = "CIFAR-10",
      .dataset_fingerprint = "c32a1d4a",
      .device = "cpu",
      .seed = 18446744073709551615u,
      .config = {{"epochs", 100}, {"lr", 0.5}, {"net", "resnet18"}, {"bf16", false}}};
  results.write_summary(info, two_runs());
  const auto read = nlohmann::json::parse(read_file(results.folder() / "summary.json"));
  CHECK(read["experiment"] == "stopgrad");
  CHECK(read["data set"]["fingerprint"] == "c32a1d4a");
  CHECK(read["seed"] == 18446744073709551615u);
  CHECK(read["config"] ==
        nlohmann::json::parse(R"({"epochs":100,"lr":0.5,"net":"resnet18","bf16":false})"));
  REQUIRE(read["runs"].size() == 2);
  CHECK(read["runs"][0]["loss"] == -1.0 / 3);
  CHECK(read["runs"][0]["kNN accuracy (%)"] == 20.5);  // the last one measured
  CHECK(read["runs"][0]["epochs"] == 2);
  CHECK(read["runs"][0]["seconds"] == 4.5);
  CHECK(read["runs"][0]["status"] == "completed");
  CHECK(read["runs"][0]["untrained"] == nlohmann::json{{"kNN accuracy (%)", 27.5}});
  CHECK(read["runs"][1]["loss"].is_null());
  CHECK(read["runs"][1]["config"]["batch"] == 64);
  CHECK(read["runs"][1]["status"] == "diverged: loss not finite at step 123");
}

TEST_CASE("summary.json of a run without labels has what shows its progress") {
  const ScratchFolder folder;
  RunRecord run{.name = "own"};
  run.epochs = {{.epoch = 1, .recall = 40, .alignment = 0.5, .effective_rank = 20}};
  run.untrained = {.recall = 3.5};
  Results(folder.path(), "pretrain").write_summary({}, {&run, 1});
  const auto read = nlohmann::json::parse(read_file(folder / "pretrain/summary.json"))["runs"][0];
  CHECK(read["recall@1 of a second view (%)"] == 40);
  CHECK(read["alignment of views"] == 0.5);
  CHECK(read["effective rank"] == 20);
  CHECK(read["untrained"]["recall@1 of a second view (%)"] == 3.5);
  CHECK(read["kNN accuracy (%)"].is_null());
}

TEST_CASE("an output folder that cannot be used is an error at the start") {
  const ScratchFolder folder;
  std::ofstream(folder / "file") << "x";
  CHECK_THROWS_WITH_AS(Results(folder / "file", "stopgrad"),
                       doctest::Contains("choose another --out"), Error);

  const SmallDisk disk;
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  const Results results(disk.folder().path(), "stopgrad");
  results.write_metrics(two_runs());
  const std::string before = read_file(results.folder() / "metrics.csv");
  disk.make_read_only();
  // The folder exists: only the probe notices.
  CHECK_THROWS_WITH_AS(Results(disk.folder().path(), "stopgrad"), doctest::Contains("Read-only"),
                       Error);
  CHECK(read_file(results.folder() / "metrics.csv") == before);
}

TEST_CASE("a disk that fills up keeps what was logged") {
  const SmallDisk disk;
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  const Results results(disk.folder().path(), "stopgrad");
  std::vector<RunRecord> runs = two_runs();
  results.write_metrics(runs);
  const std::string before = read_file(results.folder() / "metrics.csv");
  runs[0].epochs.resize(10000);
  CHECK_THROWS_WITH_AS(results.write_metrics(runs), doctest::Contains("No space left on device"),
                       Error);
  CHECK(read_file(results.folder() / "metrics.csv") == before);
  CHECK(disk.folder().entries() == 2);  // the folder and metrics.csv
}

TEST_CASE("the last measured value") {
  RunRecord run;
  CHECK(std::isnan(last_measured(run, &EpochMetrics::knn)));
  run.epochs = {{.epoch = 1, .knn = 5}, {.epoch = 2}};
  CHECK(last_measured(run, &EpochMetrics::knn) == 5);
}

}  // namespace siam
