#include "experiments/progress.h"

#include <doctest/doctest.h>

namespace siam {

namespace {

ProgressState example() {
  return {.run = "without stop-gradient",
          .epoch = 3,
          .epochs = 20,
          .share_done = 0.1,
          .loss = -0.97123,
          .std = 0.1,
          .knn = 27.42,
          .images_per_second = 1532.4,
          .data_wait = 0.021,
          .seconds_left = 83};
}

// A terminal that writes into a string, with a clock that stands still until it is set.
struct FakeTerminal {
  double time = 100;
  std::string text;
  ProgressOutput output(bool terminal) {
    return {.terminal = terminal,
            .width = [] { return 120; },
            .now = [this] { return time; },
            .write = [this](const std::string& more) { text += more; }};
  }
};

}  // namespace

TEST_CASE("the progress line holds what fits") {
  const ProgressState state = example();
  CHECK(progress_line(state, 160) ==
        "without stop-gradient  epoch 3/20  [===>                          ]  loss -0.9712  std "
        "0.100  "
        "kNN 27.4 %  1532 images/s  data 2 %  left 1:23");
  // Narrower: first the bar shrinks, then fields go, the share of waiting first and the loss last.
  CHECK(progress_line(state, 110) ==
        "without stop-gradient  epoch 3/20  loss -0.9712  std 0.100  kNN 27.4 %  1532 images/s  "
        "data 2 %  "
        "left 1:23");
  CHECK(progress_line(state, 80) ==
        "without stop-gradient  epoch 3/20  [>     ]  loss -0.9712  std 0.100  left 1:23");
  CHECK(progress_line(state, 50) == "without stop-gradient  epoch 3/20  loss -0.9712");
  CHECK(progress_line(state, 20) == "without stop-gradie");
  CHECK(progress_line(state, 0) == "");
  for (int width = 1; width < 200; ++width) {
    CHECK(progress_line(state, width).size() <= static_cast<size_t>(width - 1));
  }
}

TEST_CASE("the bar fills from end to end") {
  ProgressState state{.run = "r", .epoch = 1, .epochs = 1, .loss = 0};
  CHECK(progress_line(state, 40) == "r  epoch 1/1  [>         ]  loss 0.0000");
  state.share_done = 1;
  CHECK(progress_line(state, 40) == "r  epoch 1/1  [==========]  loss 0.0000");
}

TEST_CASE("columns are counted in characters, and none is cut in the middle") {
  ProgressState state = example();
  state.run = "√√√√";
  CHECK(progress_line(state, 4) == "√√√");
  CHECK(progress_line(state, 25) == "√√√√  epoch 3/20");
}

TEST_CASE("a loss that is not finite is shown") {
  ProgressState state = example();
  state.loss = kNotMeasured;
  CHECK(plain_line(state).find("loss nan") != std::string::npos);
}

TEST_CASE("durations") {
  CHECK(format_duration(0) == "0 s");
  CHECK(format_duration(59.4) == "59 s");
  CHECK(format_duration(59.6) == "1:00");
  CHECK(format_duration(725) == "12:05");
  CHECK(format_duration(11220) == "3:07:00");
  CHECK(format_duration(kNotMeasured) == "?");
  CHECK(format_duration(-1) == "?");
  CHECK(format_duration(1e300) == "?");
}

TEST_CASE("not a terminal: a line per epoch and no control characters") {
  FakeTerminal fake;
  {
    Progress progress(2, fake.output(false));
    progress.start_run("with", 2, 10);
    for (int step = 1; step <= 10; ++step) {
      fake.time += 1;
      CHECK(!progress.due());
      progress.step(step, -0.5, 10, 0);
    }
    progress.finish_epoch(
        {.epoch = 1, .loss = -0.5, .std = 0.75, .images_per_second = 64, .data_wait = 0});
    progress.message("note");
  }
  // 10 steps in 10 s; 10 more of this run and 20 of the next are left.
  CHECK(fake.text ==
        "with  epoch 1/2  loss -0.5000  std 0.750  64 images/s  data 0 %  left 30 s\nnote\n");
}

TEST_CASE("a terminal: redrawn in place, at most ten times a second, and the line is ended") {
  FakeTerminal fake;
  {
    Progress progress(1, fake.output(true));
    progress.start_run("with", 10, 100);
    int redraws = 0;
    for (int step = 1; step <= 1000; ++step) {  // 5 s in steps of 5 ms
      fake.time += 0.005;
      const size_t before = fake.text.size();
      if (progress.due()) progress.step(step, -0.5, 1e4, 0);
      redraws += fake.text.size() > before;
    }
    CHECK(redraws <= 50);
    CHECK(redraws >= 45);  // 0.1 s is 20 steps, or 21 when the sum of 5 ms falls just short
    progress.message("note");
    CHECK(fake.text.find("\r\x1b[Knote\n\rwith  epoch") != std::string::npos);
  }
  CHECK(fake.text.starts_with("\rwith  epoch 1/10  ["));
  CHECK(fake.text.ends_with("\x1b[K\n"));
  CHECK(fake.text.find("\r\r") == std::string::npos);
}

TEST_CASE("time left of a resumed run counts only the steps done here") {
  FakeTerminal fake;
  Progress progress(1, fake.output(false));
  progress.start_run("with", 10, 10, 80);
  fake.time += 20;
  progress.finish_epoch({.epoch = 9, .loss = 0});
  CHECK(fake.text.find("left 20 s") != std::string::npos);
}

}  // namespace siam
