#include "experiments/readme.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "tensor/check.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"

namespace siam {

namespace {

const std::string kTable =
    "| program | paper |\n| --- | --- |\n| `./experiments/one` | 1 |\n"
    "| `./experiments/one_more` | 2 |\n\nText.\n";

}  // namespace

TEST_CASE("a study's row takes the place of its old one") {
  CHECK(with_readme_row(kTable, "| `./experiments/one` | 3 |") ==
        "| program | paper |\n| --- | --- |\n| `./experiments/one` | 3 |\n"
        "| `./experiments/one_more` | 2 |\n\nText.\n");
}

TEST_CASE("a new study's row stands behind the others") {
  CHECK(with_readme_row(kTable, "| `./experiments/two` | 3 |") ==
        "| program | paper |\n| --- | --- |\n| `./experiments/one` | 1 |\n"
        "| `./experiments/one_more` | 2 |\n| `./experiments/two` | 3 |\n\nText.\n");
  CHECK_THROWS_AS(with_readme_row("No table.\n", "| `./experiments/two` | 3 |"), Error);
}

TEST_CASE("a row has the paper's numbers, and ours with their signs") {
  Study study;
  study.name = "pairs";
  study.program = "ablate_pairs";
  study.paper = "with 1.0";
  RunRecord run;
  run.name = "with";
  run.epochs = {{.epoch = 1, .loss = -0.899, .std = 1.001, .knn = 70.71}};
  CHECK(readme_row(study, {{run}}, {}, "quick") ==
        "| `./experiments/ablate_pairs` | with 1.0 | with \u22120.90 / 1.00 / 70.7 |  | "
        "[figure](experiments/results/quick/pairs/figure.svg) |");
}

TEST_CASE("a row of several seeds has the probe's mean and deviation, and what became of a claim") {
  Study study;
  study.name = "pairs";
  study.program = "ablate_pairs";
  study.paper = "with 1.0";
  std::vector<RunRecord> runs(3);
  for (int i = 0; i < 3; ++i) {
    runs[i].name = "with";
    runs[i].untrained.linear = 30;
    runs[i].epochs = {{.epoch = 1, .linear = 53.0 + i}};
  }
  const Claim claims[] = {{"it learns", "with", kUntrained, "Table 1"}};
  CHECK(readme_row(study, runs, judge(claims, runs), "medium") ==
        "| `./experiments/ablate_pairs` | with 1.0 | with 54.0 ± 1.0 | it learns: **shown** | "
        "[figure](experiments/results/medium/pairs/figure.svg) |");
}

TEST_CASE("every study has a row in the project's README, with the paper's numbers in its file") {
  const std::string readme = read_file(std::filesystem::path(SIAM_SOURCE_DIR) / "README.md");
  for (const Study& study : all_studies()) {
    CAPTURE(study.program);
    const std::string row =
        fmt::format("\n| `./experiments/{}` | {} |", study.program, study.paper);
    CHECK(readme.find(row) != std::string::npos);
  }
}

}  // namespace siam
