// Runs that are interrupted and resumed later.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "simsiam/trainer.h"
#include "tensor/parallel.h"
#include "tests/simsiam/same_state.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace fs = std::filesystem;

TEST_CASE("a run resumed in the middle of an epoch ends with the bits of an uninterrupted one") {
  const ScratchFolder folder;
  const fs::path file = folder / "state.safetensors";
  Trainer whole(tiny(), data());
  train_to_end(whole);
  {
    Trainer interrupted(tiny(), data());
    interrupted.train_epoch();
    CHECK_THROWS_AS(interrupted.train_epoch([](const StepInfo& info) {
      if (info.step == 2) throw Interrupted();
    }),
                    Interrupted);
    interrupted.save(file);
  }
  Trainer resumed(tiny(), data());
  resumed.resume(file);
  train_to_end(resumed);
  check_same_state(whole, resumed);
}

TEST_CASE("an interrupt while kNN is measured costs nothing") {
  const ScratchFolder folder;
  const fs::path file = folder / "state.safetensors";
  Trainer whole(tiny(), data());
  std::vector<double> shares;
  whole.watch_monitor([&](double share) { shares.push_back(share); });
  train_to_end(whole);
  REQUIRE(shares.size() >= 2);
  CHECK(shares.front() > 0);
  CHECK(shares.back() == 1);
  {
    Trainer interrupted(tiny(), data());
    interrupted.watch_monitor([&](double) { throw Interrupted(); });
    CHECK_THROWS_AS(interrupted.train_epoch(), Interrupted);
    CHECK(interrupted.history().empty());
    interrupted.save(file);
  }
  Trainer resumed(tiny(), data());
  resumed.resume(file);
  CHECK(resumed.steps_done() == resumed.steps_per_epoch());
  train_to_end(resumed);
  check_same_state(whole, resumed);
}

// The child saves after every epoch and is killed by SIGKILL in the middle of the second; the
// parent continues from what is on disk. One thread throughout: a forked child has none of its
// parent's threads.
TEST_CASE("a run killed in the middle of an epoch continues with the same bits") {
  const ScratchFolder folder;
  const fs::path file = folder / "state.safetensors";
  Config config = tiny();
  config.workers = 0;
  set_threads(1);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Trainer trainer(config, data());
    trainer.train_epoch();
    trainer.save(file);
    trainer.train_epoch([](const StepInfo& info) {
      if (info.step == 3) kill(getpid(), SIGKILL);
    });
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  Trainer resumed(config, data()), whole(config, data());
  resumed.resume(file);
  CHECK(resumed.history().size() == 1);
  train_to_end(resumed);
  train_to_end(whole);
  check_same_state(whole, resumed);
  set_threads(0);
}

TEST_CASE("a checkpoint of another configuration is refused, and nothing is changed") {
  const ScratchFolder folder;
  const fs::path file = folder / "state.safetensors";
  Trainer(tiny(), data()).save(file);
  Config config = tiny();
  config.base_learning_rate = 0.25;
  Trainer other(config, data());
  const Tensor before = other.parameters().values.clone();
  CHECK_THROWS_WITH_AS(other.resume(file), doctest::Contains("base_learning_rate"), Error);
  CHECK(same_bits(before, other.parameters().values));
}

TEST_CASE("a run resumed between two looks at the losses ends with the same bits") {
  const ScratchFolder folder;
  const fs::path file = folder / "state.safetensors";
  Config config = tiny();
  Trainer whole(config, data());
  train_to_end(whole);
  config.read_back = 3;
  Trainer interrupted(config, data());
  CHECK_THROWS_AS(interrupted.train_epoch([](const StepInfo&) { throw Interrupted(); }),
                  Interrupted);
  interrupted.save(file);
  Trainer resumed(config, data());
  resumed.resume(file);
  CHECK(resumed.steps_done() == 3);
  train_to_end(resumed);
  check_same_state(whole, resumed);
}

}  // namespace siam
