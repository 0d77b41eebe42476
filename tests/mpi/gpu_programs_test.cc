// Programs on several GPUs, which the emulator has.

#include <cmath>

#include "experiments/console.h"
#include "tests/mpi/mpirun.h"

namespace siam {

namespace {

bool emulated() { return std::getenv("SIMSIAM_EMULATOR_GPUS") != nullptr; }

std::vector<std::string> on_gpus(const ToyCifar& data, const fs::path& out,
                                 const std::vector<std::string>& more = {}) {
  std::vector<std::string> options = {"--device",     "cuda", "--precision", "f32",
                                      "--batch-size", "12",   "--lr",        "0.05"};
  options.insert(options.end(), more.begin(), more.end());
  return toy_command(data.path(), out, options);
}

std::vector<std::string> with(const std::string& variable, std::vector<std::string> command) {
  command.insert(command.begin(), {"/usr/bin/env", variable});
  return command;
}

}  // namespace

TEST_CASE("a study on two GPUs: nearly the numbers of one") {
  if (!emulated()) return;
  const ToyCifar data;
  const ScratchFolder alone, out;
  REQUIRE(run_process(on_gpus(data, alone.path()), "/").status == 0);
  const ProcessResult run = run_on_ranks(2, on_gpus(data, out.path()));
  CAPTURE(run.output);
  REQUIRE(run.status == 0);
  CHECK(run.output.find("cannot be captured") == std::string::npos);
  const std::vector<double> expected = numbers(alone.path()), got = numbers(out.path());
  for (size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    const bool knn = i % 4 >= 2;  // one image of 20 is 5 percent of the accuracy
    CHECK(std::abs(got[i] - expected[i]) <= (knn ? 10 : 1e-3));
  }
}

TEST_CASE("processes that would share a GPU are refused in one line") {
  if (!emulated()) return;
  const ToyCifar data;
  const ScratchFolder out;
  const ProcessResult run =
      run_on_ranks(2, with("SIMSIAM_EMULATOR_GPUS=1", on_gpus(data, out.path())));
  CAPTURE(run.output);
  CHECK(run.status == 1);
  CHECK(count(run.output, "error: ") == 1);
  CHECK(count(run.output, "error: rank 0 of 2: ranks 0 and 1 share a GPU; each needs one") == 1);
}

// The other one waits for it in its stream, and in the replay of a capture.
TEST_CASE("a process with a GPU that is killed ends all within 30 s") {
  if (!emulated()) return;
  const ToyCifar data;
  for (const int rank : {0, 1}) {
    CAPTURE(rank);
    const ScratchFolder out;
    Background program(
        on_ranks(2, on_gpus(data, out.path(), {"--epochs", "1000", "--warmup", "0"})), out / "log");
    REQUIRE(program.says("epoch 3/1000"));
    check_killed(program, rank);
    CHECK(checkpoints(out.path()).size() == 1);
  }
}

TEST_CASE("a GPU that NCCL loses ends all within 30 s, with a line that names the rank") {
  if (!emulated()) return;
  const ToyCifar data;
  const ScratchFolder out;
  const std::string words =
      shell_quoted(on_gpus(data, out.path(), {"--epochs", "1000", "--warmup", "0"}));
  const double begin = steady_seconds();
  const ProcessResult run = run_on_ranks(
      2, {"sh", "-c",
          "if [ $OMPI_COMM_WORLD_RANK = 1 ]; then export SIMSIAM_EMULATOR_NCCL_FAILS_AT=50; fi; "
          "exec " +
              words});
  CAPTURE(run.output);
  CHECK(run.status == 1);
  CHECK(steady_seconds() - begin < 60);  // including some training
  CHECK(count(run.output, "error: ") == 1);
  CHECK(count(run.output, "error: rank 1 of 2: nccl: remote process exited or there was") == 1);
}

}  // namespace siam
