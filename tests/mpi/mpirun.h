#pragma once
// Programs started as by a user: mpirun -n 2 ablate_stopgrad.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tensor/clock.h"
#include "tensor/io/read_file.h"
#include "tests/experiments/program.h"

namespace siam {

namespace fs = std::filesystem;

inline std::vector<std::string> on_ranks(int ranks, std::vector<std::string> command) {
  std::vector<std::string> words = {MPIRUN, "--allow-run-as-root", "--oversubscribe", "-n",
                                    std::to_string(ranks)};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

inline ProcessResult run_on_ranks(int ranks, const std::vector<std::string>& command) {
  return run_process(on_ranks(ranks, command), fs::temp_directory_path());
}

// Loss, std and kNN of the last epochs of both runs, and of the untrained network.
inline std::vector<double> numbers(const fs::path& out) {
  const auto summary = nlohmann::json::parse(read_file(out / "stopgrad/summary.json"));
  std::vector<double> values;
  for (const auto& run : summary.at("runs")) {
    for (const char* name : {"loss", "std*sqrt(d)", "kNN accuracy (%)"})
      values.push_back(run.at(name).get<double>());
    values.push_back(run.at("untrained").at("kNN accuracy (%)").get<double>());
  }
  return values;
}

inline std::string content(const fs::path& file) {
  std::ifstream stream(file);  // in /proc, where sizes are 0
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The processes that a process has started, from any of its threads.
inline std::vector<pid_t> children(pid_t parent) {
  std::vector<pid_t> found;
  for (const auto& thread : fs::directory_iterator(fmt::format("/proc/{}/task", parent))) {
    std::ifstream file(thread.path() / "children");
    found.insert(found.end(), std::istream_iterator<pid_t>(file), {});
  }
  return found;
}

// The rank of a process; -1 if none.
inline int rank_of(pid_t process) {
  const std::string environment = content(fmt::format("/proc/{}/environ", process));
  const std::string name = "OMPI_COMM_WORLD_RANK=";
  const size_t at = environment.find(name);
  return at == std::string::npos ? -1 : std::atoi(environment.c_str() + at + name.size());
}

inline pid_t process_of_rank(pid_t launcher, int rank) {
  for (const pid_t child : children(launcher))
    if (rank_of(child) == rank) return child;
  return -1;
}

// SIGKILL for one rank ends all within 30 s, and its number is reported.
inline void check_killed(Background& program, int rank) {
  const pid_t victim = process_of_rank(program.process(), rank);
  REQUIRE(victim > 0);
  const double begin = steady_seconds();
  kill(victim, SIGKILL);
  CHECK(program.wait() != 0);
  CHECK(steady_seconds() - begin < 30);
  CAPTURE(program.output());
  CHECK(count(program.output(), fmt::format("process rank {} ", rank)) == 1);
}

}  // namespace siam
