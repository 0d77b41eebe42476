#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "nn/atomic_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// "run,seed,epoch,loss,std,kNN" of each row: what does not depend on the clock.
std::vector<std::string> measurements(const fs::path& folder) {
  std::vector<std::string> rows = lines_of(read_file(folder / "stopgrad/metrics.csv"));
  for (std::string& row : rows) {
    size_t end = 0;
    for (int i = 0; i < 6; ++i) end = row.find(',', end + 1);
    row.resize(end);
  }
  return rows;
}

}  // namespace

TEST_CASE("Ctrl-C saves behind the step and says how to continue; the end is the same") {
  const ToyCifar data;
  const ScratchFolder out, whole;
  const std::vector<std::string> more = {"--epochs", "40",          "--batch-size",
                                         "5",        "--knn-every", "10"};
  const std::vector<std::string> command = toy_command(data.path(), out.path(), more);
  // The signal comes once the first epoch is logged.
  const std::string script = fmt::format(
      "{} & while kill -0 $! && [ ! -e {}/stopgrad/metrics.csv ]; do sleep 0.02; done; "
      "kill -INT $!; wait $!",
      fmt::join(command, " "), out.path().string());
  const ProcessResult stopped = run_process({"sh", "-c", script}, fs::temp_directory_path());
  CAPTURE(stopped.output);
  CHECK(stopped.status == 130);
  const std::string last = lines_of(stopped.output).back();
  CHECK(last.starts_with("interrupted: run \"with stop-gradient\" was saved after step "));
  CHECK(last.ends_with(fmt::format("; to continue: {}", fmt::join(command, " "))));
  CHECK(read_file(out / "stopgrad/summary.json").find("\"interrupted after") != std::string::npos);

  const ProcessResult resumed = run_process(command, fs::temp_directory_path());
  CAPTURE(resumed.output);
  CHECK(resumed.status == 0);
  CHECK(resumed.output.find("with stop-gradient: continues behind step ") != std::string::npos);
  CHECK(
      run_process(toy_command(data.path(), whole.path(), more), fs::temp_directory_path()).status ==
      0);
  CHECK(measurements(out.path()).size() == 81);
  CHECK(measurements(out.path()) == measurements(whole.path()));
}

TEST_CASE("a completed run is not repeated, and says so; --fresh trains it again") {
  const ToyCifar data;
  const ScratchFolder out;
  const auto run = [&](const std::vector<std::string>& more) {
    const ProcessResult result =
        run_process(toy_command(data.path(), out.path(), more), fs::temp_directory_path());
    CHECK_MESSAGE(result.status == 0, result.output);
    return result.output;
  };
  const std::string complete = "with stop-gradient: complete in ";
  CHECK(run({}).find(complete) == std::string::npos);
  const std::vector<std::string> first = measurements(out.path());
  CHECK(run({}).find(complete) != std::string::npos);
  CHECK(measurements(out.path()) == first);
  CHECK(read_file(out / "stopgrad/report.md").find("trained before") != std::string::npos);
  CHECK(run({"--fresh"}).find(complete) == std::string::npos);
  CHECK(measurements(out.path()) == first);
  // Another configuration is another run; the old ones stay.
  CHECK(run({"--seed", "2"}).find(complete) == std::string::npos);
  CHECK(measurements(out.path()) != first);
  CHECK(run({}).find(complete) != std::string::npos);
  // A second seed needs one run more of each kind.
  const std::string two = run({"--seed", "1", "--seeds", "3"});
  CHECK(two.find("with stop-gradient, seed 2: complete in ") != std::string::npos);
  CHECK(two.find("with stop-gradient, seed 3: complete in ") == std::string::npos);
  CHECK(read_file(out / "stopgrad/report.md").find(" ± ") != std::string::npos);
}

}  // namespace siam
