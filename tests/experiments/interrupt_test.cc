#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "nn/atomic_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// "run,epoch,loss,std,kNN" of each row: what does not depend on the clock.
std::vector<std::string> measurements(const fs::path& folder) {
  std::vector<std::string> rows = lines_of(read_file(folder / "stopgrad/metrics.csv"));
  for (std::string& row : rows) {
    size_t end = 0;
    for (int i = 0; i < 5; ++i) end = row.find(',', end + 1);
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
  CHECK(last.ends_with(fmt::format("; to continue: {} --resume", fmt::join(command, " "))));
  CHECK(read_file(out / "stopgrad/summary.json").find("\"interrupted after") != std::string::npos);

  std::vector<std::string> again = command;
  again.push_back("--resume");
  const ProcessResult resumed = run_process(again, fs::temp_directory_path());
  CAPTURE(resumed.output);
  CHECK(resumed.status == 0);
  CHECK(
      run_process(toy_command(data.path(), whole.path(), more), fs::temp_directory_path()).status ==
      0);
  CHECK(measurements(out.path()).size() == 81);
  CHECK(measurements(out.path()) == measurements(whole.path()));
}

}  // namespace siam
