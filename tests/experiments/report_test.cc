#include "experiments/report.h"

#include <doctest/doctest.h>

#include "tensor/check.h"

namespace siam {

TEST_CASE("a report") {
  Report report;
  const std::string items[] = {"one", "two"};
  report.heading(2, "Numbers")
      .paragraph("Text.")
      .list(items)
      .table({{{"run", Align::left}, {"std·√d"}}, {{"a|b", "0.93"}, {"long name", "-"}}})
      .image("Loss", "figure.svg");
  CHECK(report.text() ==
        "## Numbers\n\nText.\n\n- one\n- two\n\n"
        "| run       | std·√d |\n"
        "| --------- | -----: |\n"
        "| a\\|b      |   0.93 |\n"
        "| long name |      - |\n\n"
        "![Loss](figure.svg)\n\n");
  CHECK_THROWS_AS(report.table({{{"a"}, {"b"}}, {{"1"}}}), Error);
}

TEST_CASE("the table of runs has the paper's numbers where there are any") {
  RunRecord with{.name = "with"}, without{.name = "without"};
  with.epochs = {{.epoch = 7, .loss = -0.9, .std = 0.95, .knn = 41.04}};
  with.untrained.knn = 27.5;
  with.seconds = 61;
  with.status = "completed";
  without.status = "diverged: loss not finite at step 3";
  const RunRecord records[] = {with, without};
  const std::vector<SeedGroup> runs = group_seeds(records);
  const PaperNumbers paper[] = {{-0.934, 0.939, kNotMeasured}, {-1, 0, kNotMeasured}};
  Report report;
  report.table(run_table(runs, paper));
  CHECK(
      report.text() ==
      "| run     |   loss |  paper | std·√d | paper | kNN (%) | kNN untrained (%) | epochs | time |"
      "                              status |\n"
      "| ------- | -----: | -----: | -----: | ----: | ------: | ----------------: | -----: | ---: |"
      " ----------------------------------: |\n"
      "| with    | -0.900 | -0.934 |  0.950 | 0.939 |    41.0 |              27.5 |      7 | 1:01 |"
      "                           completed |\n"
      "| without |      - | -1.000 |      - | 0.000 |       - |                 - |      0 |  0 s |"
      " diverged: loss not finite at step 3 |\n\n");
  CHECK_THROWS_AS(run_table(runs, std::span(paper, 1)), Error);
  CHECK(run_table(runs, {}).columns.size() == 8);
}

TEST_CASE("without labels the table has recall, rank and alignment instead of kNN") {
  RunRecord run{.name = "own", .untrained = {.recall = 3.5}};
  run.epochs = {{.epoch = 1,
                 .loss = -0.9,
                 .std = 0.9,
                 .recall = 40.25,
                 .alignment = 0.5,
                 .effective_rank = 61.5}};
  const std::vector<SeedGroup> runs = group_seeds(std::span(&run, 1));
  const Table table = run_table(runs, {});
  std::string titles, cells;
  for (size_t i = 0; i < 7; ++i) {
    titles += table.columns.at(i).title + "; ";
    cells += table.rows.at(0).at(i) + "; ";
  }
  CHECK(titles == "run; loss; std·√d; recall (%); recall untrained (%); rank; alignment; ");
  CHECK(cells == "own; -0.900; 0.900; 40.2; 3.5; 61.5; 0.500; ");
}

TEST_CASE("the table of several seeds has mean and standard deviation") {
  std::vector<RunRecord> records(3, RunRecord{.name = "with", .status = "completed"});
  for (int i = 0; i < 3; ++i) {
    records[i].seed = static_cast<uint64_t>(i);
    records[i].epochs = {{.epoch = 1, .loss = -0.8 - 0.1 * i, .knn = 40.0 + i}};
  }
  const std::vector<SeedGroup> runs = group_seeds(records);
  const PaperNumbers paper[] = {{.accuracy = 67.7}};
  const Table table = run_table(runs, paper, "paper: linear");
  REQUIRE(table.rows.size() == 1);
  CHECK(table.rows[0][1] == "-0.900 ± 0.100");
  CHECK(table.rows[0][3] == "41.0 ± 1.0");
  CHECK(table.columns[4].title == "paper: linear");
  CHECK(table.rows[0][4] == "67.7");
  CHECK(table.columns[6].title == "seeds");
  CHECK(table.rows[0][6] == "3");
}

TEST_CASE("settings") {
  const Table table =
      config_table({{"stop_gradient", true}, {"epochs", 100}, {"lr", 0.05}, {"net", "resnet18"}});
  REQUIRE(table.rows.size() == 4);
  CHECK(table.rows[0][1] == "true");
  CHECK(table.rows[1][1] == "100");
  CHECK(table.rows[2][1] == "0.05");
  CHECK(table.rows[3][1] == "resnet18");
}

}  // namespace siam
