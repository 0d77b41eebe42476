// Several processes as one program: their files, signals, failures.

#include <cmath>

#include "experiments/console.h"
#include "tests/mpi/mpirun.h"

namespace siam {

namespace {

// Endless epochs.
std::vector<std::string> endless(const ToyCifar& data, const fs::path& out) {
  return toy_command(data.path(), out, {"--batch-size", "10", "--epochs", "1000", "--warmup", "0"});
}

std::vector<std::string> shared_batch(const ToyCifar& data, const fs::path& out,
                                      const std::string& batch = "12",
                                      const std::vector<std::string>& more = {}) {
  std::vector<std::string> options = {"--batch-size", batch, "--lr", "0.05"};
  options.insert(options.end(), more.begin(), more.end());
  return toy_command(data.path(), out, options);
}

}  // namespace

TEST_CASE("a study on 1, 2 and 4 ranks: the same files, nearly the same numbers") {
  const ToyCifar data;
  const ScratchFolder alone;
  REQUIRE(run_process(shared_batch(data, alone.path()), "/").status == 0);
  const std::vector<double> expected = numbers(alone.path());
  for (const int ranks : {1, 2, 4}) {
    CAPTURE(ranks);
    const ScratchFolder out;
    const ProcessResult run = run_on_ranks(ranks, shared_batch(data, out.path()));
    CAPTURE(run.output);
    REQUIRE(run.status == 0);
    CHECK(count(run.output, "preset quick, results in") == 1);  // only rank 0 prints
    CHECK(count(run.output, "report.md") == 1);
    CHECK(out.entries() == alone.entries());
    const std::vector<double> got = numbers(out.path());
    for (size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      // One image of 20 is 5 percent of the kNN accuracy.
      const bool knn = i % 4 == 2;
      CHECK(std::abs(got[i] - expected[i]) <= (knn ? 10 : 1e-3));
    }
    CHECK(got[3] == expected[3]);  // the untrained network: the same number
  }
}

TEST_CASE("an evaluation on 1, 2 and 4 ranks: the same numbers") {
  const ToyCifar data;
  const ScratchFolder out;
  REQUIRE(run_process(shared_batch(data, out.path()), "/").status == 0);
  const fs::path checkpoint = checkpoints(out.path()).front();
  nlohmann::json alone;
  for (const int ranks : {1, 2, 4}) {
    CAPTURE(ranks);
    const std::vector<std::string> command = {program_path("SIMSIAM"),
                                              "evaluate",
                                              checkpoint.string(),
                                              "--data",
                                              data.path(),
                                              "--probe-epochs",
                                              "2",
                                              "--out",
                                              out / "judged"};
    const ProcessResult run = run_on_ranks(ranks, command);
    CAPTURE(run.output);
    REQUIRE(run.status == 0);
    CHECK(count(run.output, "evaluation.md") == 1);
    const auto all = nlohmann::json::parse(read_file(out / "judged/evaluation.json"));
    if (ranks == 1) alone = all;
    CHECK(all == alone);
  }
}

TEST_CASE("a run is begun on two ranks and completed by one process, and the other way round") {
  const ToyCifar data;
  for (const int first : {2, 1}) {
    CAPTURE(first);
    const ScratchFolder out;
    const auto command = endless(data, out.path());
    Background begun(first == 2 ? on_ranks(2, command) : command, out / "log");
    REQUIRE(begun.says("epoch 3/1000"));
    // mpirun ends its ranks a second after Ctrl-C; it passes on SIGUSR1 without a time limit.
    begun.signal(first == 2 ? SIGUSR1 : SIGINT);
    const int status = begun.wait();
    CAPTURE(begun.output());
    CHECK(status != 0);
    CHECK(begun.output().find("was saved after step ") != std::string::npos);
    CHECK(count(begun.output(), "to continue: ") == 1);
    REQUIRE(checkpoints(out.path()).size() == 1);
    Background resumed(first == 2 ? command : on_ranks(2, command), out / "log2");
    CHECK(resumed.says("continues after step "));
    CHECK(resumed.says("epoch "));
    resumed.signal(first == 2 ? SIGINT : SIGUSR1);
    resumed.wait();
    CAPTURE(resumed.output());
    CHECK(resumed.output().find("was saved after step ") != std::string::npos);
  }
}

TEST_CASE("a signal that reaches one rank ends the run of all, saved") {
  const ToyCifar data;
  const ScratchFolder out;
  Background program(on_ranks(2, endless(data, out.path())), out / "log");
  REQUIRE(program.says("epoch 2/1000"));
  const pid_t second = process_of_rank(program.process(), 1);
  REQUIRE(second > 0);
  kill(second, SIGTERM);
  program.wait();
  CAPTURE(program.output());
  CHECK(program.output().find("was saved after step ") != std::string::npos);
  CHECK(checkpoints(out.path()).size() == 1);
}

TEST_CASE("a rank that is killed ends all within 30 s; its number is said, the checkpoint whole") {
  const ToyCifar data;
  for (const int rank : {0, 1}) {
    CAPTURE(rank);
    const ScratchFolder out;
    Background program(on_ranks(2, endless(data, out.path())), out / "log");
    REQUIRE(program.until(
        [&] { return fs::exists(out / "runs") && checkpoints(out.path()).size() == 1; }));
    check_killed(program, rank);
    CAPTURE(program.output());
    CHECK(count(program.output(), "signal 9 (Killed)") == 1);
    Background resumed(on_ranks(2, endless(data, out.path())), out / "log2");
    CHECK_MESSAGE(resumed.says("continues after step "), resumed.output());
    CHECK(resumed.output().find("damaged") == std::string::npos);
    resumed.signal(SIGUSR1);
    resumed.wait();
  }
}

TEST_CASE("what goes wrong on one rank is said once, with its number, and ends all") {
  const ToyCifar data;
  const ScratchFolder out;
  const std::string words = shell_quoted(shared_batch(data, out.path()));
  const ToyCifar other(1);  // for the second rank
  std::string others = words;
  others.replace(others.find(data.path().string()), data.path().string().size(),
                 other.path().string());
  std::vector<std::string> command = {
      "sh", "-c",
      fmt::format("if [ $OMPI_COMM_WORLD_RANK = 0 ]; then exec {}; else exec {}; fi", words,
                  others)};
  for (const bool crashing : {false, true}) {
    CAPTURE(crashing);
    if (crashing) command[2] = "export LD_PRELOAD=" CRASHING_ABORT "; " + command[2];
    const ProcessResult run = run_on_ranks(2, command);
    CAPTURE(run.output);
    CHECK(run.status == 1);
    CHECK(count(run.output, "error: rank ") == 1);
    CHECK(count(run.output, "the ranks have different configurations, data or kinds of CPU") == 1);
  }
}

TEST_CASE("options that several processes cannot have are refused in one line") {
  const ToyCifar data;
  const ScratchFolder out;
  ProcessResult run = run_on_ranks(2, shared_batch(data, out.path(), "25"));
  CAPTURE(run.output);
  CHECK(run.status == 2);
  CHECK(count(run.output, "error: --batch-size 25; it is shared by 2 processes") == 1);
  CHECK(count(run.output, "error: ") == 1);
  run = run_on_ranks(2, shared_batch(data, out.path(), "12", {"--nope"}));
  CHECK(run.status == 2);
  CHECK(count(run.output, "error: --nope") == 1);
  run = run_on_ranks(2, {program_path("SIMSIAM"), "doctor", data.path()});
  CHECK(run.status == 2);
  CHECK(run.output.find("simsiam doctor was started as 2 processes; one is needed") !=
        std::string::npos);
  run = run_on_ranks(2, {program_path(), "--help"});
  CHECK(run.status == 0);
  CHECK(count(run.output, "--seeds") == 1);
}

}  // namespace siam
