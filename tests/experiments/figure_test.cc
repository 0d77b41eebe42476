#include "experiments/figure.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "experiments/process.h"
#include "experiments/training_figure.h"
#include "tensor/check.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/svg.h"
#include "tests/scratch.h"

namespace siam {

namespace {

bool have_gnuplot() {
  const bool found = std::system("command -v gnuplot > /dev/null") == 0;
  if (!found) MESSAGE("skipped: gnuplot is not installed");
  return found;
}

// What gnuplot writes for curves in the SVG: one path per series, with all drawn points.
Figure small_figure() {
  Panel panel{.title = "loss", .x_label = "epoch"};
  panel.series = {{.label = "a, 'b' `c`", .x = {1, 2, 3}, .y = {-1, NAN, -0.5}},
                  {.label = "theirs", .x = {0, 1}, .y = {0, 1}, .color = 1, .reference = true}};
  return {{panel}};
}

// The SVG that gnuplot makes of a figure.
std::string drawn(const Figure& figure) {
  const ScratchFolder folder;
  draw_figure(figure, folder.path());
  return read_file(folder / "figure.svg");
}

std::vector<RunRecord> runs_of(int epochs) {
  std::vector<RunRecord> runs(2);
  runs[0].name = "with stop-gradient";
  runs[1].name = "without stop-gradient";
  runs[0].untrained.knn = 27.5;
  for (RunRecord& run : runs) {
    for (int e = 1; e <= epochs; ++e)
      run.epochs.push_back({.epoch = e, .loss = -0.9, .std = 0.9, .knn = 30});
  }
  return runs;
}

std::string png_size(const std::string& png) {
  const auto number = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(png[at + i]);
    return value;
  };
  return fmt::format("{}x{}", number(16), number(20));
}

}  // namespace

TEST_CASE("the data of a figure: every finite point, nothing else") {
  Figure figure = small_figure();
  CHECK(figure_csv(figure) ==
        "panel,kind,color,x,y,spread,label\n"
        "\n\n1,title,0,,,,\"loss\"\n"
        "\n\n1,axis,0,3,,,\"epoch\"\n"
        "\n\n1,curve,0,1,-1,,\"a, 'b' `c`\"\n1,curve,0,3,-0.5,,\"a, 'b' `c`\"\n"
        "\n\n1,reference,1,0,0,,\"theirs\"\n1,reference,1,1,1,,\"theirs\"\n");
  figure.panels[0].series[1].color = -1;
  CHECK_THROWS_AS(figure_csv(figure), Error);
  Figure uneven = small_figure();
  uneven.panels[0].series[0].x.pop_back();
  CHECK_THROWS_AS(figure_csv(uneven), Error);
}

TEST_CASE("without labels the third panel is the recall of views") {
  std::vector<RunRecord> runs(1);
  runs[0].untrained.recall = 3.5;
  for (int e = 1; e <= 4; ++e) runs[0].epochs.push_back({.epoch = e, .loss = -0.9, .std = 0.9});
  runs[0].epochs[1].recall = 20;
  runs[0].epochs[3].recall = 40;
  const Figure figure =
      training_figure({.runs = group_seeds(runs), .epochs = 4, .chance = kNotMeasured});
  REQUIRE(figure.panels.size() == 3);
  CHECK(figure.panels[2].title == "recall@1 of a second view (%)");
  CHECK(figure.panels[2].series.at(0).y.at(3) == 40);
  REQUIRE(figure.panels[2].levels.size() == 1);
  CHECK(figure.panels[2].levels[0].label == "untrained 3.5");
  CHECK(count(figure_csv(figure), "3,curve,0,") == 2);
}

TEST_CASE("every curve is drawn from its own data, also beside one without points") {
  Panel first{.title = "first", .x_label = "x"}, second{.title = "second", .x_label = "x"};
  first.series = {{.label = "a", .x = {1, 4}, .y = {10, 15}},
                  {.label = "none", .x = {1}, .y = {NAN}, .color = 1},
                  {.label = "b", .x = {1, 4}, .y = {20, 12}, .color = 2, .reference = true}};
  second.series = {{.label = "none", .color = 1},
                   {.label = "c", .x = {0, 1}, .y = {30, 31}, .color = 3}};
  const Figure figure{{first, second}};
  // As gnuplot reads it: two or more empty lines separate data sets; the header is number 0.
  const std::string csv = figure_csv(figure);
  CHECK(count(csv, "\n\n\n") == 9);
  CHECK(csv.find("\n\n\n\n") == std::string::npos);
  if (!have_gnuplot()) return;
  const std::string svg = drawn(figure);
  const Axes axes{.x_high = 4, .y_low = 9.7, .y_high = 20.3};
  CHECK(path_of(svg, "a") == axes.pixels({{1, 10}, {4, 15}}));
  CHECK(path_of(svg, "b") == axes.pixels({{1, 20}, {4, 12}}));
  CHECK(
      path_of(svg, "c") ==
      Axes{.left = 58 + 270 + 14 + 58, .y_low = 29.97, .y_high = 31.03}.pixels({{0, 30}, {1, 31}}));
  CHECK(part_of(svg, "a").find("rgb(  0, 114, 178)") != std::string::npos);  // #0072B2
  CHECK(part_of(svg, "b").find("rgb(  0, 158, 115)") != std::string::npos);  // #009E73
  CHECK(part_of(svg, "c").find("rgb(204, 121, 167)") != std::string::npos);  // #CC79A7
  CHECK(count(part_of(svg, "a"), "#gpPt6") == 2);  // marks, which references lack
  CHECK(count(part_of(svg, "b"), "#gpPt6") == 0);
  CHECK(count(part_of(svg, "b"), "stroke-dasharray") == 1);
  CHECK(count(svg, "<title>none</title>") == 1);                       // only in the legend
  CHECK(svg.find("<title>b</title>") < svg.find("<title>a</title>"));  // the reference lies behind
}

TEST_CASE("axes reach what they must show, with room for a curve at their end") {
  if (!have_gnuplot()) return;
  Panel panel{.title = "std", .x_label = "epoch"};
  panel.series = {{.label = "a", .x = {1, 4}, .y = {0.25, 0.5}}};
  panel.y_shown = {0, 1};
  const Axes axes{.x_high = 4, .y_low = -0.03, .y_high = 1.03};
  CHECK(path_of(drawn({{panel}}), "a") == axes.pixels({{1, 0.25}, {4, 0.5}}));
  panel.series.clear();
  panel.y_shown.clear();
  const std::string svg = drawn({{panel}});
  CHECK(count(svg, "class=\"gridline\"") == 6);  // from 0 to 1
  CHECK(path_behind(svg, svg.find("class=\"gridline\"")) ==
        Axes{.y_low = -0.03, .y_high = 1.03}.pixels({{0, 0}, {1, 0}}));
}

TEST_CASE("the curves of the paper end where ours do") {
  const std::vector<SeedGroup> groups = group_seeds(runs_of(3));
  const Figure figure =
      training_figure({.runs = groups,
                       .paper = {{"paper, with", kPaperWithStopGradient, 0},
                                 {"paper, without", kPaperWithoutStopGradient, 1}},
                       .epochs = 30,
                       .chance = 10});
  REQUIRE(figure.panels.size() == 3);
  for (const Panel& panel : figure.panels) {
    REQUIRE(panel.series.size() == 4);
    CHECK(panel.series[0].x == std::vector<double>{1, 2, 3});
    CHECK(panel.series[3].x.back() == 30);
    CHECK(panel.series[3].reference);
  }
  CHECK(figure.panels[0].series[2].y.back() == -0.934);
  CHECK(figure.panels[1].series[2].y.back() == 0.939);
  CHECK(figure.panels[2].series[2].y.back() == 52.3);
  REQUIRE(figure.panels[2].levels.size() == 2);
  CHECK(figure.panels[2].levels[1].label == "untrained 27.5");
}

TEST_CASE("several seeds are one curve in a band of one standard deviation") {
  std::vector<RunRecord> runs = runs_of(2);
  runs[1].name = runs[0].name;
  runs[1].seed = 1;
  runs[1].epochs[1].loss = -0.7;
  const std::vector<SeedGroup> groups = group_seeds(runs);
  const Figure figure = training_figure({.runs = groups, .epochs = 2});
  REQUIRE(figure.panels[0].series.size() == 1);
  const Series& loss = figure.panels[0].series[0];
  CHECK(loss.y[1] == doctest::Approx(-0.8));
  CHECK(loss.spread[0] == 0);
  CHECK(loss.spread[1] == doctest::Approx(0.2 / std::sqrt(2)));  // for two values 0.2 apart
  CHECK(figure_csv(figure).find(",2,-0.8,0.141") != std::string::npos);
  if (!have_gnuplot()) return;
  const std::string svg = drawn(figure);
  const size_t band = svg.find("<title>with stop-gradient</title>");
  CHECK(part_of(svg, "with stop-gradient").find("<polygon") != std::string::npos);
  CHECK(band < svg.find("<title>with stop-gradient</title>", band + 1));  // the curve is on top
}

TEST_CASE("gnuplot draws whole pictures, and again from the script alone") {
  if (!have_gnuplot()) return;
  const ScratchFolder folder;
  for (const int epochs : {0, 1, 3, 800}) {
    CAPTURE(epochs);
    const std::vector<SeedGroup> groups = group_seeds(runs_of(epochs));
    draw_figure(training_figure({.runs = groups,
                                 .paper = {{"paper, with", kPaperWithStopGradient, 0}},
                                 .epochs = std::max(epochs, 1),
                                 .chance = 10}),
                folder.path());
    CHECK(folder.entries() == 4);  // csv, gp, svg, png
    const std::string svg = read_file(folder / "figure.svg");
    // The legend is shared by the panels.
    CHECK(count(svg, "<text>with stop-gradient<") == 1);
    CHECK(count(svg, "<text>untrained 27.5<") == 1);
    CHECK(png_size(read_file(folder / "figure.png")).find('x') != std::string::npos);
  }
  const std::string svg = read_file(folder / "figure.svg");
  REQUIRE(std::system(("cd " + folder.path().string() + " && rm figure.svg && gnuplot -d figure.gp")
                          .c_str()) == 0);
  CHECK(read_file(folder / "figure.svg") == svg);
}

TEST_CASE("a gnuplot without cairo draws its PNG with the older terminal") {
  if (!have_gnuplot()) return;
  const ScratchFolder folder;
  write_file_atomically(folder / "figure.csv", figure_csv(small_figure()));
  std::string script(figure_script());
  const std::string asked = "strstrt(GPVAL_TERMINALS, 'pngcairo')";
  REQUIRE(count(script, asked) == 1);
  script.replace(script.find(asked), asked.size(), "0");
  write_file_atomically(folder / "figure.gp", script);
  const ProcessResult run = run_process({"gnuplot", "-d", "figure.gp"}, folder.path());
  CHECK_MESSAGE(run.status == 0, run.output);
  CHECK(read_file(folder / "figure.png").find("IEND") != std::string::npos);
}

TEST_CASE("labels are text, whatever is in them") {
  if (!have_gnuplot()) return;
  const ScratchFolder folder;
  Figure figure = small_figure();
  figure.panels[0].title = "it's `touch x` $(touch x) \"q\" a_b \\n @m √d";
  draw_figure(figure, folder.path(), "named");
  const std::string svg = read_file(folder / "named.svg");
  CHECK(svg.find("a, 'b' `c`") != std::string::npos);
  CHECK(svg.find("it's `touch x` $(touch x)") != std::string::npos);
  CHECK(svg.find("\"q\" a_b \\n @m √d") != std::string::npos);
  CHECK(folder.entries() == 4);
}

TEST_CASE("without gnuplot a picture of the same data stays") {
  if (!have_gnuplot()) return;
  const ScratchFolder folder;
  draw_figure(small_figure(), folder.path());
  const std::string svg = read_file(folder / "figure.svg");
  const ScopedPath path(folder.path().c_str());
  draw_figure(small_figure(), folder.path());  // nothing is missing
  CHECK(read_file(folder / "figure.svg") == svg);
  CHECK(folder.entries() == 4);
  Figure other = small_figure();
  other.panels[0].series[0].y[0] = -0.75;
  CHECK_THROWS_AS(draw_figure(other, folder.path()), NotDrawn);
  CHECK(folder.entries() == 2);
}

TEST_CASE("without gnuplot the data and the script are kept, and no old picture") {
  const ScratchFolder folder;
  std::ofstream(folder / "figure.svg") << "of another run";
  const ScopedPath path(folder.path().c_str());
  CHECK_THROWS_WITH_AS(draw_figure(small_figure(), folder.path()),
                       doctest::Contains("apt-get install gnuplot-nox"), Error);
  CHECK(std::filesystem::exists(folder / "figure.csv"));
  CHECK(std::filesystem::exists(folder / "figure.gp"));
  CHECK(folder.entries() == 2);
}

TEST_CASE("a picture that does not fit on the disk is not left under its name") {
  if (!have_gnuplot()) return;
  const SmallDisk disk("size=40k");  // enough for data and script, but not for the PNG
  if (!disk.mounted()) {
    MESSAGE("skipped: no right to mount a small file system");
    return;
  }
  CHECK_THROWS_WITH_AS(draw_figure(small_figure(), disk.folder().path()),
                       doctest::Contains("incomplete picture"), Error);
  CHECK(disk.folder().entries() == 2);
}

TEST_CASE("a gnuplot that fails is reported with its first line") {
  const ScratchFolder folder;
  const auto fake = folder / "gnuplot";
  std::ofstream(fake) << "#!/bin/sh\necho 'no terminal'\nexit 3\n";
  std::filesystem::permissions(fake, std::filesystem::perms::owner_all);
  const ScopedPath path(folder.path().c_str());
  CHECK_THROWS_WITH_AS(draw_figure(small_figure(), folder.path()),
                       doctest::Contains("status 3 and an incomplete picture: no terminal"), Error);
}

}  // namespace siam
