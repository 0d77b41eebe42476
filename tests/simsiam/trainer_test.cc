#include "simsiam/trainer.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "data/memory_dataset.h"
#include "tensor/parallel.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// Three classes of noisy colour patches.
std::shared_ptr<const Dataset> patches(int64_t count, uint32_t stream) {
  constexpr int kSize = 12;
  std::vector<uint8_t> pixels(count * kSize * kSize * 3);
  std::vector<int32_t> labels(count);
  Random random(5, Purpose::test, stream);
  for (int64_t i = 0; i < count; ++i) {
    labels[i] = static_cast<int32_t>(i % 3);
    for (int j = 0; j < kSize * kSize; ++j)
      for (int c = 0; c < 3; ++c)
        pixels[(i * kSize * kSize + j) * 3 + c] =
            static_cast<uint8_t>(random.below(120) + (labels[i] == c ? 120 : 0));
  }
  return std::make_shared<MemoryDataset>("patches",
                                         std::vector<std::string>{"red", "green", "blue"}, kSize,
                                         kSize, std::move(pixels), std::move(labels));
}

TrainTest data() { return {patches(48, 1), patches(24, 2)}; }

Config tiny() {
  Config config;
  config.model = {.backbone = {.blocks = {1, 1, 1, 1}, .width = 4},
                  .projector_layers = 2,
                  .projector_hidden = 16,
                  .dim = 16,
                  .predictor_hidden = 8};
  config.augment.size = 8;
  config.epochs = 3;
  config.batch_size = 12;
  config.base_learning_rate = 0.5;
  config.knn.k = 5;
  config.seed = 3;
  return config;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

void check_same_state(const Trainer& a, const Trainer& b) {
  CHECK(same_bits(a.parameters().values, b.parameters().values));
  CHECK(same_bits(a.parameters().momentum, b.parameters().momentum));
  REQUIRE(a.history().size() == b.history().size());
  for (size_t i = 0; i < a.history().size(); ++i) {
    CHECK(a.history()[i].loss == b.history()[i].loss);
    CHECK(a.history()[i].std == b.history()[i].std);
    CHECK(a.history()[i].knn == b.history()[i].knn);
  }
}

void train_to_end(Trainer& trainer) {
  while (!trainer.finished()) trainer.train_epoch();
}

struct Folder {
  fs::path path = fs::temp_directory_path() / fmt::format("simsiam_trainer_test_{}", getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

struct Interrupted {};

}  // namespace

TEST_CASE("two runs with one seed are bitwise equal, whatever the number of loader threads") {
  Config config = tiny();
  Trainer first(config, data());
  config.workers = 3;
  Trainer second(config, data());
  train_to_end(first);
  train_to_end(second);
  check_same_state(first, second);
  config.seed = 4;
  Trainer other(config, data());
  train_to_end(other);
  CHECK_FALSE(same_bits(first.parameters().values, other.parameters().values));
}

TEST_CASE("a run resumed in the middle of an epoch ends with the bits of an uninterrupted one") {
  const Folder folder;
  const fs::path file = folder.path / "state.safetensors";
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

// The child saves after every epoch and is killed by SIGKILL in the middle of the second; the
// parent continues from what is on the disk. One thread throughout: a forked child has none of its
// parent's OpenMP threads, and oneDNN's sums depend on their number.
TEST_CASE("a run killed in the middle of an epoch continues with the same bits") {
  const Folder folder;
  const fs::path file = folder.path / "state.safetensors";
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
  const Folder folder;
  const fs::path file = folder.path / "state.safetensors";
  Trainer(tiny(), data()).save(file);
  Config config = tiny();
  config.base_learning_rate = 0.25;
  Trainer other(config, data());
  const Tensor before = other.parameters().values.clone();
  CHECK_THROWS_WITH_AS(other.resume(file), doctest::Contains("base_learning_rate"), Error);
  CHECK(same_bits(before, other.parameters().values));
}

TEST_CASE("a run that diverges stops, and says where") {
  Config config = tiny();
  config.base_learning_rate = 1e30;
  Trainer trainer(config, data());
  CHECK_THROWS_WITH_AS(train_to_end(trainer), doctest::Contains("not finite at step"), NotFinite);
}

TEST_CASE("a batch larger than the data set is an error before anything runs") {
  Config config = tiny();
  config.batch_size = 64;
  CHECK_THROWS_AS(Trainer(config, data()), Error);
}

}  // namespace siam
