// Ranks with a GPU each: NCCL moves the data, and is captured with the step.

#include <doctest/doctest.h>

#include <thread>

#include "simsiam/captured_step.h"
#include "simsiam/shared_views.h"
#include "tensor/fence.h"
#include "tensor/map.h"
#include "tensor/memory.h"
#include "tensor/stream.h"
#include "tests/mpi/ranks.h"
#include "tests/relative_error.h"
#include "tests/simsiam/from_files.h"
#include "tests/simsiam/same_state.h"
#include "tests/simsiam/toy.h"

namespace siam {

namespace {

bool on_gpus() { return devices_of_ranks().size() > 1; }

Config on_gpu(bool eager, Method method = Method::simsiam) {
  Config config = tiny();
  config.epochs = 1;
  config.device = Device::cuda;
  config.eager = eager;
  config.objective.method = method;
  config.objective.steps_per_target = method == Method::alternating ? 2 : 1;
  return config;
}

// The result of six steps.
TrainTest images() { return {patches(72, 1), patches(24, 2)}; }

struct Run {
  double loss;     ///< mean over the epoch
  Tensor weights;  ///< in host memory
  bool captured;
};

Run train(const Config& config, const Communicator& by, const TrainTest& from = images()) {
  Trainer trainer(config, from, nullptr, by);
  train_to_end(trainer);
  return {.loss = trainer.history().back().loss,
          .weights = trainer.parameters().values.to(Device::cpu),
          .captured = trainer.step_memory().reserved > 0};
}

bool same_everywhere(const Tensor& t) {
  const Tensor first = t.clone();
  ranks().broadcast(first);
  return ranks().all_true(same_bits(first, t));
}

}  // namespace

// If GPUs are announced, none of the following tests may be skipped.
TEST_CASE("ranks on GPUs: the emulator's are found") {
  if (std::getenv("SIMSIAM_EMULATOR_GPUS") != nullptr) CHECK(on_gpus());
}

// CUDA's current GPU is a choice per thread, at first GPU 0. Uses sizes that no cache has yet.
TEST_CASE("ranks on GPUs: every thread of a process uses its GPU") {
  if (!on_gpus()) return;
  constexpr int64_t kMany = (int64_t{40} << 20) / 4;
  const auto in_thread = [](const auto& body) {
    std::string problem;
    std::thread([&] {
      try {
        body();
      } catch (const Error& error) {
        problem = error.what();
      }
    }).join();
    CHECK(problem == "");
  };
  in_thread([] {
    const ScopedAllocator scope(pinned_allocator());
    Tensor::empty({kMany});
  });
  in_thread([] { Tensor::empty({2 * kMany}, DType::f32, Device::cuda); });
  in_thread([] { Fence().mark(); });
  in_thread([] {
    const Stream stream;
    const ScopedStream scope(stream);
    Tensor::full({3}, 1, DType::f32, Device::cuda);
  });
}

TEST_CASE("ranks on GPUs: the views of a batch are those of one, bit for bit") {
  if (!on_gpus()) return;
  const BatchConfig whole{.batch_size = 8, .seed = 4, .workers = 1, .views = 4};
  BatchConfig part = whole;
  part.part = ranks().rank();
  part.parts = ranks().size();
  for (const auto& images : {patches(48, 1), from_files(patches(48, 1))}) {
    const auto source = [&](const BatchConfig& config) {
      return make_batch_source(images, tiny().augment, config, Device::cuda, DType::f32);
    };
    const auto one = source(whole), own = source(part);
    CHECK(one->batches_per_epoch() == own->batches_per_epoch());
    one->start_epoch(3, 1);
    own->start_epoch(3, 1);
    for (int64_t i = 1; i < one->batches_per_epoch(); ++i) {
      const Batch expected = one->next(), got = own->next();
      CHECK(same_bits(gather_views(ranks(), got.images, 4).to(Device::cpu),
                      expected.images.to(Device::cpu)));
      CHECK(std::ssize(got.samples) == part.samples());
      CHECK(got.samples[0] == expected.samples[static_cast<size_t>(part.first())]);
    }
  }
}

TEST_CASE("ranks on GPUs: a step is that of one") {
  if (!on_gpus()) return;
  for (const Method method :
       {Method::simsiam, Method::alternating, Method::expectation, Method::simclr, Method::byol}) {
    CAPTURE(name_of(method));
    const Config config = on_gpu(true, method);
    const TrainTest batch{patches(12, 1), patches(12, 2)};
    const Run one = train(config, alone(), batch), all = train(config, ranks(), batch);
    CHECK(all.loss == doctest::Approx(one.loss).epsilon(1e-5));
    CHECK(relative_error(all.weights, one.weights) <= 1e-5);
    CHECK(relative_error(one.weights, Trainer(config, batch).parameters().values.to(Device::cpu)) >
          1e-3);  // the step changed something
  }
}

// Six steps, of which the first are queued op by op.
TEST_CASE("ranks on GPUs: captured and eager steps have the same bits, on all, again and again") {
  if (!on_gpus()) return;
  for (const Method method : {Method::simsiam, Method::simclr, Method::byol}) {
    CAPTURE(name_of(method));
    const Run eager = train(on_gpu(true, method), ranks()),
              graph = train(on_gpu(false, method), ranks());
    CHECK_FALSE(eager.captured);
    CHECK(graph.captured);
    CHECK(graph.loss == eager.loss);
    CHECK(same_bits(graph.weights, eager.weights));
    CHECK(same_everywhere(graph.weights));
  }
  CHECK(same_bits(train(on_gpu(false), ranks()).weights, train(on_gpu(false), ranks()).weights));
}

// f32 sums in a different order, amplified by six steps.
TEST_CASE("ranks on GPUs: a captured run is near that of one") {
  if (!on_gpus()) return;
  Config config = on_gpu(false);
  config.base_learning_rate = 0.05;
  const Run one = train(config, alone()), all = train(config, ranks());
  CHECK(all.loss == doctest::Approx(one.loss).epsilon(1e-5));
  CHECK(relative_error(all.weights, one.weights) <= 1e-5);
}

TEST_CASE("ranks on GPUs: images from the hosts' threads, and kNN, are those of one") {
  if (!on_gpus()) return;
  const TrainTest files{from_files(images().train), images().test};
  Config config = on_gpu(false);
  config.workers = 2;
  const Run from_memory = train(config, ranks()), from_host = train(config, ranks(), files);
  CHECK(from_host.captured);
  CHECK(from_host.loss == doctest::Approx(from_memory.loss).epsilon(1e-4));
  CHECK(same_everywhere(from_host.weights));
  const Trainer one(config, images()), all(config, images(), nullptr, ranks());
  CHECK(all.measure().knn == one.measure().knn);
}

TEST_CASE("ranks on GPUs: all take over the state with which one has resumed") {
  if (!on_gpus()) return;
  const ScratchFolder own;
  const std::filesystem::path path =
      std::filesystem::path(ranks().broadcast(own.path().string())) / "state.safetensors";
  Config config = on_gpu(false);
  config.read_back = 2;
  const Run whole = train(config, ranks());
  Trainer begun(config, images(), nullptr, ranks());
  CHECK_THROWS_AS(begun.train_epoch([](const StepInfo&) { throw Interrupted(); }), Interrupted);
  if (ranks().rank() == 0) begun.save(path);
  Trainer resumed(config, images(), nullptr, ranks());
  if (ranks().rank() == 0) resumed.resume(path);
  resumed.share();
  CHECK(resumed.steps_done() < 6);
  train_to_end(resumed);
  CHECK(same_bits(resumed.parameters().values.to(Device::cpu), whole.weights));
  CHECK(ranks().all_true(true));  // before the folder is removed
}

TEST_CASE("ranks on GPUs: a run that diverges stops on all of them, at the step of one") {
  if (!on_gpus()) return;
  for (const bool eager : {true, false}) {
    Config config = on_gpu(eager);
    config.base_learning_rate = 1e30;
    Trainer trainer(config, images(), nullptr, ranks());
    CHECK_THROWS_WITH_AS(train_to_end(trainer),
                         doctest::Contains("not finite at step 2 of epoch 1"), NotFinite);
  }
}

TEST_CASE("ranks on GPUs: a step is captured by all or by none") {
  if (!on_gpus()) return;
  for (const bool one_looks : {false, true}) {
    CAPTURE(one_looks);
    CapturedStep step(ranks());
    const Tensor one = Tensor::full({3}, 1, DType::f32, Device::cuda);
    double sum = 0;
    const auto work = [&] {
      const Tensor t = one.clone();
      ranks().all_reduce(t);
      sum = one_looks && ranks().rank() == 0 ? add(t, t).rows(0, 1).item() : 0;
    };
    step.queue(work);
    step.queue(work);
    if (one_looks)
      CHECK_THROWS_AS(step.queue(work), CannotCapture);
    else
      step.queue(work);
    CHECK(step.captured() == !one_looks);
    work();  // the stream is usable again, on all ranks
    const Tensor t = one.clone();
    ranks().all_reduce(t);
    CHECK(t.rows(0, 1).item() == ranks().size());
  }
}

}  // namespace siam
