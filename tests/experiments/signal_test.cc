// Signals and broken output lose no training.

#include <fmt/format.h>

#include "tensor/io/read_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// An epoch of this takes a second or more, so that the first one can be interrupted; with more
// pixels, the kNN of the untrained network does so, too.
#ifdef __SANITIZE_ADDRESS__
constexpr const char* kPixels = "12";  // slow enough with the sanitizers' checks
#else
constexpr const char* kPixels = "80";
#endif

std::vector<std::string> slow(const ToyCifar& data, const fs::path& out,
                              const std::string& pixels = kPixels) {
  return toy_command(data.path(), out,
                     {"--train-samples", "100", "--batch-size", "2", "--image-size", pixels,
                      "--width", "16", "--epochs", "2"});
}

ProcessResult shell(const std::string& script) {
  return run_process({"sh", "-c", script}, fs::temp_directory_path());
}

std::string words(const std::vector<std::string>& command) {
  std::string line;
  for (const std::string& word : command) line += word + " ";
  return line;
}

}  // namespace

TEST_CASE("a signal in the first epoch: the run is saved, the status is the signal's") {
  const ToyCifar data;
  for (const auto& [number, status] : {std::pair{SIGINT, 130}, {SIGTERM, 143}, {SIGHUP, 129}}) {
    CAPTURE(number);
    const ScratchFolder out;
    Background program(slow(data, out.path()), out / "log");
    REQUIRE(program.says("with stop-gradient  epoch 1/2"));
    program.signal(number);
    program.signal(number);  // a second one does not disturb the save
    CHECK(program.wait() == status);
    const std::vector<std::string> lines = lines_of(program.output());
    CAPTURE(program.output());
    CHECK(
        lines.back().starts_with("interrupted: run \"with stop-gradient\" was saved after step "));
    CHECK(lines.back().find(" of epoch 1; to continue: ") != std::string::npos);
    CHECK(checkpoints(out.path()).size() == 1);
    if (number != SIGINT) continue;
    Background resumed(slow(data, out.path()), out / "log2");
    CHECK(resumed.says("with stop-gradient: continues after step "));
  }
}

TEST_CASE("the third signal ends the program at once") {
  const ToyCifar data;
  const ScratchFolder out;
  Background program(slow(data, out.path(), "128"), out / "log");
  REQUIRE(program.until([&] { return fs::exists(out / "runs/previous"); }));
  for (int i = 0; i < 3; ++i) {
    program.signal(SIGTERM);
    usleep(100'000);  // pending signals merge into one
  }
  CHECK(program.wait() == 128 + SIGTERM);
  CHECK(program.output().find("to continue: ") == std::string::npos);
}

TEST_CASE("an interrupt before the first step says so") {
  const ToyCifar data;
  const ScratchFolder out;
  Background program(slow(data, out.path(), "96"), out / "log");
  REQUIRE(program.until([&] { return fs::exists(out / "runs/previous"); }));
  program.signal(SIGINT);
  CHECK(program.wait() == 130);
  CAPTURE(program.output());
  CHECK(program.output().find("\" was stopped while the network is judged; to continue: ") !=
        std::string::npos);
}

TEST_CASE("nohup keeps its meaning") {
  const ToyCifar data;
  const ScratchFolder out;
  const ProcessResult run = shell(fmt::format(
      "trap '' HUP; {} & while kill -0 $! && [ ! -e {}/runs ]; do sleep 0.02; done; kill -HUP $!; "
      "wait $!",
      words(toy_command(data.path(), out.path())), out.path().string()));
  CHECK_MESSAGE(run.status == 0, run.output);
}

TEST_CASE("a reader that goes, a full disk and closed streams do not end training") {
  const ToyCifar data;
  const ScratchFolder whole;
  const auto metrics = [](const fs::path& out) {
    std::string rows;
    for (const std::string& line : lines_of(read_file(out / "stopgrad/metrics.csv")))
      rows += line.substr(0, line.find("0.0")) + "\n";
    return rows;
  };
  REQUIRE(run_process(toy_command(data.path(), whole.path()), "/").status == 0);
  for (const char* redirected : {"{} 2>&1 | true", "{} 2>&1 | head -n 1",
                                 "{} 2>/dev/full >/dev/full", "{} >&- 2>&-", "{} <&- >&- 2>&-"}) {
    CAPTURE(redirected);
    const ScratchFolder out;
    const std::string command = words(toy_command(data.path(), out.path()));
    shell("set -e; " +
          fmt::format(fmt::runtime(redirected),
                      fmt::format("{{ {}; echo $? > {}; }}", command, (out / "status").string())));
    for (int i = 0; i < 1000 && !fs::exists(out / "stopgrad/report.md"); ++i) usleep(20'000);
    REQUIRE(fs::exists(out / "stopgrad/report.md"));
    for (int i = 0; i < 1000 && fs::file_size(out / "status") == 0; ++i) usleep(20'000);
    CHECK(read_file(out / "status") == "0\n");
    // Messages written into a file that took a stream's descriptor would show here.
    CHECK(metrics(out.path()) == metrics(whole.path()));
    CHECK(checkpoints(out.path()).size() == 2);
  }
}

TEST_CASE("an error that cannot be printed keeps its status") {
  for (const char* stream : {"2>&-", "2>/dev/full"}) {
    CAPTURE(stream);
    CHECK(shell(fmt::format("{} --nope {}", program_path(), stream)).status == 2);
  }
  CHECK(shell(fmt::format("{} --help >/dev/full", program_path())).status == 0);
}

TEST_CASE("a limit on file sizes is an error in one line, and the run continues without it") {
  const ToyCifar data;
  const ScratchFolder out;
  const std::string command = words(toy_command(data.path(), out.path()));
  const ProcessResult limited = shell("ulimit -f 100; " + command);  // the checkpoint has 500 KB
  CAPTURE(limited.output);
  CHECK(limited.status == 1);
  const std::string last = lines_of(limited.output).back();
  CHECK(last.starts_with("error: "));
  CHECK(last.find(": cannot write: File too large; files of this size must be allowed") !=
        std::string::npos);
  CHECK(shell(command).status == 0);
}

}  // namespace siam
