#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tensor/io/atomic_file.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// "run,seed,epoch,loss,std,kNN" of each row: the columns that do not depend on the clock.
std::vector<std::string> measurements(const fs::path& folder) {
  std::vector<std::string> rows = lines_of(read_file(folder / "stopgrad/metrics.csv"));
  for (std::string& row : rows) {
    size_t end = 0;
    for (int i = 0; i < 6; ++i) end = row.find(',', end + 1);
    row.resize(end);
  }
  return rows;
}

// Runs a command until its first epoch is logged and presses Ctrl-C.
ProcessResult interrupt(const std::vector<std::string>& command, const fs::path& out) {
  const std::string script = fmt::format(
      "{} & while kill -0 $! && [ ! -e {}/stopgrad/metrics.csv ]; do sleep 0.02; done; "
      "kill -INT $!; wait $!",
      fmt::join(command, " "), out.string());
  return run_process({"sh", "-c", script}, fs::temp_directory_path());
}

// The records of the runs, by path.
std::map<fs::path, std::string> records(const fs::path& out) {
  std::map<fs::path, std::string> texts;
  for (const auto& entry : fs::directory_iterator(out / "runs"))
    if (entry.path().extension() == ".json") texts[entry.path()] = read_file(entry.path());
  return texts;
}

}  // namespace

TEST_CASE("Ctrl-C saves behind the step and says how to continue; the end is the same") {
  const ToyCifar data;
  const ScratchFolder out, whole;
  const std::vector<std::string> more = {"--epochs", "40",          "--batch-size",
                                         "5",        "--knn-every", "10"};
  const std::vector<std::string> command = toy_command(data.path(), out.path(), more);
  const ProcessResult stopped = interrupt(command, out.path());
  CAPTURE(stopped.output);
  CHECK(stopped.status == 130);
  const std::string last = lines_of(stopped.output).back();
  CHECK(last.starts_with("interrupted: run \"with stop-gradient\" was saved after step "));
  CHECK(last.ends_with(fmt::format("; to continue: {}", fmt::join(command, " "))));
  CHECK(read_file(out / "stopgrad/summary.json").find("\"interrupted after") != std::string::npos);

  const ProcessResult resumed = run_process(command, fs::temp_directory_path());
  CAPTURE(resumed.output);
  CHECK(resumed.status == 0);
  CHECK(resumed.output.find("with stop-gradient: continues after step ") != std::string::npos);
  CHECK(
      run_process(toy_command(data.path(), whole.path(), more), fs::temp_directory_path()).status ==
      0);
  CHECK(measurements(out.path()).size() == 81);
  CHECK(measurements(out.path()) == measurements(whole.path()));
}

TEST_CASE("a checkpoint without its record is not trained anew: the record is made again from it") {
  const ToyCifar data;
  const ScratchFolder out, whole;
  const std::vector<std::string> more = {"--epochs", "20", "--batch-size", "5"};
  const std::vector<std::string> command = toy_command(data.path(), out.path(), more);
  REQUIRE(interrupt(command, out.path()).status == 130);
  REQUIRE(records(out.path()).size() == 1);
  fs::remove(records(out.path()).begin()->first);
  const ProcessResult resumed = run_process(command, fs::temp_directory_path());
  CAPTURE(resumed.output);
  CHECK(resumed.status == 0);
  CHECK(count(resumed.output, "its record was lost or damaged; made again from ") == 1);
  CHECK(resumed.output.find("with stop-gradient: continues after step ") != std::string::npos);
  CHECK(
      run_process(toy_command(data.path(), whole.path(), more), fs::temp_directory_path()).status ==
      0);
  CHECK(measurements(out.path()) == measurements(whole.path()));

  // For completed runs the whole record comes back.
  const auto complete = records(out.path());
  REQUIRE(complete.size() == 2);
  const std::string damages[] = {"", "{\"name\": \"with", "{}", "null"};
  for (const std::string& damage : damages) {
    CAPTURE(damage);
    for (const auto& [path, text] : complete) write_file_atomically(path, damage);
    const ProcessResult again = run_process(command, fs::temp_directory_path());
    CHECK(again.status == 0);
    CHECK(count(again.output, "made again from ") == 2);
    CHECK(records(out.path()) == complete);
    CHECK(measurements(out.path()) == measurements(whole.path()));
  }
  // A row of its epochs is missing.
  for (const auto& [path, text] : complete) {
    nlohmann::ordered_json json = nlohmann::ordered_json::parse(text);
    json["epochs"].erase(19);
    write_file_atomically(path, json.dump());
  }
  CHECK(run_process(command, fs::temp_directory_path()).status == 0);
  CHECK(records(out.path()) == complete);
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
  // A second seed needs one more run of each kind.
  const std::string two = run({"--seed", "1", "--seeds", "3"});
  CHECK(two.find("with stop-gradient, seed 2: complete in ") != std::string::npos);
  CHECK(two.find("with stop-gradient, seed 3: complete in ") == std::string::npos);
  CHECK(read_file(out / "stopgrad/report.md").find(" ± ") != std::string::npos);
}

}  // namespace siam
