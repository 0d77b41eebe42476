#include "simsiam/trainer.h"

#include <doctest/doctest.h>

#include <cmath>

#include "simsiam/memory_advice.h"
#include "tensor/allocator.h"
#include "tensor/parallel.h"
#include "tests/simsiam/same_state.h"
#include "tests/simsiam/toy.h"

namespace siam {

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

// Wide enough for every kind of convolution kernel, and with two blocks of everything.
TEST_CASE("a training run has the same bits on 1, 2, 3 and 5 threads") {
  Config config = tiny();
  config.model.backbone.width = 16;
  config.augment.size = 16;
  config.batch_size = 24;
  config.epochs = 2;
  for (const DType type : {DType::f32, DType::bf16}) {
    CAPTURE(type);
    config.precision = type;
    set_threads(1);
    Trainer alone(config, data());
    train_to_end(alone);
    for (const int count : {2, 3, 5}) {
      CAPTURE(count);
      set_threads(count);
      Trainer shared(config, data());
      train_to_end(shared);
      check_same_state(alone, shared);
    }
  }
  set_threads(0);
}

TEST_CASE("a run that diverges stops, and says where") {
  Config config = tiny();
  config.base_learning_rate = 1e30;
  Trainer trainer(config, data());
  CHECK_THROWS_WITH_AS(train_to_end(trainer), doctest::Contains("not finite at step"), NotFinite);
}

TEST_CASE("how often the host reads the losses changes nothing but when it knows") {
  Config config = tiny();
  Trainer each(config, data());
  train_to_end(each);
  config.read_back = 3;  // of 4 steps in an epoch
  Trainer some(config, data());
  std::vector<int64_t> steps;
  some.train_epoch([&](const StepInfo& info) { steps.push_back(info.step); });
  CHECK(steps == std::vector<int64_t>{3, 4});
  train_to_end(some);
  check_same_state(each, some);
}

TEST_CASE("weights and running statistics stay as before the step that was not finite") {
  Config config = tiny();
  config.base_learning_rate = 1e30;
  std::string said[2];
  Tensor weights[2];
  Trainer one_step(config, data());
  CHECK_THROWS_AS(one_step.train_epoch([](const StepInfo&) { throw Interrupted(); }), Interrupted);
  for (const int look : {1, 4}) {
    config.read_back = look;
    Trainer trainer(config, data());
    try {
      train_to_end(trainer);
    } catch (const NotFinite& error) {
      said[look == 4] = error.what();
    }
    weights[look == 4] = trainer.parameters().values.clone();
    CHECK(same_bits(trainer.parameters().values, one_step.parameters().values));
    CHECK(same_bits(trainer.parameters().buffers(), one_step.parameters().buffers()));
    CHECK(trainer.steps_done() > 0);
  }
  CHECK(said[0] == said[1]);
  CHECK(said[0].find("not finite at step 2 of epoch 1") != std::string::npos);
  CHECK(same_bits(weights[0], weights[1]));
}

// A power of two moves exponents only, as long as nothing leaves the range of f32.
TEST_CASE("a loss scale that is a power of two changes no bit") {
  Config config = tiny();
  Trainer plain(config, data());
  train_to_end(plain);
  config.loss_scale = 1024;
  Trainer scaled(config, data());
  train_to_end(scaled);
  check_same_state(plain, scaled);
  config.loss_scale = 3;
  Trainer other(config, data());
  train_to_end(other);
  CHECK_FALSE(same_bits(plain.parameters().values, other.parameters().values));
}

namespace {

// A machine with memory for one small segment.
MemorySource one_segment() {
  static bool taken;
  taken = false;
  return {.allocate = [](size_t bytes) -> void* {
            return std::exchange(taken, true) ? nullptr : std::malloc(bytes);
          },
          .free = std::free,
          .advice = [](size_t) { return std::string("none free"); }};
}

// With so little memory an epoch ends with this advice.
void check_advice(Config config, const char* advice) {
  CachingAllocator small(one_segment());
  config.workers = 0;
  Trainer trainer(config, data());
  const ScopedAllocator scope(small);
  CHECK_THROWS_WITH_AS(trainer.train_epoch(), doctest::Contains(advice), OutOfMemory);
}

}  // namespace

TEST_CASE("where memory runs out, a batch that may fit is named") {
  CHECK(batch_that_fits(512, 3000, 1000) == 256);  // 384 would
  CHECK(batch_that_fits(512, 1000, 1000) == 256);
  CHECK(batch_that_fits(512, 1000, 3001) == 64);
  CHECK(batch_that_fits(512, 0, 1000) == 2);
  Config config = tiny();
  config.augment.size = 64;
  check_advice(config, "none free; use a smaller batch: --batch-size ");
}

TEST_CASE("where memory runs out in parts of a batch, smaller parts are named") {
  Config config = tiny();
  config.augment.size = 96;
  config.micro_batch = 4;
  check_advice(config, "none free; use smaller parts: --micro-batch ");
}

TEST_CASE("where memory runs out, what can be smaller is named") {
  Config config = tiny();
  config.augment.size = 256;
  config.batch_size = 2;  // the smallest that is possible
  check_advice(config, "none free; lower --width, --dim or --image-size");
  // A network that does not fit, whatever the batch: 2^26 bytes in its largest layer.
  config.model.projector_hidden = 4096;
  config.model.projector_layers = 3;
  CachingAllocator small(one_segment());
  const ScopedAllocator scope(small);
  CHECK_THROWS_WITH_AS(Trainer(config, data()),
                       doctest::Contains("none free; lower --width, --dim or --train-samples"),
                       OutOfMemory);
}

TEST_CASE("a gradient that is not finite because of its scale is not blamed on the learning rate") {
  Config config = tiny();
  config.precision = DType::f16;
  config.loss_scale = 1e9;
  Trainer trainer(config, data());
  CHECK_THROWS_WITH_AS(trainer.train_epoch(),
                       doctest::Contains("gradient not finite at step 1 of epoch 1; finite numbers "
                                         "are needed; lower --loss-scale or --lr"),
                       NotFinite);
}

TEST_CASE("more steps than a counter holds are refused") {
  Config config = tiny();
  config.epochs = 1'000'000;
  CHECK_THROWS_WITH_AS(learning_rate_schedule(config, 2148),
                       doctest::Contains("--epochs 1000000 of 2148 steps"), Error);
}

TEST_CASE("a batch larger than the data set is an error before anything runs") {
  Config config = tiny();
  config.batch_size = 64;
  CHECK_THROWS_AS(Trainer(config, data()), Error);
}

}  // namespace siam
