#include "experiments/progress.h"

#include <doctest/doctest.h>

#include "tests/scratch.h"

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

// A terminal that writes into a string, with a clock that almost stands still until it is set.
struct FakeTerminal {
  double time = 100;
  std::string text;
  ProgressOutput output(bool terminal) {
    return {.terminal = terminal,
            .width = [] { return 120; },
            .now = [this] { return time += 1e-9; },
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
  // Narrower: first the bar shrinks, then fields are dropped, the share of waiting first and the
  // loss last.
  CHECK(progress_line(state, 110) ==
        "without stop-gradient  epoch 3/20  loss -0.9712  std 0.100  kNN 27.4 %  1532 images/s  "
        "data 2 %  "
        "left 1:23");
  CHECK(progress_line(state, 80) ==
        "without stop-gradient  epoch 3/20  [>     ]  loss -0.9712  std 0.100  left 1:23");
  CHECK(progress_line(state, 50) == "without stop-gradient  epoch 3/20  loss -0.9712");
  // Even narrower: the name is cut; the number stays and is never cut.
  CHECK(progress_line(state, 25) == "without sto…  epoch 3/20");
  CHECK(progress_line(state, 17) == "wit…  epoch 3/20");
  CHECK(progress_line(state, 16) == "epoch 3/20");
  CHECK(progress_line(state, 11) == "epoch 3/20");
  CHECK(progress_line(state, 10) == "");
  CHECK(progress_line(state, 0) == "");
  for (int width = 1; width < 200; ++width) {
    CHECK(columns(progress_line(state, width)) <= width - 1);
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
  CHECK(progress_line(state, 25) == "√√√√  epoch 3/20");
  state.run = "√√√√√√√√√";
  CHECK(progress_line(state, 18) == "√√√√…  epoch 3/20");
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

TEST_CASE("not a terminal: a line in the first second, one per epoch, no control characters") {
  FakeTerminal fake;
  {
    Progress progress(2, fake.output(false));
    progress.start_run("with", 2, 10);
    CHECK(!progress.due());
    for (int step = 1; step <= 10; ++step) {
      fake.time += 1;
      CHECK(progress.due() == (step == 1 || step == 9));
      progress.step(step, -0.5, 10, 0);
    }
    progress.finish_epoch(
        {.epoch = 1, .loss = -0.5, .std = 0.75, .images_per_second = 64, .data_wait = 0});
    progress.message("note");
  }
  // A step takes 1 s; 19 more of this run and 20 of the next are left; then 10 steps in 10 s.
  CHECK(fake.text ==
        "with  epoch 1/2  loss -0.5000  10 images/s  data 0 %  left 39 s\n"
        "with  epoch 1/2  loss -0.5000  10 images/s  data 0 %  left 31 s\n"
        "with  epoch 1/2  loss -0.5000  std 0.750  64 images/s  data 0 %  left 30 s\nnote\n");
}

TEST_CASE(
    "not a terminal: no ten seconds of a run's first minute pass without a line, and then "
    "no minute") {
  FakeTerminal fake;
  Progress progress(1, fake.output(false));
  progress.start_run("with", 2, 1000);
  int lines = 0;
  for (int step = 1; step <= 300; ++step) {
    fake.time += 1;
    lines += progress.due();
    progress.step(step, -0.5, 10, 0);
  }
  CHECK(lines == 12);  // at 1, 9, ... 57 s, and 117, 177, 237 and 297 s
  CHECK(count(fake.text, "\n") == 12);
}

TEST_CASE(
    "not a terminal: a step that takes long has lines, too, with the numbers of the one before") {
  FakeTerminal fake;
  Progress progress(1, fake.output(false));
  progress.start_run("with", 1, 10);
  const auto ticks = [&](int seconds) {
    for (int i = 0; i < 5 * seconds; ++i) {
      fake.time += 0.2;
      progress.tick();
    }
  };
  ticks(30);
  CHECK(
      fake.text.empty());  // nothing is known of the run; the program shows the phase "first step"
  progress.step(1, -0.5, 1, 0);
  CHECK(fake.text == "with  epoch 1/1  loss -0.5000  1 images/s  data 0 %  left 4:30\n");
  fake.text.clear();
  ticks(9);
  CHECK(fake.text.empty());
  ticks(2);
  CHECK(fake.text == "with  epoch 1/1  loss -0.5000  1 images/s  data 0 %  left 4:30  10 s ago\n");
  ticks(30);
  CHECK(count(fake.text, "\n") == 3);  // then each minute
  fake.text.clear();
  progress.step(2, -0.5, 1, 0);
  CHECK(fake.text.empty());  // an awaited step is not shown before it is due
  progress.finish_epoch({.epoch = 1, .loss = -0.5});
  CHECK(fake.text.find("ago") == std::string::npos);
  fake.text.clear();
  progress.finish_run();
  ticks(100);
  CHECK(fake.text.empty());
}

TEST_CASE("a phase of more than a second is shown, a shorter one is not") {
  FakeTerminal fake;
  Progress progress(1, fake.output(false));
  {
    const auto phase = progress.phase("reading");
    fake.time += 0.9;
    progress.tick();
  }
  CHECK(fake.text.empty());
  {
    auto phase = progress.phase("kNN");
    fake.time += 0.9;
    phase.done(0.1);
    CHECK(fake.text.empty());
    fake.time += 0.1;
    phase.done(0.25);
    CHECK(fake.text == "kNN  25 %  1 s\n");
    fake.time += 7;
    phase.done(0.5);
    fake.time += 1;
    progress.tick();
    CHECK(fake.text == "kNN  25 %  1 s\nkNN  50 %  9 s\n");
  }
}

TEST_CASE("not a terminal: phases that are not shown do not bring lines of training") {
  FakeTerminal fake;
  Progress progress(1, fake.output(false));
  progress.start_run("with", 2, 10);
  progress.finish_epoch({.epoch = 1, .loss = 0});
  fake.text.clear();
  for (int i = 0; i < 3; ++i) const auto phase = progress.phase("saving");
  fake.time += 2;
  CHECK(!progress.due());
  fake.time += 6;
  CHECK(progress.due());
}

TEST_CASE("a terminal shows a phase within the second and takes it away at its end") {
  FakeTerminal fake;
  Progress progress(1, fake.output(true));
  {
    auto phase = progress.phase("drawing");
    fake.time += 0.2;
    progress.tick();
    CHECK(fake.text == "\x1b[?7l\rdrawing  0 s\x1b[K\x1b[?7h");
    fake.time += 3;
    phase.done(0.5);
    CHECK(fake.text.ends_with(
        "\rdrawing  50 %  [===============>              ]  3 s\x1b[K\x1b[?7h"));
  }
  CHECK(fake.text.ends_with("\r\x1b[K"));
  progress.start_run("with", 2, 10);
  fake.time += 1;
  progress.step(1, -0.5, 10, 0);
  progress.finish_run();
  const std::string run = fake.text;
  CHECK(run.ends_with("\x1b[K\x1b[?7h\n"));  // the last line of a run stays
  {
    const auto phase = progress.phase("drawing");
    fake.time += 1;
    progress.tick();
  }
  CHECK(fake.text.substr(run.size()) == "\x1b[?7l\rdrawing  1 s\x1b[K\x1b[?7h\r\x1b[K");
}

TEST_CASE("a window that shrinks: all rows of the line that was drawn wider are erased") {
  FakeTerminal fake;
  int width = 120;
  ProgressOutput output = fake.output(true);
  output.width = [&] { return width; };
  Progress progress(1, output);
  progress.start_run("a run with a long name, which fills its line", 10, 100);
  const auto step = [&](int number) {
    fake.time += 1;
    fake.text.clear();
    progress.step(number, -0.5, 1e4, 0, 0.5);
  };
  step(1);
  CHECK(count(fake.text, "\x1b[J") == 0);
  const int drawn = columns(fake.text) - columns("\x1b[?7l\r\x1b[K\x1b[?7h");
  REQUIRE(drawn > 80);
  width = 40;  // the line drawn before now covers rows of 40 columns
  step(2);
  CHECK(fake.text.starts_with("\x1b[" + std::to_string((drawn - 1) / 40) + "A\r\x1b[J\x1b[?7l\r"));
  step(3);
  CHECK(count(fake.text, "\x1b[J") == 0);
  width = 20;
  fake.text.clear();
  progress.message("note");
  CHECK(fake.text.starts_with("\x1b[1A\r\x1b[Jnote\n"));
}

TEST_CASE("a message is one line, whatever names are in it") {
  FakeTerminal fake;
  Progress progress(1, fake.output(false));
  progress.message("a\nb\x1b[2J");
  CHECK(fake.text == "a\\nb\\x1b[2J\n");
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
    CHECK(fake.text.find("\r\x1b[Knote\n\x1b[?7l\rwith  epoch") != std::string::npos);
  }
  CHECK(fake.text.starts_with("\x1b[?7l\rwith  epoch 1/10  ["));
  CHECK(fake.text.ends_with("\x1b[K\x1b[?7h\n"));
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
