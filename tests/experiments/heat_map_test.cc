// Maps of runs on a grid: every cell in its place, with its value or its outcome.

#include "experiments/heat_map.h"

#include <cmath>
#include <limits>

#include "experiments/figure.h"
#include "experiments/study.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/browser.h"
#include "tests/experiments/program.h"
#include "tests/experiments/svg.h"
#include "tests/experiments/xml.h"

namespace siam {

Study map_collapse();

namespace {

namespace fs = std::filesystem;

const MapAxes kAxes = {{"batch_size", "size"}, {"base_learning_rate", "rate \"lr\""}};

RunRecord cell(int64_t batch, double rate, double std, double knn, double rank = kNotMeasured) {
  RunRecord run{
      .name = fmt::format("{} {}", batch, rate),
      .config = {{"batch_size", batch}, {"base_learning_rate", rate}, {"dim", int64_t{16}}},
      .untrained = {.knn = 30},
      .status = "completed"};
  run.epochs = {{.epoch = 1, .loss = -0.5, .std = 1, .knn = 90},
                {.epoch = 2, .loss = -0.9, .std = std, .knn = knn, .effective_rank = rank}};
  return run;
}

std::vector<SeedGroup> grid(bool ranks = false) {
  std::vector<RunRecord> runs = {cell(128, 0.5, 1.25, 50, ranks ? 16 : kNotMeasured),
                                 cell(32, 0.5, 0.25, 25, ranks ? 2 : kNotMeasured),
                                 cell(32, 0.0625, 1, 30, ranks ? 0 : kNotMeasured),
                                 cell(128, 4, 0.7, 10)};
  runs.back().status = "diverged: loss not finite at step 3 of epoch 3";
  return group_seeds(runs);
}

bool has(const std::string& text, const std::string& part) { return count(text, part) > 0; }

// A program with a map, at a base rate at which the highest rates diverge.
std::vector<std::string> command(const ToyCifar& data, const fs::path& out) {
  std::vector<std::string> words = toy_command(data.path(), out, {"--lr", "1e6"});
  words[0] = program_path("MAP_COLLAPSE");
  return words;
}

}  // namespace

TEST_CASE("a cell has its place by its settings, its last value, and its share of the colours") {
  CHECK(heat_map_csv(kAxes, grid()) ==
        "map,kind,column,row,share,label\n"
        "\n\n0,columns,0,0,,\"size\"\n\n\n0,rows,0,0,,\"rate \\042lr\\042\"\n"
        "\n\n0,column,1,0,,\"32\"\n\n\n0,column,2,0,,\"128\"\n"
        "\n\n0,row,0,1,,\"0.0625\"\n\n\n0,row,0,2,,\"0.5\"\n\n\n0,row,0,3,,\"4\"\n"
        "\n\n1,title,0,0,,\"std of z/‖z‖ × √d\"\n"
        "\n\n1,cell,2,2,1.0000,\"1.25\"\n\n\n1,cell,1,2,0.2500,\"0.25\"\n"
        "\n\n1,cell,1,1,1.0000,\"1.00\"\n\n\n1,cell,2,3,,\"diverged\"\n"
        "\n\n2,title,0,0,,\"kNN accuracy (%), untrained 30.0\"\n"
        "\n\n2,cell,2,2,1.0000,\"50.0\"\n\n\n2,cell,1,2,0.3750,\"25.0\"\n"
        "\n\n2,cell,1,1,0.5000,\"30.0\"\n\n\n2,cell,2,3,,\"diverged\"\n");
}

TEST_CASE("the effective rank is coloured by its logarithm, from 1 to d") {
  const std::string csv = heat_map_csv(kAxes, grid(/*ranks=*/true));
  CHECK(has(csv, "\n2,title,0,0,,\"effective rank of z\"\n"));
  CHECK(has(csv, "\n2,cell,2,2,1.0000,\"16.0\"\n"));
  CHECK(has(csv, "\n2,cell,1,2,0.2500,\"2.0\"\n"));
  CHECK(has(csv, "\n2,cell,1,1,0.0000,\"0.0\"\n"));
  CHECK(has(csv, "\n3,title,0,0,,\"kNN"));
}

TEST_CASE("a cell of several seeds is their mean, and diverged if one is; not measured is a dash") {
  std::vector<RunRecord> runs = {cell(32, 1, 0.5, 40), cell(32, 1, 1, 50), cell(64, 1, 1, 50),
                                 cell(64, 1, 1, 50), cell(96, 1, 1, 50)};
  runs[3].status = "diverged: loss not finite at step 1";
  runs[4].epochs.clear();
  const std::string csv = heat_map_csv(kAxes, group_seeds(runs));
  CHECK(has(csv, "\n1,cell,1,1,0.7500,\"0.75\"\n"));
  CHECK(has(csv, "\n1,cell,2,1,,\"diverged\"\n"));
  CHECK(has(csv, "\n1,cell,3,1,,\"-\"\n"));
}

TEST_CASE("an axis is a setting that is a number") {
  CHECK_THROWS_WITH_AS(heat_map_csv({{"size", ""}, {"batch_size", ""}}, grid()),
                       doctest::Contains("map: no setting 'size'"), Error);
  std::vector<SeedGroup> named = grid();
  named[0].mean.config[0].second = std::string("large");
  CHECK_THROWS_WITH_AS(heat_map_csv(kAxes, named), doctest::Contains("large is no number"), Error);
}

TEST_CASE("the maps in a sentence") {
  CHECK(heat_map_summary(grid(/*ranks=*/true)) ==
        "of 4 cells std·√d is below 0.5 in 1, the effective rank below 3 in 2, and 1 diverged; "
        "std·√d is from 0.25 to 1.25");
}

TEST_CASE("gnuplot draws every cell in its colour, with black text in it") {
  const ScratchFolder folder;
  try {
    draw_picture(heat_map_csv(kAxes, grid()), heat_map_script(), folder.path(), "map");
  } catch (const NotDrawn& error) {
    MESSAGE("skipped: " << error.what());
    return;
  }
  const std::string svg = read_file(folder / "map.svg");
  check_xml(svg);
  for (const char* text : {">std of z/‖z‖ × √d<", ">kNN accuracy (%), untrained 30.0<", ">1.25<",
                           ">0.25<", ">25.0<", ">50.0<"}) {
    CAPTURE(text);
    CHECK(count(svg, text) == 1);
  }
  for (const char* text : {">size<", ">rate \"lr\"<", ">32<", ">128<", ">0.0625<", ">4<"}) {
    CAPTURE(text);
    CHECK(count(svg, text) == 2);  // in both maps
  }
  CHECK(count(svg, ">diverged<") == 2);
  const auto filled = [&](const char* color) {
    return count(svg, fmt::format("fill = 'rgb({})'", color));
  };
  CHECK(filled(" 86, 180, 233") == 3);  // a share of 1: sky blue
  CHECK(filled("234, 175, 128") == 1);  // of 1/4: half-way from vermilion to white
  CHECK(filled("245, 215, 191") == 1);  // of 3/8
  CHECK(filled("212, 212, 212") == 2);  // grey
  CHECK(fs::exists(folder / "map.png"));
}

TEST_CASE("the grid lies around what is asked for; sizes that no batch can have are left out") {
  Config config;
  config.batch_size = 64;
  config.base_learning_rate = 2;
  CHECK(map_collapse().runs({config, 6400}).size() == 15);
  for (const Run& run : map_collapse().runs({config, 100})) CHECK(run.config.batch_size <= 100);
  config.batch_size = 4;
  for (const Run& run : map_collapse().runs({config, 100})) CHECK(run.config.batch_size >= 2);
}

TEST_CASE("a run of a map that diverges is a cell of it, and is not trained again") {
  const ToyCifar data;
  const ScratchFolder out;
  const ProcessResult first = run_process(command(data, out.path()), fs::temp_directory_path());
  REQUIRE_MESSAGE(first.status == 0, first.output);
  const fs::path folder = out / "collapse_map";
  const size_t lost = count(read_file(folder / "summary.json"), "\"diverged: loss not finite");
  const size_t cells = count(read_file(folder / "summary.json"), "\"stored as\"");
  CHECK(lost > 0);
  CHECK(lost < cells);
  CHECK(count(read_file(folder / "figure.csv"), "\"diverged\"") == 2 * lost);  // std, kNN
  const std::string report = read_file(folder / "report.md");
  CHECK(has(report, fmt::format("and {} diverged", lost)));
  CHECK(count(report, "diverged: loss not finite") == lost);
  const std::string page = read_file(folder / "report.html");
  CHECK(has(page, "All runs are complete"));
  CHECK(!has(page, "<script"));
  check_readable(folder / "report.html");

  const ProcessResult again = run_process(command(data, out.path()), fs::temp_directory_path());
  CHECK(again.status == 0);
  CHECK(count(again.output, "kNN ") == 0);  // nothing was trained
  CHECK(count(again.output, ": diverged: loss not finite") == lost);
  CHECK(read_file(folder / "report.md").size() > 0);
  CHECK(count(read_file(folder / "figure.csv"), "\"diverged\"") == 2 * lost);
}

}  // namespace siam
