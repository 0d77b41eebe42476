// `simsiam evaluate` on the checkpoint of a run of toy size.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tensor/io/read_file.h"
#include "tensor/io/safetensors.h"
#include "tests/experiments/pictures.h"
#include "tests/experiments/trained.h"

namespace siam {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

ProcessResult evaluate(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"evaluate"};
  for (const auto& [name, value] : {std::pair{"--device", "cpu"}, std::pair{"--threads", "1"}})
    if (std::find(arguments.begin(), arguments.end(), name) == arguments.end())
      words.insert(words.end(), {name, value});
  words.insert(words.end(), arguments.begin(), arguments.end());
  return simsiam(words);
}

void check_fails(int status, const std::vector<std::string>& arguments,
                 const std::string& expected) {
  check_one_error(evaluate(arguments), status, expected);
}

}  // namespace

TEST_CASE("evaluate: the card, the JSON, and features of a checkpoint") {
  const Trained run;
  const fs::path features = run.out / "features.safetensors";
  const ProcessResult result = evaluate({run.checkpoint(), "--data", run.data.path().string(),
                                         "--probe-epochs", "3", "--features", features.string()});
  CAPTURE(result.output);
  REQUIRE(result.status == 0);

  const fs::path folder = run.run();
  const std::string card = read_file(folder / "evaluation.md");
  CHECK(card.starts_with("# Evaluation card\n"));
  CHECK(result.output.find(card) != std::string::npos);
  const Json json = Json::parse(read_file(folder / "evaluation.json"));
  CHECK(json.at("epochs") == 2);
  CHECK(json.at("train images") == 50);  // the run's subset
  CHECK(json.at("test images") == 20);
  CHECK(json.at("trained on the same images") == true);
  CHECK(json.at("trained on the same data set") == true);
  CHECK(card.find("trained on") == std::string::npos);
  CHECK(result.output.find("train: 50 of 100 images in 10 classes\ntest: 20 images in") !=
        std::string::npos);
  CHECK(json.at("knn").size() == 9);
  CHECK(json.at("linear probe").size() == 9);
  for (const Json& probe : json.at("linear probe")) {
    CHECK(probe.at("best epoch (%)") >= probe.at("last epoch (%)"));
    CHECK(probe.at("epochs") == 3);
  }
  const Json& panel = json.at("representation").at("projection");
  CHECK(panel.at("effective_rank") >= 1);
  CHECK(panel.at("effective_rank") <= 16);
  CHECK(panel.at("uniformity") <= 0);
  CHECK(panel.at("alignment") >= 0);

  // The monitor of the run, k = 200 and T = 0.1, measured the same network on the same images.
  const Json summary = Json::parse(read_file(run.folder() / "summary.json"));
  bool found = false;
  for (const Json& each : json.at("knn"))
    if (each.at("k") == 200 && each.at("T") == 0.1) {
      CHECK(each.at("backbone (%)") == summary.at("runs")[0].at("kNN accuracy (%)"));
      found = true;
    }
  CHECK(found);

  const TensorFile saved = load_safetensors(features);
  CHECK(saved.at("train.backbone").shape() == Shape{50, 32});
  CHECK(saved.at("test.projection").shape() == Shape{20, 16});
  CHECK(saved.at("test.labels").span<int32_t>()[13] == 3);  // records cycle through the classes
}

TEST_CASE("evaluate: an old checkpoint's defaults are said once") {
  const Trained run;
  TensorFile file = load_safetensors(run.checkpoint());
  Json settings = Json::parse(file.metadata.at("run"));
  for (const char* name : {"hue", "contrast", "kernels"}) settings.erase(name);
  file.metadata["run"] = settings.dump();
  const std::string old = run.out / "old.safetensors";
  save_safetensors(old, file);
  const std::string data = run.data.path();
  const ProcessResult result = evaluate({old, "--data", data, "--probe-epochs", "0"});
  CHECK(result.status == 0);
  CHECK(count(result.output, old + ": made by a version without the settings contrast, hue; their "
                                   "defaults are assumed") == 1);
  const ProcessResult fresh = evaluate({run.checkpoint(), "--data", data, "--probe-epochs", "0"});
  CHECK(count(fresh.output, "without the settings") == 0);
}

// A folder that `simsiam pretrain` accepts: classes without a test set.
TEST_CASE("evaluate: any labelled folder; no data set that the checkpoint was not trained on") {
  const Trained run;
  Pictures pictures;
  for (int i = 0; i < 40; ++i) pictures.add(fmt::format("{}/{}.jpg", i % 2 ? "a" : "b", i), i);
  const std::string folder = pictures.folder.path(), out = run.out / "card";
  const ProcessResult result =
      evaluate({run.checkpoint(), "--data", folder, "--out", out, "--train-samples", "0",
                "--test-samples", "0", "--probe-epochs", "0"});
  CAPTURE(result.output);
  CHECK(result.status == 0);
  // As many images as in the run are not there: all are taken.
  const ProcessResult fewer =
      evaluate({run.checkpoint(), "--data", folder, "--out", out, "--probe-epochs", "0"});
  CAPTURE(fewer.output);
  CHECK(fewer.status == 0);
  setenv("SIMSIAM_DATA", folder.c_str(), 1);
  check_fails(1, {run.checkpoint()}, "trained on other images than ");
  setenv("SIMSIAM_DATA", run.data.path().c_str(), 1);
  CHECK(evaluate({run.checkpoint(), "--probe-epochs", "0"}).status == 0);
  unsetenv("SIMSIAM_DATA");
}

TEST_CASE("evaluate: images without labels are refused before anything is computed") {
  const Trained run;
  Pictures pictures;
  for (int i = 0; i < 20; ++i) pictures.add(fmt::format("{}.jpg", i), i);
  const std::string folder = pictures.folder.path();
  check_fails(1, {run.checkpoint(), "--data", folder},
              folder + ": images without labels; a folder for each class is needed; ");
  for (int i = 0; i < 20; ++i) pictures.add(fmt::format("{}/{}.jpg", i % 2 ? "a" : "b", i), i);
  check_fails(1, {run.checkpoint(), "--data", folder},
              "without labels: 0.jpg and 19 more are outside the class folders; ");
}

TEST_CASE("evaluate: other subsets, another folder, no probes; then bad input") {
  const Trained run;
  const std::string data = run.data.path().string(), out = (run.out / "card").string();
  const ProcessResult result =
      evaluate({run.checkpoint(), "--data", data, "--out", out, "--train-samples", "0",
                "--test-samples", "10", "--probe-epochs", "0"});
  CAPTURE(result.output);
  REQUIRE(result.status == 0);
  const Json json = Json::parse(read_file(run.out / "card/evaluation.json"));
  CHECK(json.at("train images") == 100);
  CHECK(json.at("test images") == 10);
  CHECK(json.at("trained on the same images") == false);
  CHECK(json.at("trained on the same data set") == true);
  CHECK(result.output.find(", the 50 it was trained on among them; ") != std::string::npos);
  CHECK(json.at("linear probe").empty());
  CHECK(!fs::exists(run.run()));
  const auto says = [&](const std::vector<std::string>& more, const std::string& expected) {
    std::vector<std::string> arguments = {run.checkpoint(), "--out", out, "--probe-epochs", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProcessResult judged = evaluate(arguments);
    CAPTURE(judged.output);
    CHECK(judged.output.find(expected) != std::string::npos);
  };
  says({"--data", data, "--train-samples", "30"}, ", a part of the 50 it was trained on; ");
  const ToyCifar other(1);
  says({"--data", other.path().string()}, ", not the images it was trained on; ");

  check_fails(2, {}, "checkpoint");
  check_fails(2, {run.checkpoint(), "--nope"}, "--nope");
  check_fails(2, {run.checkpoint(), "--device", "tpu"}, "--device tpu");
  check_fails(2, {run.checkpoint(), "--max-bad-fraction", "nan"}, "'nan' is not a number");
  check_fails(2, {run.checkpoint(), "--threads", "-1"}, "--threads");
  check_fails(2, {run.checkpoint(), "--probe-epochs", "-2"}, "--probe-epochs");
  check_fails(2, {run.checkpoint(), "--train-samples", "-1"}, "--train-samples");
  check_fails(1, {(run.out / "none.safetensors").string()}, "none.safetensors: cannot open");
  check_fails(1, {run.folder().string()}, "stopgrad: ");
  check_fails(1, {(run.folder() / "metrics.csv").string()}, "metrics.csv: ");
  check_fails(2, {run.checkpoint(), "--export", "backbone.safetensors"}, "--export");
  check_fails(1, {run.checkpoint(), "--data", (run.out / "nowhere").string()}, "no such folder");
  check_fails(1, {run.checkpoint(), "--data", data, "--out", run.checkpoint()},
              "choose another --out");
  check_fails(1, {run.checkpoint(), "--data", data, "--train-samples", "101"}, "101 samples");
  const std::string whole = read_file(run.checkpoint());
  std::ofstream(run.out / "half.safetensors", std::ios::binary)
      << whole.substr(0, whole.size() / 2);
  check_fails(1, {(run.out / "half.safetensors").string()}, "half.safetensors: ");
}

}  // namespace siam
