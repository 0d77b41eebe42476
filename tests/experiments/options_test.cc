// The options that are rows of the configuration's table, and the run that they define.

#include "experiments/options.h"

#include "experiments/run_store.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

Config parsed(std::vector<std::string> words) {
  words.insert(words.begin(), {"program", "--device", "cpu"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse_options(static_cast<int>(argv.size()), argv.data(), "A program.")->config;
}

}  // namespace

TEST_CASE("two runs that differ in the jitter or in the crop alone are two") {
  const Config base;
  for (const auto field :
       {&AugmentConfig::jitter_probability, &AugmentConfig::min_scale, &AugmentConfig::hue}) {
    Config other = base;
    other.augment.*field = 0.15f;
    CHECK(run_id(other, "data") != run_id(base, "data"));
  }
  Config as_fast = base;
  as_fast.workers = 7;
  CHECK(run_id(as_fast, "data") == run_id(base, "data"));
}

TEST_CASE("--help shows the options in groups, whatever else is given") {
  const ProcessResult result = run_process({program_path(), "--help", "--predictor", "large"},
                                           std::filesystem::temp_directory_path());
  CHECK(result.status == 0);
  size_t at = 0;
  for (const char* group :
       {"Run:", "Data:", "Method:", "Network:", "Augmentation:", "Hardware:", "Output:"}) {
    CAPTURE(group);
    const size_t found = result.output.find(std::string("\n") + group + "\n");
    REQUIRE(found != std::string::npos);
    CHECK(found > at);
    at = found;
  }
  CHECK(result.output.find("--hue FLOAT=0.1 ") != std::string::npos);
}

TEST_CASE("flags of every kind arrive in the configuration") {
  const Config config = parsed({"--hue", "0.05", "--no-symmetric", "--arch", "bottleneck 1 2 3 4",
                                "--stem", "imagenet", "--pixel-mean", "0.1,0.2,0.3", "--predictor",
                                "none", "--precision", "bf16", "--knn-k", "20", "--seed", "7"});
  CHECK(config.augment.hue == 0.05f);
  CHECK(!config.loss.symmetric);
  CHECK(config.loss.stop_gradient);
  CHECK(config.model.backbone.arch == ResNetArch{{1, 2, 3, 4}, true});
  CHECK(config.model.backbone.stem == Stem::imagenet);
  CHECK(parsed({"--arch", "resnet34"}).model.backbone.arch == ResNetArch{{3, 4, 6, 3}, false});
  CHECK(config.augment.mean[2] == 0.3f);
  CHECK(config.model.predictor == Predictor::none);
  CHECK(config.precision == DType::bf16);
  CHECK(config.knn.k == 20);
  CHECK(config.seed == 7);
}

TEST_CASE("a shorter run has a shorter warm-up, unless one is given") {
  const auto warmup = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"--preset", "photos"});
    return parsed(more).warmup_epochs;
  };
  CHECK(warmup({}) == 1);
  CHECK(warmup({"--epochs", "1"}) == 0);
  CHECK(warmup({"--epochs", "100"}) == 1);
  CHECK(warmup({"--epochs", "10", "--warmup", "4"}) == 4);
  CHECK_THROWS_WITH_AS(warmup({"--epochs", "1", "--warmup", "1"}),
                       "--warmup 1; fewer than --epochs are needed; change it or leave it out",
                       UsageError);
}

TEST_CASE("a study with another augmentation trains its own runs, and says what they had") {
  const ToyCifar data;
  const ScratchFolder out;
  const auto reused = [&](const std::vector<std::string>& more) {
    const ProcessResult result = run_process(toy_command(data.path(), out.path(), more),
                                             std::filesystem::temp_directory_path());
    CHECK_MESSAGE(result.status == 0, result.output);
    return count(result.output, ": complete in ");
  };
  CHECK(reused({}) == 0);
  CHECK(reused({"--jitter-probability", "0.3"}) == 0);
  CHECK(read_file(out / "stopgrad/report.md").find("| jitter_probability      | 0.3 ") !=
        std::string::npos);
  CHECK(reused({"--min-scale", "0.5"}) == 0);
  CHECK(reused({}) == 2);
}

}  // namespace siam
