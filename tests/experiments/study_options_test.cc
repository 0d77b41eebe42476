// Options that a study would not follow.

#include <doctest/doctest.h>

#include <algorithm>

#include "experiments/presets.h"
#include "experiments/study.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

Study study_named(const std::string& name) {
  for (const Study& study : all_studies())
    if (study.name == name) return study;
  FAIL(name);
  return {};
}

// What is said about a study with options changed by `change`; empty if nothing.
template <class Change>
std::string said(const std::string& name, const Change& change) {
  Options options;
  options.preset = "quick";
  options.config = preset("quick");
  change(options.config);
  const Study study = study_named(name);
  try {
    check_options(study, options);
    check_used({&study, 1}, options);
    return {};
  } catch (const UsageError& error) {
    return error.what();
  }
}

bool begins(const std::string& text, const std::string& start) { return text.starts_with(start); }

}  // namespace

TEST_CASE("what a study chooses for one of its runs cannot be given") {
  CHECK(begins(said("stopgrad", [](Config& c) { c.loss.stop_gradient = false; }),
               "--stop-gradient with the study 'stopgrad', which chooses it; "));
  CHECK(begins(said("methods", [](Config& c) { c.objective.momentum = 0.5; }),
               "--target-momentum with the study 'methods', which chooses it; "));
  CHECK(begins(said("expectation", [](Config& c) { c.objective.momentum = 0.5; }),
               "--target-momentum with the study 'expectation', which chooses it; "));
  CHECK(begins(said("outputdim", [](Config& c) { c.model.predictor_hidden = 3; }),
               "--predictor-hidden with the study 'outputdim', which chooses it; "));
  CHECK(begins(said("alternating", [](Config& c) { c.objective.steps_per_target = 3; }),
               "--steps-per-target with the study 'alternating', which chooses it; "));
  CHECK(begins(said("collapse_map", [](Config& c) { c.knn_every = 3; }),
               "--knn-every with the study 'collapse_map', which chooses it; "));
}

TEST_CASE("what all runs of a study follow can be given") {
  for (const Study& study : all_studies()) {
    CAPTURE(study.name);
    const auto fine = [&](const auto& change) { CHECK(said(study.name, change) == ""); };
    fine([](Config&) {});
    fine([](Config& c) { c.seed = 5; });
    fine([](Config& c) { c.epochs = 7; });
    fine([](Config& c) { c.batch_size = 32; });
    fine([](Config& c) { c.base_learning_rate = 0.1; });
    fine([](Config& c) { c.model.dim = 128; });
    fine([](Config& c) { c.model.backbone.width = 8; });
    fine([](Config& c) { c.augment.hue = 0.2f; });
  }
  CHECK(said("batchsize", [](Config& c) { c.constant_predictor_rate = true; }) == "");
  CHECK(said("methods", [](Config& c) { c.objective.temperature = 0.2; }) == "");
}

TEST_CASE("a part of a method that no run has cannot be given") {
  CHECK(said("pretrain", [](Config& c) { c.objective.temperature = 0.2; }) ==
        "--temperature with --method simsiam, which has no use for it; --method simclr is needed; "
        "leave one out");
  const auto byol = [](Config& c) {
    c.objective.method = Method::byol;
    c.loss.stop_gradient = false;
  };
  CHECK(begins(said("pretrain", byol), "--stop-gradient with --method byol, which has no use"));
  const auto simclr = [](Config& c) {
    c.objective.method = Method::simclr;
    c.loss.symmetric = false;
  };
  CHECK(begins(said("pretrain", simclr), "--symmetric with --method simclr, which has no use"));
}

TEST_CASE("fewer images than a batch are one line, whatever the study makes of the batch") {
  const ToyCifar data;
  const ScratchFolder out;
  std::vector<std::string> words = toy_command(data.path(), out.path(), {"--train-samples", "20"});
  for (const char* program : {"REPRODUCE", "MAP_COLLAPSE"}) {
    words[0] = program_path(program);
    const ProcessResult result = run_process(words, std::filesystem::temp_directory_path());
    CAPTURE(result.output);
    CHECK(result.status == 1);
    CHECK(result.output.find("error: a batch of 25 of 20 images; ") != std::string::npos);
  }
}

}  // namespace siam
