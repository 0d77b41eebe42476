// report.html while runs train.

#include "experiments/live_report.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "experiments/html.h"
#include "experiments/study.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/browser.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

constexpr const char* kPicture =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\"></svg>";

struct Page {
  ScratchFolder out;
  Study study{.name = "toy",
              .title = "A <toy> study",
              .description = {},
              .paper = {},
              .runs = {},
              .look_for = {}};
  Config config = tiny();
  std::vector<std::string> messages;
  Experiment experiment{Results(out.path(), "toy"),
                        {.command_line = "simsiam pretrain 'a & b'", .dataset = "patches"},
                        {{.name = "toy run", .seed = 7, .id = "0123", .untrained = {.knn = 40}}},
                        33};
  LiveReport report{study, config, [this](const std::string& text) { messages.push_back(text); }};

  std::filesystem::path file() const { return out / "toy/report.html"; }
  std::string text() const { return read_file(file()); }
  RunRecord& run() { return experiment.runs[0]; }
  bool has(const std::string& part) const { return text().find(part) != std::string::npos; }
  bool reloads() const { return has("location.reload(); }, 10000)"); }
  void epoch(double loss) {
    run().epochs.push_back({.epoch = static_cast<int>(run().epochs.size()) + 1, .loss = loss});
    report.epoch(experiment, run());
  }
};

}  // namespace

TEST_CASE("the page: reloaded while a run trains, with its last numbers; not when all is over") {
  Page page;
  const Trainer trainer(page.config, data());
  page.report.begin(page.experiment, page.run(), trainer);
  CHECK(page.reloads());
  CHECK(page.has("<title>A &lt;toy&gt; study</title>"));
  CHECK(page.has("toy run: epoch 1 of 3"));
  CHECK(page.has("simsiam pretrain 'a &amp; b'"));
  check_readable(page.file());
  page.epoch(-0.125);
  CHECK(page.reloads());
  CHECK(page.has("1 of 3 epochs are done; the end is expected at "));
  CHECK(page.has("-0.125"));
  CHECK(!page.has("<img"));  // epochs without duration have no picture
  page.epoch(-0.375);
  CHECK(page.has("2 of 3 epochs are done"));
  CHECK(page.has("-0.375"));
  CHECK(!page.has("-0.125"));
  page.epoch(-0.5);
  page.run().status = "completed";
  page.report.end(page.experiment, page.run());
  CHECK(page.reloads());  // another run, or the figure, is still to come
  write_file_atomically(page.out / "toy/figure.svg", kPicture);
  write_file_atomically(page.out / "toy/more.svg", kPicture);
  page.report.complete(page.experiment, std::vector<StudyPicture>{{"more.svg", "a <b>", "& more"}});
  CHECK(!page.reloads());
  CHECK(!page.has("<script"));
  CHECK(page.has("All runs are complete"));
  const std::string picture =
      fmt::format("<img src=\"data:image/svg+xml;base64,{}\" alt=\"", base64(kPicture));
  CHECK(page.has(picture + "training loss"));
  CHECK(page.has(picture + "a &lt;b&gt;\""));
  CHECK(page.has("<p>&amp; more</p>"));
  check_readable(page.file());
  CHECK(page.messages.empty());
}

TEST_CASE("the page of a run that was ended says so and is not reloaded") {
  Page page;
  page.epoch(-0.25);
  page.run().status = "interrupted after step 2 of epoch 2";
  page.report.end(page.experiment, page.run());
  CHECK(!page.reloads());
  CHECK(page.has("toy run: interrupted after step 2 of epoch 2"));
}

TEST_CASE("a page that cannot be written is said once, and the run goes on") {
  Page page;
  std::filesystem::create_directories(page.file() / "in the way");
  page.epoch(-0.25);
  page.epoch(-0.5);
  REQUIRE(page.messages.size() == 1);
  CHECK(page.messages[0].find("report.html") != std::string::npos);
  CHECK(page.messages[0].ends_with("the run goes on without this page"));
}

TEST_CASE("a figure that can be neither drawn nor read does not end the run either") {
  Page page;
  std::filesystem::create_directories(page.out / "toy/figure.svg/in the way");
  std::filesystem::create_directories(page.out / "toy/figure.csv/in the way");
  page.epoch(-0.25);
  page.report.complete(page.experiment);
  REQUIRE(page.messages.size() == 1);
  CHECK(page.messages[0].ends_with("the run goes on without this page"));
}

}  // namespace siam
